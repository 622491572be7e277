"""Containers for rules: which processes and worlds are in one, and what they use of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.container import Container
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.world import World
from dtlint.run.devices import INITIALISER
from dtlint.run.effects import Effect
from dtlint.run.epochs import LOADER
from dtlint.run.script.trace import Event
from dtlint.value import Value

_ARGUMENTS: Final = "TrainingArguments"
_OTHERWISE: Final = ("backend", "ddp_backend", "cpu", "no_cuda", "use_cpu")
"""Arguments with which such a framework may do without."""
_ON_GPUS: Final = ("accelerate.", "deepspeed.", "transformers.")
"""Frameworks that take the GPUs that are there, and NCCL for them."""


def on_default_bridge(container: Container) -> bool:
    """It surely is in Docker's network `bridge`, in which no names are known, and which ends at its machine."""
    options, network = container.options, container.network
    if container.kind != "docker" or options is None or options.hidden:
        return False
    return network.is_absent or network.string in ("bridge", "default")


def processes(run: Run, container: Container) -> list[Process]:
    """Those of its processes that are looked at."""
    return [process for process in run.processes if process.host.container is container]


def worlds(run: Run, container: Container) -> Iterator[tuple[World, Process]]:
    """Worlds of which the container holds processes, each with one of these whose script was run."""
    for world in run.worlds:
        inside = [one for one in world.processes if one.host.container is container and one.run is not None]
        if inside:
            yield world, inside[0]


def addresses(run: Run, container: Container) -> list[Value]:
    """Where its processes are told to meet others, as far as that is known."""
    found = [container.variables[name] for name in ("MASTER_ADDR", "PET_MASTER_ADDR") if name in container.variables]
    found += [process.launch.rendezvous.address for process in processes(run, container) if process.launch is not None]
    return [address for address in found if address.string is not None]


def joins_by_nccl(process: Process) -> Event | None:
    """The call with which it surely joins a group of NCCL."""
    container = process.host.container
    for event in process.effects(Effect.INITIALISES):
        if not event.surely or event.open:
            continue
        if event.name == INITIALISER and (event.argument("backend") == "nccl").always:
            return event
        granted = container is not None and not container.gpus.is_absent
        usual = event.name.startswith(_ON_GPUS) or (event.name == INITIALISER and not event.positional)
        if granted and usual and all(event.given(None, name) is None for name in _OTHERWISE):
            return event
    return None


def loading_workers(process: Process) -> tuple[Event, Value] | None:
    """The loader that it surely makes with most workers, where it has any."""
    made = [event for event in process.events if event.surely]
    counted = [(event, event.argument("num_workers")) for event in made if event.name == LOADER]
    for event in made:
        workers = event.keywords.get("dataloader_num_workers")
        if event.name.endswith(_ARGUMENTS) and isinstance(workers, Value):
            counted.append((event, workers))
    working = [(event, workers) for event, workers in counted if (workers.integer or 0) > 0]
    return max(working, key=lambda pair: pair[1].integer or 0, default=None)
