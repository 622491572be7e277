"""Processes that meet: one rendezvous and one program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dtlint.job.launch import Launch
from dtlint.job.process import Process
from dtlint.source import Span
from dtlint.value import FALSE, Truth, Value, every, known

if TYPE_CHECKING:
    from dtlint.run.script.trace import ScriptRun


@dataclass(eq=False, slots=True)
class World:
    """The processes of one training program, as its launches mean it."""

    launches: tuple[Launch, ...]
    """The launcher on each host that is looked at, or the one launcher that reaches all hosts."""
    processes: list[Process] = field(default_factory=list)
    """Representative processes."""
    presumed: tuple[str, ...] = ()
    above: World | None = None
    """The world of the processes whose script starts these."""

    @property
    def followed(self) -> list[tuple[Process, ScriptRun]]:
        """The processes whose script was run on paper, each with what it does."""
        return [(process, process.run) for process in self.processes if process.run is not None]

    @property
    def finished(self) -> list[tuple[Process, ScriptRun]]:
        """Those of them whose script was not given up on the way."""
        return [(process, run) for process, run in self.followed if not run.truncated]

    @property
    def runs(self) -> list[ScriptRun]:
        return [run for _, run in self.followed]

    @property
    def first(self) -> Launch:
        return self.launches[0]

    @property
    def at(self) -> Span:
        return self.first.at

    @property
    def size(self) -> Value:
        """World size as the launcher is told."""
        return self.first.total

    @property
    def nodes(self) -> Value:
        return self.first.nodes

    @property
    def per_node(self) -> Value:
        return self.first.per_node

    @property
    def started_on(self) -> Value:
        """Hosts on which the launcher is really started; one launch for a launcher that spreads by itself."""
        above = [launch for launch in self.first.chain()[1:] if launch.spreads]
        if self.first.spreads:
            return self.first.nodes
        if above:
            return above[0].nodes
        return known(len({launch.host.index for launch in self.launches}))

    def pairs(self) -> list[tuple[Launch, Launch]]:
        """The first launch with each launch on another host."""
        return [(self.first, other) for other in self.launches[1:] if not other.host.is_(self.first.host)]

    @property
    def alike(self) -> Truth:
        """Every host that is looked at is given the same program with the same arguments."""
        return every(_same_program(mine, other) for mine, other in self.pairs())


def _same_program(mine: Launch, other: Launch) -> Truth:
    left, right = mine.options.rest, other.options.rest
    if len(left) != len(right):
        return FALSE
    return every(a.value == b.value for a, b in zip(left, right, strict=True))
