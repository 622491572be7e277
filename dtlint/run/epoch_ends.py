"""Trainings of Keras whose epochs have no end: the data set repeats for ever, and no number of steps is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.effects.tensorflow import DATASET, DEALS
from dtlint.run.script.objects import Instance, Thing, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.strategies import chain

_KERAS: Final = ("tensorflow.keras.", "keras.")
_CUTS: Final = frozenset(("take", "take_while", "apply", "zip", "from_generator", "flat_map", "interleave"))
"""Methods by which a data set may get an end, or of which this is not known."""


def endless(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Each such training, and the call that repeats its data set."""
    for fit in run.events:
        model = fit.receiver
        keras = isinstance(model, Instance) and any(name.startswith(_KERAS) for name in model.class_names)
        if fit.method != "fit" or not keras or not fit.surely or fit.open or "steps_per_epoch" in fit.keywords:
            continue
        calls = _calls(run, fit.positional[0] if fit.positional else fit.keywords.get("x"))
        repeated = next((call for call in calls if call.method in ("repeat", *_CUTS)), None)
        if repeated is not None and repeated.method == "repeat" and _for_ever(repeated) and repeated.surely:
            yield fit, repeated


def _calls(run: ScriptRun, data: Thing | None) -> list[Event]:
    """The calls by which the data set was made, the last one first; a strategy may have dealt it out."""
    made = maker(data)
    if made is not None and made.method == "experimental_distribute_dataset":
        data = made.positional[0] if made.positional else made.keywords.get("dataset")
    elif made is not None and made.method in DEALS:
        inside = [one for one in run.events if one.index > made.index and made.at in one.stack]
        results = [one.result for one in inside if one.name.startswith(f"{DATASET}.") and one.surely]
        data = results[-1] if results else None
    return list(chain(data))


def _for_ever(repeat: Event) -> bool:
    count = repeat.argument("count")
    return count.is_absent or (count.known and count.constant in (None, -1))
