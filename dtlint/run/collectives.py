"""Which collectives of the whole world one process calls and another does not."""

from __future__ import annotations

import builtins
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.asked_alike import AskedAlike
from dtlint.run.averaging import averages, lone
from dtlint.run.effects import Effect
from dtlint.run.existence import left_behind, made_where_missing
from dtlint.run.improvements import improves
from dtlint.run.lightning import LOG, several, trainer_of
from dtlint.run.script.objects import External, Instance, Thing, Unread
from dtlint.run.script.quiet import HOME, OF_DATA
from dtlint.run.script.tensor_methods import of_tensors
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, FSDP, gathers_anew, gathers_shards, sends_buffers
from dtlint.value import Reach, Value

_ACCELERATOR: Final = ("wait_for_everyone", "gather", "gather_for_metrics", "reduce", "pad_across_processes")
_ENGINE: Final = ("save_checkpoint", "load_checkpoint", "save_16bit_model")
_TRAINER: Final = ("train", "evaluate", "predict")
"""Of transformers."""
_FABRIC: Final = ("barrier", "all_reduce", "all_gather", "broadcast", "save", "load")
_LIGHTNING: Final = ("save_checkpoint", "fit", "validate", "test")
_MODULES: Final = ("torch.distributed.", "deepspeed.comm.", "horovod.")
_OF_SHARDS: Final = ("full_tensor", "redistribute", "summon_full_params")
"""Methods of sharded tensors and modules that bring the parts together, whatever object has them."""
_LONGEST_CHAIN: Final = 6
"""Calls upon the results of calls that are looked through for where they come from."""
_OVER_ALL: Final = frozenset(
    f"torch.distributed.fsdp.{home}ShardingStrategy.{name}"
    for name in ("FULL_SHARD", "SHARD_GRAD_OP")
    for home in ("", "fully_sharded_data_parallel.", "api.")
)
_CLIPS: Final = "clip_grad_norm_"
_OPTIMIZER_STATES: Final = ("optim_state_dict", "full_optim_state_dict")
_NO_GRADIENTS: Final = frozenset(("torch.no_grad", "torch.inference_mode"))
_TOLD_TO_METRICS: Final = frozenset(
    ("sync_on_compute", "process_group", "dist_sync_fn", "distributed_available_fn", "compute_with_cache")
)
_BUILTINS: Final = frozenset(dir(builtins)) - {"__import__", "compile", "eval", "exec"}
_ALONE: Final = tuple(
    f"{package}.{module}."
    for package, modules in (
        ("tensorflow", "config data math nn random summary"),
        ("tensorflow.keras", "callbacks datasets layers losses metrics optimizers preprocessing utils"),
        ("keras", "callbacks datasets layers losses metrics optimizers preprocessing utils"),
        ("jax", "nn numpy random tree tree_util"),
        ("orbax.checkpoint", "args"),
    )
    for module in modules.split()
)
"""Modules of the same kind in packages of which other modules meet the other processes."""
_PREPARES: Final = re.compile(
    r"(?:transformers|diffusers)\.(?:\w+\.)*(?:get_\w*schedul\w*|\w+(?:Tokenizer|TokenizerFast|Processor|Extractor|Config)"
    r"|DataCollator\w*|set_seed)\b|(?:datasets|tokenizers)\."
    r"|timm\.(?:models|layers|data|create_model|scheduler|optim|loss|utils\.(?:accuracy|AverageMeter|ModelEma))\b"
    r"|apex\.(?:normalization|optimizers|multi_tensor_apply)\b"
)
"""What prepares texts, schedules and settings, in packages whose trainers meet the other processes."""


@record(eq=False)
class Unmet:
    """A collective that one process calls while another calls none in its place."""

    event: Event
    caller: Process
    other: Process
    """It has an end that was seen, and calls nothing that could meet the caller."""


