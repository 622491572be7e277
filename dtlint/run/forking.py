"""Processes that are forked from one in which CUDA is at work already, and cannot use it.

Sources: the note "Multiprocessing best practices" of PyTorch's documentation, section "CUDA in multiprocessing";
torch/cuda/__init__.py (`_lazy_init` raises "Cannot re-initialize CUDA in forked subprocess") and
torch/csrc/cuda/Module.cpp (`poison_fork` is called by `_cuda_init` and by the count of devices that `is_available`
asks for).  Until Python 3.14 `Process` forks on Linux
(docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods).
"""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.devices import asks_driver, uses
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

_FORKS_BY_DEFAULT: Final = ("multiprocessing.Process", "torch.multiprocessing.Process")
_TOLD: Final = "set_start_method"
_START_PROCESSES: Final = "torch.multiprocessing.start_processes"


@record(eq=False)
class Forked:
    """One process that is forked too late."""

    fork: Event
    begun: Event
    """CUDA is at work from here on, in the process that forks."""
    use: Event
    """The first use in the forked one, which raises."""


def forked(process: Process) -> Forked | None:
    """How the process came to be forked too late; None where it was not, or where that is not known."""
    parent = process.spawned_by
    if parent is None or parent.run is None or process.run is None:
        return None
    fork = next((child.event for child in parent.run.children if child.at == process.exec.at), None)
    use = _first(process.run)
    if fork is None or use is None or not fork.surely or not _forks(fork, parent.run):
        return None
    begun = {id(one.event) for one in uses(parent.run) if one.starts}
    early = (event for event in parent.run.events if event.index < fork.index and event.surely)
    first = next((event for event in early if id(event) in begun or asks_driver(event, parent)), None)
    return Forked(fork, first, use) if first is not None else None


def _first(run: ScriptRun) -> Event | None:
    return next((use.event for use in uses(run) if use.starts and use.event.surely and not use.event.caught), None)


def _forks(event: Event, run: ScriptRun) -> bool:
    """It surely forks, rather than start anew."""
    if event.name == _START_PROCESSES:
        return event.argument("start_method").string == "fork"
    if event.name not in _FORKS_BY_DEFAULT or run.unread:
        return False
    told = [one.given(0, "method") for one in run.events if one.method == _TOLD and one.index < event.index]
    return all(isinstance(method, Value) and method.string == "fork" for method in told)
