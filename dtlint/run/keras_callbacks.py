"""The order in which Keras calls the callbacks of a training: that of their list (`CallbackList.on_epoch_end`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.run.script.objects import ListObject, maker
from dtlint.run.script.trace import Event, ScriptRun

_AVERAGES: Final = re.compile(r"horovod\.[\w.]+\.callbacks\.MetricAverageCallback")
_DECIDES: Final = re.compile(r"(?:tensorflow\.keras|keras)\.callbacks\.(?:ReduceLROnPlateau|EarlyStopping)")


def decided_before_averaged(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Callbacks that decide by the metrics of their own process, since the one that averages them comes later, and
    that one."""
    for fit in run.events:
        callbacks = fit.keywords.get("callbacks") if fit.method == "fit" and fit.surely else None
        if not isinstance(callbacks, ListObject) or not callbacks.complete:
            continue
        made = [maker(thing) for thing in callbacks.items]
        averages = [one is not None and _AVERAGES.fullmatch(one.name) is not None for one in made]
        if averages.count(True) != 1:
            continue
        average = made[averages.index(True)]
        for one in made[: averages.index(True)]:
            if one is not None and average is not None and _DECIDES.fullmatch(one.name):
                yield one, average
