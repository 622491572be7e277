"""Which processes meet, and what their script does in each that is looked at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Final

from dtlint.job.launch import Launch, Rendezvous
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.spread import corners
from dtlint.job.world import World
from dtlint.run import submitit
from dtlint.run.copying import SEVERAL_GPUS, Copies, copies
from dtlint.run.effects.submitit import SUBMITS
from dtlint.run.files import Files
from dtlint.run.releases import least, release
from dtlint.run.script import ScriptContext, ScriptRun, run_script
from dtlint.run.script.context import Place
from dtlint.run.script.processes import RAY, SPARK, told_elsewhere
from dtlint.run.script.trace import Child
from dtlint.run.spawning import refusal
from dtlint.run.word import Word
from dtlint.tools.options import Options
from dtlint.value import absent, known, unknown

LOOKED_AT: Final = 4
"""Processes of one world whose script is run on paper: the first, the second on its host, the first of the second
host, and the last."""
MOST_SERVICES: Final = 8
"""Services of a compose file that are looked at: each is told something of its own, so that none stands for others."""
MOST_STEPS: Final = 250_000
"""Steps that the scripts of one run take together: four processes of large ones.  Worlds behind that are not followed:
a benchmark of forty launches, which differ in batch sizes, would take a minute."""


def form(run: Run, files: Files) -> None:
    """Fill `run.worlds`, and run the scripts of representative processes."""
    left = MOST_STEPS if run.followed else 0
    for world in _launched(run):
        run.worlds.append(world)
        follow, taken = left > 0, 0
        for process in chosen(world):
            process.run = script_run(process, files, follow)
            taken += process.run.steps if process.run is not None else 0
        left -= taken
    for process in list(run.processes):
        if process.world is None and process.run is None:
            process.run = script_run(process, files, left > 0)
            left -= process.run.steps if process.run is not None else 0
            if _one_for_each_gpu(process):
                counted = unknown("the GPUs of the host", key=("gpus", process.at), low=2, whole=True)
                process.exec = replace(process.exec, host=process.host.seeing(counted))
                process.presumed = (*process.presumed, SEVERAL_GPUS)
                process.run = script_run(process, files, left > 0)
                left -= process.run.steps if process.run is not None else 0
            wanted = copies(process)
            if wanted is not None:
                left -= _copied(run, process, wanted, files, left > 0)
        if process.run is not None:
            for child in process.run.children:
                if child.event.name in SUBMITS:
                    left -= _submitted(run, process, child, files, left > 0)
                else:
                    left -= _spawned(run, process, child, left > 0)


def _one_for_each_gpu(process: Process) -> bool:
    """It starts as many processes as its host has GPUs, and nobody says how many these are (presumption 1)."""
    gpus = process.visible_gpus
    if process.run is None or SEVERAL_GPUS in process.presumed or gpus.trail or not process.host.gpus.same(gpus):
        return False
    return gpus.is_unknown and any(child.event.surely and child.nprocs.same(gpus) for child in process.run.children)


def script_run(
    process: Process, files: Files, follow: bool = True, place: Place | None = None
) -> ScriptRun | None:
    """What the script of `process` does in it; None if it is not in the workspace."""
    if process.script is None:
        return None
    process.torch = release(files, "torch", process.script)
    process.flower = release(files, "flwr", process.script)
    process.deepspeed = release(files, "deepspeed", process.script)
    process.tensorflow = release(files, "tensorflow", process.script)
    process.transformers = release(files, "transformers", process.script)
    process.lightning = release(files, "lightning", process.script).or_default(
        release(files, "pytorch-lightning", process.script)
    )
    process.composer = release(files, "mosaicml", process.script)
    process.least_lightning = least(files, ("lightning", "pytorch-lightning"), process.script)
    if not follow:
        return ScriptRun.not_followed(process.script)
    context = ScriptContext(
        environment=process.environment,
        arguments=spelled_by_release(process),
        directory=process.exec.directory,
        host=process.host,
        files=files,
        scope=(process.exec.at, process.node, process.local),
        launched=process.at.path != process.script,
        place=place,
    )
    return run_script(process.script, context)


def spelled_by_release(process: Process) -> tuple[Word, ...]:
    """The arguments with the local rank as the launcher of the script's release passes it.

    `torch.distributed.launch` writes `--local-rank=N` since PyTorch 2.0 and `--local_rank=N` before
    (torch/distributed/run.py and launch.py); whose release is unknown may have an older one.
    """
    launch, torch = process.launch, process.torch
    if launch is None or "--local-rank" not in launch.passes or torch.is_absent:
        return process.arguments
    if torch.known and int(str(torch.constant).partition(".")[0]) >= 2:
        return process.arguments
    return tuple(
        [
            word.cut(len("--local-rank")).behind("--local_rank")
            if word.at == launch.at and (word.string or "").startswith("--local-rank=")
            else word
            for word in process.arguments
        ]
    )


def chosen(world: World) -> list[Process]:
    """At most `LOOKED_AT` processes that conditions on ranks can tell apart."""
    ordered = sorted(world.processes, key=lambda process: (process.node, process.local))
    if not ordered:
        return []
    if world.first.tool == "compose" and len(ordered) <= MOST_SERVICES:
        return ordered
    first = ordered[0]
    # Another launcher of the same host starts anew with local rank 0: its processes are no neighbours of these.
    near = (process for process in ordered if process.host.is_(first.host) and process.launch is first.launch)
    beside = next((process for process in near if process is not first), None)
    beyond = next((process for process in ordered if not process.host.is_(first.host)), None)
    wanted = [first, beside, beyond, ordered[-1]]
    return list({id(process): process for process in wanted if process is not None}.values())[:LOOKED_AT]


def _by_hand(run: Run) -> World | None:
    """The Python scripts that people start on one host each, with the number of the host."""
    started = [process for process in run.processes if process.launch is None] if run.together else []
    if not started:
        return None
    launch = Launch(
        tool="python",
        exec=started[0].exec,
        options=Options(),
        nodes=known(len(started)),
        per_node=known(1),
        total=known(len(started)),
        node_rank=absent(),
        rendezvous=Rendezvous("script", absent(), absent(), absent()),
        ranks=False,
    )
    world = World((launch,), started)
    for process in started:
        process.world = world
    return world


def _launched(run: Run) -> list[World]:
    """Worlds of launchers: the same command on different hosts is one, in a loop each round is one.

    Hand-started scripts that were put together have one world, whose launchers stand in different files.
    """
    rounds: dict[tuple[object, ...], int] = defaultdict(int)
    groups: dict[tuple[object, ...], list[Launch]] = {}
    members: dict[int, list[Process]] = defaultdict(list)
    for process in run.processes:
        if process.launch is not None:
            members[id(process.launch)].append(process)
    above = {id(launch.parent) for launch in run.launches}
    for launch in run.launches:
        # What only starts launchers has no processes of its own that could meet.
        if not members.get(id(launch)) and (launch.joins or not launch.ranks or id(launch) in above):
            continue
        command = "together" if run.together and launch.ranks else launch.at
        if launch.parent is not None and launch.parent.joins:
            command = launch.parent.at
        place = (command, launch.host.machine, launch.node, launch.local)
        groups.setdefault((command, rounds[place]), []).append(launch)
        rounds[place] += 1
    worlds = []
    for launches in groups.values():
        world = World(tuple(launches))
        for launch in launches:
            world.processes += members[id(launch)]
        world.presumed = world.processes[0].presumed if world.processes else ()
        for process in world.processes:
            process.world = world
        worlds.append(world)
    by_hand = _by_hand(run)
    return [*worlds, by_hand] if by_hand is not None else worlds


def _copied(run: Run, first: Process, wanted: Copies, files: Files, follow: bool) -> int:
    """The processes that Lightning makes of one that somebody started; the steps that they took."""
    launch = Launch(
        tool="lightning",
        exec=replace(first.exec, at=wanted.event.at),
        options=Options(),
        nodes=wanted.nodes,
        per_node=wanted.devices,
        total=wanted.nodes * wanted.devices,
        node_rank=absent(),
        rendezvous=Rendezvous("lightning", absent(), absent(), absent(), chosen=True),
        one_gpu_each=wanted.gpus,
    )
    world = World((launch,), presumed=(*first.presumed, *wanted.presumed))
    steps = 0
    for local in corners(wanted.devices, presumed=2):
        environment = wanted.environment(first.environment, local)
        place = wanted.place(local)
        process = first if local == 0 else Process(first.exec, first.script, first.module, first.arguments, None)
        process.exec = replace(first.exec, environment=environment)
        process.launch, process.world, process.presumed = launch, world, world.presumed
        process.local, process.rank = local, place.rank
        process.run = script_run(process, files, follow, place)
        steps += process.run.steps if process.run is not None else 0
        world.processes.append(process)
        if local:
            run.processes.append(process)
    run.launches.append(launch)
    run.worlds.append(world)
    return steps


def _submitted(run: Run, parent: Process, child: Child, files: Files, follow: bool) -> int:
    """The tasks of a job that a script submits; the steps that their functions took."""
    started = submitit.launch(parent.run, child, parent, files) if parent.run is not None else None
    if started is None:
        return 0
    world = World((started,), list(submitit.tasks(started, parent)), presumed=parent.presumed)
    run.launches.append(started)
    run.worlds.append(world)
    steps = 0
    for process in world.processes:
        process.world = world
        run.processes.append(process)
    for process in chosen(world) if follow else ():
        process.run = child.run(process.rank.integer or 0, submitit.context(process, files))
        steps += process.run.steps
    return steps


def _spawned(run: Run, parent: Process, child: Child, follow: bool) -> int:
    """Processes that a script starts itself, as `torch.multiprocessing.spawn` does; the steps that it took."""
    exec = replace(parent.exec, at=child.at)
    elsewhere = {RAY: "ray", SPARK: "spark"}.get(child.event.name)
    if elsewhere is not None:
        exec = replace(exec, environment=exec.environment.with_(told_elsewhere(child.event, child.nprocs)))
    launch = Launch(
        tool=elsewhere or "mp.spawn",
        exec=exec,
        options=Options(),
        nodes=known(1),
        per_node=child.nprocs,
        total=child.nprocs,
        node_rank=absent(),
        rendezvous=Rendezvous("script", absent(), absent(), absent()),
        ranks=False,
        parent=parent.launch,
        allocation=parent.launch.allocation if parent.launch else run.allocation,
    )
    world = World((launch,), presumed=parent.presumed, above=parent.world)
    steps = 0
    # On which hosts Ray and Spark put their processes is not known, so that none stands beside another.
    for local in (0,) if elsewhere is not None else corners(child.nprocs, presumed=2):
        # What cannot be called does nothing.
        goes_on = follow and refusal(child.event) is None
        followed = child.run(local) if goes_on else ScriptRun.not_followed(parent.script or parent.exec.at.path)
        # The parent is gone through once more to where it starts the child.
        steps += followed.steps + (parent.run.steps if parent.run is not None and follow else 0)
        process = Process(
            exec=exec,
            script=parent.script,
            module=parent.module,
            arguments=parent.arguments,
            launch=launch,
            node=parent.node,
            local=local,
            run=followed,
            world=world,
            presumed=parent.presumed,
            spawned_by=parent,
        )
        world.processes.append(process)
        run.processes.append(process)
    run.launches.append(launch)
    run.worlds.append(world)
    return steps
