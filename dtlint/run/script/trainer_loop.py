"""What the Trainer of transformers calls of a subclass of the script's own while it trains: its `evaluate`.

`Trainer._inner_training_loop` of transformers/trainer.py evaluates in every process, by `_maybe_log_save_evaluate`, and
its `_evaluate` calls `self.evaluate(ignore_keys=…)`, where `eval_strategy` asks for it (`evaluation_strategy` before
release 4.41).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.facts.script import Attribute, Call, Constant, ExprStatement, For, Keyword, Name
from dtlint.run.script.objects import ClassObject, Frame, FunctionObject, Instance, as_value
from dtlint.value import unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller
    from dtlint.run.script.trace import Event

TRAINS: Final = "transformers.Trainer.train"
_STRATEGIES: Final = ("eval_strategy", "evaluation_strategy")


def evaluate_between(machine: Caller, event: Event) -> None:
    """Run the `evaluate` of the subclass where the arguments surely ask the Trainer to call it."""
    trainer = event.receiver
    cls = trainer.cls if isinstance(trainer, Instance) else None
    if not isinstance(trainer, Instance) or not isinstance(cls, ClassObject) or not _asks_for_it(trainer):
        return
    if not isinstance(cls.lookup("evaluate"), FunctionObject):
        return
    at = event.at
    rounds = unknown("the evaluations", key=("evaluations", at), low=1, whole=True)
    frame = Frame({"trainer": trainer, "rounds": rounds}, cls.module)
    keys = Keyword("ignore_keys", Constant(None, at), at)
    called = Call(Attribute(Name("trainer", at), "evaluate", at), (), (keys,), at)
    again = Call(Name("range", at), (Name("rounds", at),), (), at)
    machine.block((For(Name("turn", at), again, (ExprStatement(called, at),), (), at),), frame)


def _asks_for_it(trainer: Instance) -> bool:
    arguments = trainer.attributes.get("args")
    made = arguments.made_by if isinstance(arguments, Instance) else None
    given = (made.keywords.get(name) for name in _STRATEGIES) if made is not None else ()
    return any(as_value(one).string in ("epoch", "steps") for one in given if one is not None)
