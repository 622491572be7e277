"""What a script does with Horovod: who was given which weights, and what could have done so unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Call, Expr, Sequence, Subscript
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.dealing import counterparts, surely_differ
from dtlint.run.effects import Answer, Effect
from dtlint.run.packages import HARMLESS, keeps_to
from dtlint.run.script.objects import Either, ExternalMethod, Instance, ListObject, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import parameters_of
from dtlint.run.writers import same_file
from dtlint.source import Span
from dtlint.value import Value, absent

_HOME: Final = HARMLESS | {"horovod"}
"""Packages that start no Horovod and exchange no weights but through Horovod's own calls, which have rows."""
_EQUALISES: Final = re.compile(
    r"broadcast|bcast|elastic|seed|load_state_dict|load_weights|load_model|from_pretrained|restore|set_weights"
    r"|allreduce_|allgather|state_dict_from_url|constant_|zeros_|ones_"
)
"""Calls by which processes come to the same weights: from one of them, from a file, or from one random generator."""
_SEEDS: Final = ("torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all")
_MODULES: Final = ("torch.nn.", "torchvision.models.")
_OPTIMIZER: Final = re.compile(r"horovod\.[\w.]+\.Distributed(?:Optimizer|GradientTape)")
_KERAS: Final = ("tensorflow.keras.Sequential", "tensorflow.keras.Model", "keras.Sequential", "keras.Model")
_APPLICATIONS: Final = ("tensorflow.keras.applications.", "keras.applications.")
CHECKPOINTS: Final = ("tensorflow.keras.callbacks.ModelCheckpoint", "keras.callbacks.ModelCheckpoint")
_CALLBACKS: Final = re.compile(r"(?:horovod\.[\w.]+|tensorflow\.keras|keras)\.callbacks\.\w+")


def started(run: ScriptRun) -> bool:
    """The script surely starts Horovod."""
    return any(event.surely for event in run.effects(Effect.INITIALISES) if event.name.startswith("horovod."))


def familiar(events: Iterator[Event] | list[Event]) -> bool:
    """Nothing that is called could start Horovod or exchange weights without being seen."""
    return keeps_to(events, _HOME)


def equalised(run: ScriptRun, first: ScriptRun) -> bool:
    """The weights of this process may be those of the `first` one when training begins."""
    apart = {id(mine) for mine, theirs in counterparts(run, first, *_SEEDS) if _seeded_apart(mine, theirs)}
    return any(equalises(event) for event in run.events if id(event) not in apart)


def equalises(event: Event) -> bool:
    """The call may bring processes to the same weights."""
    given = event.positional[0] if event.positional else None
    number = event.method == "broadcast_object" and isinstance(given, Value) and given.integer is not None
    return (_EQUALISES.search(event.name.lower()) is not None and not number) or _ready_made(event)


def _seeded_apart(mine: Event, theirs: Event) -> bool:
    """Both seed their random numbers, with seeds that surely differ."""
    given = (event.argument(event.row.seed) if event.row is not None else absent() for event in (mine, theirs))
    left, right = given
    return not left.is_absent and surely_differ(left, right)


def _ready_made(event: Event) -> bool:
    """A library's model that may come with weights; those of Keras do unless told otherwise."""
    if event.name.startswith(_APPLICATIONS):
        weights = event.argument("weights")
        return event.method[:1].isupper() and not (weights.known and weights.constant is None)
    given = {"weights", "pretrained"} & event.keywords.keys()
    return bool(given) and event.name.startswith("torchvision.models.")


def optimizers(run: ScriptRun) -> Iterator[Event]:
    """The calls that make an optimizer, or a tape, average gradients over all processes."""
    return (event for event in run.effects(Effect.WRAPS) if _OPTIMIZER.fullmatch(event.name))


def trained(run: ScriptRun, wrap: Event) -> Event | None:
    """The call from which the wrapped optimizer is surely at work on weights that are surely random."""
    if wrap.name.startswith("horovod.torch."):
        return next((event for event in run.effects(Effect.BACKWARD) if event.surely and _random(wrap)), None)
    if wrap.method == "DistributedGradientTape":
        return _applied(run, wrap)
    for event in run.events:
        if event.method == "fit" and event.surely and isinstance(event.receiver, Instance) and of_keras(event.receiver):
            compiled = [one for one in run.events if one.method == "compile" and one.receiver is event.receiver]
            if any(one.keywords.get("optimizer") is wrap.result for one in compiled) and usual(event):
                return event
    return None