def meets_all(event: Event) -> bool:
    """It surely waits for all processes of the world, whatever the model is wrapped in.

    Sources: torch/distributed/distributed_c10d.py; deepspeed/runtime/engine.py, "all processes must call this method";
    accelerate/utils/operations.py; lightning/pytorch/trainer/trainer.py, `strategy.barrier("Trainer.save_checkpoint")`,
    `strategy.barrier` in `_run`, `sync` of trainer/connectors/logger_connector/result.py for `log(sync_dist=True)`, and
    lightning/fabric/fabric.py, where `save` and `load` end with `self.barrier()`; transformers/trainer.py, which wraps
    the model to train it and gathers losses and answers of each batch; the full state dict of FSDP gathers all shards,
    as does `summon_full_params`, and `clip_grad_norm_` adds up the norms of all (fully_sharded_data_parallel.py).
    """
    row = event.row
    if event.name == LOG and not event.open:
        synced, alone = event.argument("sync_dist"), event.argument("rank_zero_only")
        whole = several(trainer_of(event.receiver)) and event.argument("sync_dist_group").is_absent
        whole = whole and (alone.is_absent or (alone.known and alone.constant is False))
        return whole and synced.known and synced.constant is True
    if row is None or event.open or Effect.COLLECTIVE not in row.effects:
        return False
    if row.group and not event.argument(row.group).is_absent:
        return False
    owner, _, method = event.name.rpartition(".")
    match owner:
        case "torch.distributed" | "deepspeed.comm":
            return True
        case "torch.distributed.checkpoint":
            return event.argument("no_dist").is_absent
        case "jax.experimental.multihost_utils":
            return True
        case _ if owner.startswith("orbax.checkpoint."):
            return _of_all_hosts(event.receiver)
        case "accelerate.Accelerator" | "accelerate.PartialState":
            return method in _ACCELERATOR
        case "deepspeed.runtime.engine.DeepSpeedEngine":
            return method in _ENGINE
        case "lightning.fabric.Fabric":
            return method in _FABRIC
        case "transformers.Trainer":
            return method in _TRAINER
        case "lightning.pytorch.Trainer":
            return method in _LIGHTNING and several(event.receiver)
        case "lightning.pytorch.LightningModule" | "lightning.pytorch.strategies.Strategy":
            return several(trainer_of(event.receiver))
        case "torch.distributed.fsdp.FullyShardedDataParallel":
            if method in _OPTIMIZER_STATES:
                return _spread(event.thing("model"))
            if method == "summon_full_params":
                return _spread(event.thing("module"))
            return (method == "state_dict" and gathers(event)) or (method == _CLIPS and _spread(event.receiver))
        case _:
            return owner.startswith("horovod.") and not owner.endswith(".callbacks")


def mapped(event: Event, run: ScriptRun) -> bool:
    """A collective of JAX under `pmap`, whose axis has the devices of all processes: "pmap runs on all devices across
    all processes" (docs.jax.dev, Introduction to multi-controller JAX).  That of a constant is computed on the spot."""
    axis = event.argument("axis_name").string
    subject = event.thing("x")
    if not event.name.startswith("jax.lax.") or axis is None or event.open or subject is None:
        return False
    if any(_takes_axis(other) for other in run.events if other.name != "jax.pmap"):
        return False
    maps = list(run.called("jax.pmap"))
    named = [one for one in maps if one.argument("axis_name").string == axis]
    whole = all(one.thing("devices") is None and one.thing("backend") is None and not one.open for one in maps)
    return bool(named) and whole and not (isinstance(subject, Value) and subject.known)


def sums_up(event: Event) -> bool:
    """The `compute()` of a metric of torchmetrics, which gathers the states of all processes before.

    `sync_on_compute` and `_wrap_compute` of torchmetrics/metric.py; seen with torchmetrics 1.9 and gloo.
    """
    metric = event.receiver
    made = metric.made_by if isinstance(metric, Instance) and not metric.unseen else None
    if event.method != "compute" or made is None or made.open or not made.name.startswith("torchmetrics."):
        return False
    return made.method[:1].isupper() and not _TOLD_TO_METRICS & made.keywords.keys()


