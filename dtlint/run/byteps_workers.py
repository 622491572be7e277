"""Machines that BytePS counts as its workers, by the number that each is given.

The rank of a process is its local rank plus `DMLC_WORKER_ID` times the processes of a machine
(`BytePSCommSocket::init` of byteps/common/communicator.cc).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.word import Exec
from dtlint.value import Value

_LAUNCHER: Final = "bpslaunch"
_MEETING: Final = ("DMLC_PS_ROOT_URI", "DMLC_PS_ROOT_PORT", "DMLC_NUM_WORKER")


@record(eq=False)
class Worker:
    """The processes of one machine."""

    exec: Exec

    @property
    def label(self) -> str:
        """As a message names the machine."""
        return self.exec.host.name.string or f"node {self.exec.host.index}"

    def variable(self, name: str) -> Value:
        return self.exec.environment.get(name)

    @property
    def number(self) -> Value:
        return self.variable("DMLC_WORKER_ID").as_int()

    @property
    def count(self) -> Value:
        """How many machines there are to be."""
        return self.variable("DMLC_NUM_WORKER").as_int()


def namesakes(run: Run) -> Iterator[tuple[Worker, Worker]]:
    """Pairs of machines of one job that have the same number."""
    found = [Worker(exec) for exec in run.commands if exec.argv and exec.argv[0].string == _LAUNCHER]
    found = [one for one in found if one.variable("DMLC_ROLE").string == "worker" and one.number.integer is not None]
    for mine, theirs in itertools.combinations(found, 2):
        apart = not mine.exec.host.is_(theirs.exec.host) and not mine.exec.excludes(theirs.exec)
        alike = all(mine.variable(name).same(theirs.variable(name)) for name in _MEETING)
        if apart and alike and mine.number.integer == theirs.number.integer:
            yield mine, theirs
