"""Lightning's trainers: which of them make a group of several processes, and which find out under Slurm who is in it.

Strategies by name: src/lightning/fabric/strategies/ and src/lightning/pytorch/strategies/; `SLURMEnvironment` of
src/lightning/fabric/plugins/environments/slurm.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dtlint.value import How, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.job.process import Process
    from dtlint.run.script.objects import Thing
    from dtlint.run.script.trace import Event

TRAINER: Final = "lightning.pytorch.Trainer"
FABRIC: Final = "lightning.fabric.Fabric"
TRAINERS: Final = (TRAINER, FABRIC)
LOG: Final = "lightning.pytorch.LightningModule.log"
STRATEGIES: Final = (
    "ddp", "ddp_find_unused_parameters_true", "ddp_find_unused_parameters_false", "fsdp", "deepspeed"
)  # fmt: skip
"""Strategies of one process for each device."""
_OBJECTS: Final = {"DDPStrategy": "ddp", "FSDPStrategy": "fsdp", "DeepSpeedStrategy": "deepspeed", "DDPPlugin": "ddp"}
_DEEPSPEED: Final = "deepspeed_stage_"
_FORMERLY: Final = ("accelerator", "distributed_backend")
"""Where releases before 1.5 take the strategy."""


def strategy(event: Event) -> str | None:
    """The strategy of a Trainer or Fabric that has one process for each device, each a run of the whole script, as a
    word; None for every other and for one that is not known.  Without one, releases before 2.0 spawn a function."""
    maker = getattr(event.thing("strategy"), "made_by", None)
    if maker is not None:
        return None if maker.open or "start_method" in maker.keywords else _OBJECTS.get(maker.method)
    given = event.argument("strategy")
    named = given.string if not given.is_absent else None
    if given.is_absent:
        named = next((event.argument(name).string for name in _FORMERLY if event.argument(name).string == "ddp"), None)
    if named is not None and (named in (*STRATEGIES, "auto") or named.startswith(_DEEPSPEED)):
        return named
    return None


def waits_for_all_gradients(process: Process) -> Value:
    """Whether its one Trainer has DDP wait for the gradient of each parameter; unknown where something else may hold.

    "ddp" and "auto" search for unused parameters only in releases before 2.0 (CHANGELOG of Lightning 2.0, "Changed").
    """
    made = [event for event in process.called(TRAINER) if event.surely]
    hidden = unknown("find_unused_parameters", key=("lightning search", process.at))
    release = process.lightning
    old = not release.is_absent and not (release.string or "0").startswith("2")
    if len(made) != 1 or old or any(not made[0].argument(name).is_absent for name in ("gpus", *_FORMERLY[1:])):
        return hidden
    maker = getattr(made[0].thing("strategy"), "made_by", None)
    if maker is not None:
        plain = maker.method == "DDPStrategy" and not maker.open and not maker.positional
        searched = maker.keywords.keys() & {"find_unused_parameters", "static_graph", "ddp_comm_hook"}
        return known(True).after(made[0].argument("strategy").trail) if plain and not searched else hidden
    given = made[0].argument("strategy")
    return known(True, *given.trail) if given.string in ("ddp", "ddp_find_unused_parameters_false") else hidden


def several(trainer: Thing | None) -> bool:
    """It works with all processes of the job that it is in: nothing may tell it to be content with one."""
    made = getattr(trainer, "made_by", None)
    if made is None or made.open or made.name not in TRAINERS:
        return False
    if strategy(made) is None and not made.argument("strategy").is_absent:
        return False
    asked = [made.argument(name) for name in ("devices", "gpus")]
    return not any(given.is_unknown or given.integer == 1 or given.string == "1" for given in asked)


def trainer_of(thing: Thing | None) -> Thing | None:
    """The Trainer that works with a module or has a strategy."""
    attributes = getattr(thing, "attributes", None) or {}
    return attributes.get("trainer")


def trainers(process: Process) -> Iterator[Event]:
    """Those that the script surely makes and that find out by themselves how their processes were started."""
    for event in process.called(*TRAINERS):
        strategy = event.argument("strategy").string or ""
        if event.surely and event.argument("plugins").is_absent and strategy in STRATEGIES:
            yield event


def interactive(process: Process) -> bool:
    """Lightning then takes no notice of Slurm; a name that somebody gives and that is not known may be such a one."""
    name = process.variable("SLURM_JOB_NAME")
    if name.known:
        # What stands in braces is filled in by somebody.
        return name.string in ("bash", "interactive") or "{" in str(name)
    return any(step.how is How.OPTION for step in name.trail)