def _of_all_hosts(checkpointer: Thing | None) -> bool:
    """Nothing tells Orbax that some processes are enough (`MultiprocessingOptions(active_processes={0})`)."""
    made = checkpointer.made_by if isinstance(checkpointer, Instance) and not checkpointer.unseen else None
    options = made.keywords.get("options") if made is not None else None
    if made is None or made.open or len(made.positional) > 1 or "multiprocessing_options" in made.keywords:
        return False
    if options is None:
        return True
    told = options.made_by if isinstance(options, Instance) else None
    return told is not None and not told.open and "multiprocessing_options" not in told.keywords


def _takes_axis(event: Event) -> bool:
    """`vmap` and `shard_map` give their axes names as well, on the devices that they are given."""
    return event.method in ("vmap", "xmap", "shard_map") or event.method.startswith("smap")


def gathers(event: Event) -> bool:
    """A `state_dict()` of an FSDP module that brings its shards together: all processes hold a part, and no other kind
    is asked for around it."""
    asked = (context for context in event.contexts if context.name not in _NO_GRADIENTS)
    return _spread(event.receiver) and all(map(_asks_for_all, asked))


def _spread(module: Thing | None) -> bool:
    """It is a module of FSDP of which every process of the job has a part."""
    made = module.made_by if isinstance(module, Instance) else None
    if made is None or made.open or made.thing("process_group") is not None or made.thing("device_mesh") is not None:
        return False
    strategy = made.thing("sharding_strategy")
    return strategy is None or (isinstance(strategy, External) and strategy.name in _OVER_ALL)


def _asks_for_all(context: Event) -> bool:
    """`with FSDP.state_dict_type(model, StateDictType.FULL_STATE_DICT, …)`."""
    kind = context.keywords.get("state_dict_type", context.positional[1] if len(context.positional) > 1 else None)
    whole = isinstance(kind, External) and kind.name.endswith(".StateDictType.FULL_STATE_DICT")
    return whole and context.name == "torch.distributed.fsdp.FullyShardedDataParallel.state_dict_type"


def waits(event: Event, run: ScriptRun) -> bool:
    """It waits for all processes: a collective, or a forward or backward pass with one inside."""
    sharded = gathers_anew(event, run) or gathers_shards(event, run)
    within = sharded or sends_buffers(event, run) or sums_up(event)
    averaged = averages(event, run) and lone(event, run)
    return meets_all(event) or mapped(event, run) or within or averaged


def unmet(world: World, waiting: Callable[[Event, ScriptRun], bool] = waits) -> Iterator[Unmet]:
    """For each place the first two representative processes of which one surely waits there for all and the other
    surely calls nothing in its place: neither there nor, as with "the first goes first", somewhere else."""
    told: set[object] = set()
    followed = [process for process in world.processes if _plain(process.run)]
    alike = AskedAlike(process.run for process in followed if process.run is not None)
    for caller in followed:
        for other in followed:
            event = None
            if caller.run is not None and other.run is not None:
                event = _alone(caller.run, other.run, waiting, alike)
            if event is not None and event.at not in told:
                told.add(event.at)
                yield Unmet(event, caller, other)


def _plain(run: ScriptRun | None) -> bool:
    return run is not None and run.complete and one_group(run)


def one_group(run: ScriptRun) -> bool:
    """It has one process group of the whole world from beginning to end."""
    groups = [event for event in run.effects(Effect.INITIALISES) if event.row is not None]
    made = [event for event in groups if event.method in ("init_process_group", "init_distributed", "init")]
    if not groups or len(made) > 1 or not all(event.surely for event in groups):
        return False
    if any(event.argument("world_size").integer == 1 for event in made):
        return False
    return not any(_frees(event) for event in run.events)


def _frees(event: Event) -> bool:
    """From here on processes may come and go: uneven inputs are joined, or processes serve each other by calls."""
    return (event.method == "join" and event.row is not None) or event.name.startswith("torch.distributed.rpc.")


