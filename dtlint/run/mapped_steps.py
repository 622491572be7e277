"""Training steps that JAX maps over devices and in which nothing brings their gradients together.

What `jax.pmap` maps runs on each device with its own slice of every argument: gradients are those of these rows alone,
until `jax.lax.pmean` or `psum` goes over the axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dtlint.facts.script import Assign, Attribute, Call, Expr, FunctionDef, Lambda, Name, Operation, Stmt
from dtlint.facts.script import Sequence as Tuple
from dtlint.facts.syntax import inside, nodes_of
from dtlint.record import record
from dtlint.run.effects.jax import PMAP
from dtlint.run.jax_alone import KEEP_TO
from dtlint.run.packages import keeps_to
from dtlint.run.script.objects import FunctionObject
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span

_GRADIENTS: Final = frozenset(("grad", "value_and_grad"))
_MEET: Final = frozenset(
    (
        *("psum", "pmean", "psum_scatter", "all_gather", "all_to_all", "ppermute", "pmax", "pmin", "pshuffle", "pcast"),
        *("axis_index", "axis_size", "shard_map", "process_allgather", "sync_global_devices", "broadcast_one_to_all"),
    )
)
"""Words of calls in which devices or processes meet, or by which each may be told what is its own."""
_COPIES: Final = frozenset(("replicate", "device_put_replicated", "unreplicate"))
"""Calls of scripts in which all devices are to have the same weights."""
_UPDATES: Final = frozenset(("update", "apply_gradients", "apply_updates"))
_PASSES_ON: Final = _UPDATES | {"map", "tree_map", "tree_multimap", "global_norm", "zip"}
"""What may be done with gradients without a meeting."""


@record(eq=False)
class Unmet:
    """A step that is mapped here, and whose gradients stay with their device."""

    mapped: Event
    function: str
    gradients: Span


def unmet(run: ScriptRun) -> Iterator[Unmet]:
    """Steps of a script all of whose code was read and that gives all devices the same weights to begin with."""
    if not run.complete or not keeps_to(run.events, KEEP_TO):
        return
    mapped = [(event, event.thing("fun")) for event in run.called(PMAP)]
    copies = any(event.method in _COPIES for event in run.events)
    for event, function in mapped:
        if not isinstance(function, FunctionObject) or not event.surely or not (copies or _named(event)):
            continue
        found = _gradients(function.body)
        if found is None or not _stays(found[0], function.body):
            continue
        others = [one.body for _, one in mapped if isinstance(one, FunctionObject) and one is not function]
        if not _meets(run, found[0], function, [body for body in others if not _takes_gradients(body)]):
            yield Unmet(event, function.name, found[1])


def _named(event: Event) -> bool:
    return event.argument("axis_name").string is not None


def _gradients(body: Sequence[Stmt]) -> tuple[str, Span] | None:
    """The one name to which the body gives gradients, and where."""
    makers = {
        target.id
        for node in nodes_of(tuple(body))
        if isinstance(node, Assign) and isinstance(node.value, Call) and _word(node.value.func) in _GRADIENTS
        for target in node.targets
        if isinstance(target, Name)
    }
    found: list[tuple[str, Span]] = []
    for statement in body:
        value = statement.value if isinstance(statement, Assign) else None
        if not isinstance(statement, Assign) or not isinstance(value, Call) or len(statement.targets) != 1:
            continue
        maker, target = value.func, statement.targets[0]
        taken = isinstance(maker, Call) and _word(maker.func) in _GRADIENTS
        if taken or (isinstance(maker, Name) and maker.id in makers):
            last = target.items[-1] if isinstance(target, Tuple) and target.items else target
            if isinstance(last, Name):
                found.append((last.id, statement.at))
    return found[0] if len(found) == 1 else None


def _stays(name: str, body: Sequence[Stmt]) -> bool:
    """The gradients are reckoned with and go into an update, and are given to nothing else."""
    updated = False
    for node in nodes_of(tuple(body)):
        match node:
            case Call(func=func) if name in _names((*node.args, *node.keywords)):
                if _word(func) not in _PASSES_ON:
                    return False
                updated |= _word(func) in _UPDATES
            case Operation(operator="-" | "+", operands=operands) if name in _names(operands):
                updated = True
            case _:
                pass
    return updated


def _meets(run: ScriptRun, name: str, function: FunctionObject, others: Sequence[Sequence[Stmt]]) -> bool:
    """Some call in the script may bring the gradients or the weights together; one that takes a measure does not."""
    harmless: set[int] = set()
    for body in others:
        harmless |= {id(node) for node in nodes_of(tuple(body))}
    kept = {name, *(parameter.name for parameter in function.parameters), *_made_with(name, function.body)}
    for node in _own(function.body):
        if isinstance(node, Call) and _word(node.func) in _MEET and not kept & _names((*node.args, *node.keywords)):
            harmless |= {id(part) for part in nodes_of(node.func)}
    mentions = (
        node
        for program in run.programs
        for node in nodes_of(program.body)
        if isinstance(node, Name | Attribute) and _word(node) in _MEET
    )
    return any(id(node) not in harmless for node in mentions)


def _made_with(name: str, body: Sequence[Stmt]) -> set[str]:
    """Names of what is made of the gradients, step by step."""
    made = {name}
    for statement in body:
        if isinstance(statement, Assign) and made & _names(statement.value):
            made |= {word for target in statement.targets for word in _names(target)}
    return made


def _own(body: Sequence[Stmt]) -> Iterator[object]:
    """The syntax of a function without the functions within it."""
    pending: list[object] = list(body)
    while pending:
        one = pending.pop()
        yield one
        if not isinstance(one, FunctionDef | Lambda):
            pending += inside(one)


def _takes_gradients(body: Sequence[Stmt]) -> bool:
    return any(isinstance(node, Name | Attribute) and _word(node) in _GRADIENTS for node in nodes_of(tuple(body)))


def _names(node: object) -> set[str]:
    return {one.id for one in nodes_of(node) if isinstance(one, Name)}


def _word(func: Expr) -> str:
    return func.name if isinstance(func, Attribute) else func.id if isinstance(func, Name) else ""
