"""Trainers of Lightning in workers of Ray Train: those that do not know of the other workers.

Ray starts the processes and makes their group; its strategies and its environment tell Lightning so
(python/ray/train/lightning/_lightning_utils.py, whose `prepare_trainer` refuses every other).  Seen with Ray 2.60 and
Lightning 2.6 on two workers: `Trainer(devices=1)` without a strategy has a world of one, and the weights part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.lightning import TRAINER
from dtlint.run.script.objects import Instance, ListObject, Thing
from dtlint.run.script.trace import Event, ScriptRun

_FIT: Final = f"{TRAINER}.fit"
_PREPARE: Final = "ray.train.lightning.prepare_trainer"
_STRATEGIES: Final = ("RayDDPStrategy", "RayFSDPStrategy", "RayDeepSpeedStrategy")
_ENVIRONMENT: Final = "RayLightningEnvironment"
_LIGHTNING: Final = ("lightning.pytorch.strategies.", "lightning.fabric.strategies.")


@record(eq=False)
class Alone:
    """A Trainer of one worker."""

    made: Event
    lacks: str
    refused: Event | None
    """The call that refuses it; None where each worker trains by itself instead."""


def alone(run: ScriptRun) -> Iterator[Alone]:
    for made in run.called(TRAINER):
        if not made.surely or made.open:
            continue
        refused = next((event for event in run.called(_PREPARE) if _of(event.thing("trainer"), made)), None)
        if not _ray(made):
            if refused is not None and _other(made):
                yield Alone(made, "a strategy of ray.train.lightning", refused)
            elif refused is None and _single(made) and any(_of(one.receiver, made) for one in run.called(_FIT)):
                yield Alone(made, "a strategy of ray.train.lightning", None)
        elif refused is not None and _without_environment(made.thing("plugins")):
            yield Alone(made, f"{_ENVIRONMENT} among its plugins", refused)


def _of(thing: Thing | None, made: Event) -> bool:
    return isinstance(thing, Instance) and thing.made_by is made


def _maker(made: Event) -> Event | None:
    thing = made.thing("strategy")
    return thing.made_by if isinstance(thing, Instance) else None


def _ray(made: Event) -> bool:
    maker = _maker(made)
    return maker is not None and maker.method in _STRATEGIES


def _other(made: Event) -> bool:
    """Its strategy is surely none of Ray's: none, a word, or an object of Lightning's own."""
    maker, thing = _maker(made), made.thing("strategy")
    named = thing is None or made.argument("strategy").string is not None
    return maker.name.startswith(_LIGHTNING) if maker is not None else named


def _single(made: Event) -> bool:
    """Without a strategy, one device makes a `SingleDeviceStrategy`."""
    strategy, nodes = made.argument("strategy"), made.argument("num_nodes")
    devices = made.argument("devices")
    unset = made.thing("strategy") is None or strategy.string == "auto"
    return unset and devices.integer == 1 and nodes.integer in (None, 1) and made.thing("plugins") is None


def _without_environment(plugins: Thing | None) -> bool:
    if plugins is None:
        return True
    if not isinstance(plugins, ListObject) or not plugins.complete:
        return isinstance(plugins, Instance) and isinstance(plugins.cls, str) and not plugins.cls.endswith(_ENVIRONMENT)
    known = all(isinstance(one, Instance) and isinstance(one.cls, str) for one in plugins.items)
    return known and not any(str(getattr(one, "cls", "")).endswith(_ENVIRONMENT) for one in plugins.items)