def _applied(run: ScriptRun, tape: Event) -> Event | None:
    """Where the gradients that a tape averages are applied to the variables of a model of Keras."""
    taken = next((event for event in run.events if event.method == "gradient" and event.receiver is tape.result), None)
    sources = taken.given(1, "sources") if taken is not None and taken.surely else None
    model = sources.receiver if isinstance(sources, ExternalMethod) else None
    if taken is None or not isinstance(model, Instance) or not of_keras(model):
        return None
    later = (event for event in run.events if event.index > taken.index and event.method == "apply_gradients")
    return next((event for event in later if event.surely), None)


def _random(wrap: Event) -> bool:
    """The optimizer was given all parameters of a module of the workspace, or of one of torchvision's."""
    inner = wrap.thing("optimizer")
    parameters = parameters_of(inner.attributes.get("params")) if isinstance(inner, Instance) else None
    if not isinstance(parameters, Instance) or parameters.unseen:
        return False
    if isinstance(parameters.cls, str):
        return parameters.cls.startswith(_MODULES)
    return parameters.is_a("torch.nn.Module")


def of_keras(model: Instance) -> bool:
    """A model made of Keras's own classes, which no code that was not read has had."""
    known = isinstance(model.cls, str) and (model.cls in _KERAS or model.cls.startswith(_APPLICATIONS))
    return known and not model.unseen


def usual(fit: Event) -> bool:
    """All callbacks of the training are known ones of Keras and Horovod; one of the script's own may do anything."""
    callbacks = fit.keywords.get("callbacks")
    if callbacks is None or (isinstance(callbacks, Value) and callbacks.known and callbacks.constant is None):
        return not fit.open
    return isinstance(callbacks, ListObject) and callbacks.complete and all(map(_callback, callbacks.items))


def _callback(thing: Thing) -> bool:
    return isinstance(thing, Instance) and isinstance(thing.cls, str) and bool(_CALLBACKS.fullmatch(thing.cls))


@record(eq=False)
class Restored:
    """One process loads a state that no broadcast behind it gives to the others."""

    what: str
    """optimizer or model."""
    event: Event
    missing: str
    """The broadcast that would do it."""


_TORCH: Final = "horovod.torch.DistributedOptimizer"
_GIVES: Final = {"optimizer": "broadcast_optimizer_state", "model": "broadcast_parameters"}


def restored_alone(mine: ScriptRun, theirs: ScriptRun) -> Iterator[Restored]:
    """States that the first process loads and the second surely does not get, the first of each kind."""
    told: set[str] = set()
    for event in mine.events:
        what = _holder(event)
        if not what or what in told or any(_holder(other) == what for other in theirs.events):
            continue
        later = [other for other in mine.events if other.index > event.index]
        if not any(_passes_on(other, what) for other in later):
            told.add(what)
            yield Restored(what, event, _GIVES[what])


def _holder(event: Event) -> str:
    """Whose state a `load_state_dict` fills: a torch optimizer's, a module's, or nobody's that is known."""
    receiver = event.receiver
    if event.method != "load_state_dict" or not isinstance(receiver, Instance):
        return ""
    if any(name == _TORCH or name.rpartition(".")[0] == "torch.optim" for name in receiver.class_names):
        return "optimizer"
    return "model" if any(name.startswith(_MODULES) for name in receiver.class_names) else ""


def _passes_on(event: Event, what: str) -> bool:
    """It gives the state to the others, or may do so."""
    if event.method in ("broadcast_object", "allgather_object"):
        return not _is_number(event.thing("obj"))  # that of an epoch is no state
    if event.method == "broadcast_parameters":
        return what == "model" or _of_optimizer(event.thing("params"))
    return event.method == _GIVES[what] or event.method in ("broadcast_", "broadcast", "broadcast_variables")


def _is_number(thing: Thing | None) -> bool:
    """Also one that is the first where nothing was found, and read from a checkpoint otherwise."""
    sides = thing.alternatives() if isinstance(thing, Either) else (thing,)
    numbers = [isinstance(side, Value) and side.known and isinstance(side.constant, int | float) for side in sides]
    return isinstance(thing, Value) or any(numbers)


def _of_optimizer(thing: Thing | None) -> bool:
    """`optimizer.state_dict()` given to `broadcast_parameters`, as early releases did."""
    made = thing.made_by if isinstance(thing, Unread) else None
    owner = made.receiver if made is not None else None
    return not isinstance(owner, Instance) or not any(name.startswith(_MODULES) for name in owner.class_names)


@record(eq=False)
class Kept:
    """A checkpoint callback of Keras, and the training of two processes that both have it."""

    callback: Event
    fit: Event
    path: Value


