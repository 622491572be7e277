"""What the parts of a Ray cluster are told: the machines that `ray start` adds, and the trainers that ask for workers.

Sources: python/ray/scripts/scripts.py and python/ray/air/config.py (`ScalingConfig`) of Ray 2.40 and 2.60.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.launch import Launch
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.host import is_loopback
from dtlint.run.script.objects import maker
from dtlint.run.script.trace import Event
from dtlint.value import Fields, Text, Truth, Value, known

PORT: Final = known(6379)
"""The head's port where none is given."""
_TAIL: Final = re.compile(r":([0-9]+)$")
_SCALING: Final = "ray.train.ScalingConfig"


@record(eq=False)
class Asked:
    """A trainer with the workers that it asks for."""

    trainer: Event
    scaling: Event

    @property
    def workers(self) -> Value:
        return self.scaling.argument("num_workers")

    @property
    def with_gpu(self) -> Value:
        return self.scaling.argument("use_gpu").or_default(known(False))

    @property
    def named(self) -> Value:
        """`GPU` of each worker's resources, where these name it."""
        return self.scaling.argument("resources_per_worker").get("GPU")

    @property
    def gpus(self) -> Value | None:
        """GPUs of all workers together; None where that is not known."""
        resources = self.scaling.argument("resources_per_worker")
        if not (self.with_gpu == known(True)).always or self.workers.integer is None:
            return None
        if not resources.is_absent and not isinstance(resources.content, Fields):
            return None
        each = self.named.or_default(known(1))
        return self.workers * each if each.known else None


def asked(process: Process) -> Iterator[Asked]:
    """Trainers of Ray Train that the process surely makes."""
    for event in process.events:
        if not event.name.startswith("ray.train.") or not event.name.endswith("Trainer") or not event.surely:
            continue
        given = event.thing("scaling_config") or event.keywords.get("scaling_config")
        made = maker(given)
        if made is not None and made.name == _SCALING and not made.open:
            yield Asked(event, made)


def limited(process: Process) -> Event | None:
    """The call that surely starts a cluster of this process's own, with a number of GPUs that it names."""
    for event in process.called("ray.init"):
        alone = event.argument("address").is_absent and not event.positional and "address" not in event.keywords
        if event.surely and not event.open and alone and "num_gpus" in event.keywords:
            return event
    return None


def starts(run: Run) -> tuple[list[Launch], list[Launch]]:
    """The commands that start heads, and those that join; none where further ones may stand behind an unknown name."""
    found = [launch for launch in run.launches if launch.tool == "ray start"]
    words = [word for one in found for word in (*one.options.hidden, *one.options.rest)]
    if any(command.argv[0].string is None for command in run.commands) or any(word.string is None for word in words):
        return [], []
    heads = [launch for launch in found if launch.options.has("--head")]
    return heads, [launch for launch in found if launch.options.has("--address")]


def port_of(address: Value) -> int | None:
    """The port at the end of an address of which the rest may not be known."""
    tail = address.string
    if isinstance(address.content, Text) and isinstance(address.content.parts[-1], str):
        tail = address.content.parts[-1]
    found = _TAIL.search(tail) if tail is not None else None
    return int(found.group(1)) if found is not None else None


def at_home(address: Value) -> Truth:
    """The address is the machine itself."""
    return is_loopback(address.mapped("host", lambda text: str(text).rpartition(":")[0] or str(text)))