def _alone(
    mine: ScriptRun, theirs: ScriptRun, waiting: Callable[[Event, ScriptRun], bool], alike: AskedAlike
) -> Event | None:
    """The first call at which only `mine` waits; None where `theirs` may call something in its place."""
    left, right = _places(mine), _places(theirs)
    beyond = right - left
    instead = [
        one
        for one in theirs.events
        if (beyond[one.place] or not (_shared(one) or _configured(one, alike))) and may_meet(one)
    ]
    if not all(_passes(one) and not beyond[one.place] for one in instead):
        return None
    missing = left - right
    return next(
        (
            event
            for event in mine.events
            if missing[event.place] and waiting(event, mine) and comes_about(event, mine)
            and not _met_otherwise(event, mine, theirs) and not (instead and _passes(event))
        ),
        None,
    )


def _passes(event: Event) -> bool:
    """A pass of a model, which exchanges gradients and buffers and never takes the place of a call that is written."""
    backward = event.row is not None and Effect.BACKWARD in event.row.effects
    return backward or event.name.removesuffix(".__call__") in (DDP, FSDP)


def _met_otherwise(event: Event, mine: ScriptRun, theirs: ScriptRun) -> bool:
    """Who leaves a function early meets the others before, and who stays meets them at its end, where they all wait."""
    for fork, side in event.branches:
        there = {one.place for one in mine.events if (fork, 1 - side) in one.branches and may_meet(one)}
        if any(one.place in there and all(other.at != fork.at for other, _ in one.branches) for one in theirs.events):
            return True
    return False


def comes_about(event: Event, run: ScriptRun) -> bool:
    """Chance brings it one day, if not every day: each condition around it holds in some round of a loop, as where a
    figure is the best so far, in the first start, which makes a file that is not there, or in the next one, which finds
    it."""
    return all(
        fork.reaches(side)
        or improves(run, fork, side)
        or left_behind(run, fork, side)
        or made_where_missing(run, fork, side)
        for fork, side in event.branches
    )


def _shared(event: Event) -> bool:
    """Conditions that come out the same in all processes stand around it, or none: who calls it, calls it with all."""
    return all(
        fork.value.reach is not Reach.UNSEEN and all(symbol.reach is Reach.UNIFORM for symbol in fork.value.symbols())
        for fork, _ in event.branches
    )


def _configured(event: Event, alike: AskedAlike) -> bool:
    """Code that was not read, called where the settings say so.

    Of a collective that is written out this is not taken for granted: a setting may stand for the rank.
    """
    return event.row is None and all(alike.settles(fork) for fork, _ in event.branches)


def _places(run: ScriptRun) -> Counter[object]:
    return Counter(event.place for event in run.events)


def may_meet(event: Event) -> bool:
    """It may wait for other processes: a collective, a message, or code that was not read."""
    row = event.row
    if row is not None:
        return bool(row.effects & {Effect.COLLECTIVE, Effect.POINT_TO_POINT, Effect.NEW_GROUP, Effect.TRAINS})
    ours = event.name.startswith(_MODULES) or event.method in _OF_SHARDS
    plain = event.name.startswith("?.") and (event.method in OF_DATA or of_tensors(event.method))
    alone = plain or event.name in _BUILTINS or event.name.startswith(_ALONE)
    if ours or alone:
        return ours
    home = _home(event)
    package = home.partition(".")[0]
    return package not in HOME and package not in _BUILTINS and not _PREPARES.match(home)


def _home(event: Event) -> str:
    """The code that is called; of an object of no known class that which gave it."""
    name, receiver = event.name, event.receiver
    for _ in range(_LONGEST_CHAIN):
        made = receiver.made_by if isinstance(receiver, Unread) else None
        if not name.startswith("?") or made is None or made.name.startswith(_MODULES):
            break
        name, receiver = made.name, made.receiver
    return name