def kept_by_both(mine: ScriptRun, theirs: ScriptRun) -> Iterator[Kept]:
    """Callbacks that surely write the same files in both processes."""
    for fit, other in fits_of_both(mine, theirs):
        beside = {made.at: made for made in callbacks_made(other)}
        for made in callbacks_made(fit):
            twin = beside.get(made.at)
            if twin is None or made.open or made.name not in CHECKPOINTS:
                continue
            path, same = made.argument("filepath"), twin.argument("filepath")
            moved = any(mine.called("os.chdir")) and not path.starts_with("/").always
            if not path.is_absent and not path.is_unknown and not moved and same_file(path, same):
                yield Kept(made, fit, path)


_MEET: Final = re.compile(r"horovod\.[\w.]+\.callbacks\.(?:BroadcastGlobalVariables|MetricAverage)Callback")
_STOP: Final = re.compile(r"(?:tensorflow\.keras|keras)\.callbacks\.EarlyStopping")


def fits_of_both(mine: ScriptRun, theirs: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """The trainings that both processes surely come to at one place of the script."""
    for fit in mine.events:
        if fit.method != "fit" or not fit.surely:
            continue
        other = next((one for one in theirs.events if one.place == fit.place and one.surely), None)
        if other is not None:
            yield fit, other


def callbacks_of_one(mine: ScriptRun, theirs: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Callbacks that only the first has in a training of both and by which one of them waits for the other: those in
    which all meet, and those that end the training of their own process where gradients are averaged; and that
    training."""
    averaged = any(event.surely for event in optimizers(theirs))
    for fit, other in fits_of_both(mine, theirs):
        if not usual(other):
            continue
        theirs_made = {made.at for made in callbacks_made(other)}
        for made in callbacks_made(fit):
            if made.at not in theirs_made and (_MEET.fullmatch(made.name) or (averaged and stops(made))):
                yield made, fit


def stops(made: Event) -> bool:
    """It sets `stop_training` of the model of its process alone."""
    return _STOP.fullmatch(made.name) is not None


def callbacks_made(fit: Event) -> Iterator[Event]:
    """The calls that surely made the callbacks of a training."""
    callbacks = fit.keywords.get("callbacks")
    for thing in callbacks.items if isinstance(callbacks, ListObject) and callbacks.complete else ():
        made = thing.made_by if isinstance(thing, Instance) else None
        if made is not None and made.surely:
            yield made


def counted(value: Value) -> bool:
    """The number of processes had a part in it."""
    return any(step.text.endswith(("size()", "size")) for step in value.trail)


_CHOOSES: Final = re.compile(r"visible_device|CUDA_VISIBLE_DEVICES|HIP_VISIBLE_DEVICES|gpu_options|set_logical_device")


def blind(run: ScriptRun) -> Event | None:
    """The training with TensorFlow of a process that surely leaves itself all the GPUs that it sees."""
    if run.truncated or not run.reached_end or not familiar(run.events) or run.sets_unknown_names:
        return None
    written = (node for program in run.programs for node in nodes_of(program.body))
    names = (getattr(node, "name", "") or getattr(node, "value", "") for node in written)
    if any(isinstance(name, str) and _CHOOSES.search(name) for name in names):
        return None
    if any(event.name == "tensorflow.device" for event in run.events):
        return None
    return next((one for one in run.events if one.method == "fit" and one.surely and _tensorflow(one.receiver)), None)


def _tensorflow(model: Thing | None) -> bool:
    return isinstance(model, Instance) and any(name.startswith("tensorflow.keras.") for name in model.class_names)


def listed_by_rank(run: ScriptRun) -> Event | None:
    """The call that picks the GPU of TensorFlow from the list of this host's GPUs by Horovod's global rank."""
    asked = {event.at for event in run.events if event.row is not None and event.row.answer is Answer.RANK}
    shown = {
        event.at: event
        for event in run.events
        if event.name.startswith("tensorflow.config.") and event.method == "set_visible_devices" and event.surely
    }
    written = (node for program in run.programs for node in nodes_of(program.body))
    for node in written if shown and asked else ():
        if isinstance(node, Call) and node.at in shown and node.args and _index(node.args[0]) in asked:
            return shown[node.at]
    return None


def _index(expression: Expr) -> Span | None:
    """Where the index of `gpus[index]` or of `[gpus[index]]` is written."""
    if isinstance(expression, Sequence) and len(expression.items) == 1:
        expression = expression.items[0]
    return expression.index.at if isinstance(expression, Subscript) and isinstance(expression.index, Call) else None
