"""All runs of a workspace: which files start something, and which are started by others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from dtlint.job.launch import Launch
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run import plans, worlds
from dtlint.run.estimators import may_submit
from dtlint.run.files import Files
from dtlint.run.link import Linker
from dtlint.run.programs import LAUNCHES_PROCESSES, is_program
from dtlint.run.recording import Recording
from dtlint.run.unlaunched import open_notebook, present
from dtlint.run.word import Exec
from dtlint.value import Value

STARTS: Final = re.compile(
    r"torchrun|torch\.distributed|deepspeed|accelerate|\bsrun\b|mpirun|mpiexec|horovodrun|\bpython|\bsbatch\b|\bssh\b"
    r"|llamafactory|\.py\b|\.sh\b|\.slurm\b|\.sbatch\b|NCCL_|CUDA_VISIBLE"
)
"""A shell script without any of these starts and sets nothing that matters here."""

DESCRIBES: Final = re.compile(
    r"^[\"']?(?:apiVersion|run|command|workerPoolSpecs|worker_pool_specs)[\"']?:", re.MULTILINE
)
"""A YAML file that may be a manifest."""

NODE_RANK: Final = re.compile(r"--?(node|machine)[-_]rank(=|$)")
"""An option of a script for the index of the host on which it is started."""

Progress = Callable[[str], None]


@dataclass(slots=True)
class Jobs:
    """Finds the runs of a workspace."""

    files: Files
    shells: Iterable[str]
    """Shell scripts of the workspace."""
    scripts: Iterable[str]
    """Python scripts that mention distributed training."""
    cluster: Cluster
    notebooks: Iterable[str] = ()
    manifests: Iterable[str] = ()
    """YAML files."""
    assumed: dict[str, Value] = field(default_factory=dict)
    progress: Progress | None = None
    _recording: Recording = field(init=False)

    def __post_init__(self) -> None:
        self._recording = Recording(self.files)

    def runs(self) -> list[Run]:
        """All runs, complete."""
        found = self.found()
        for run in found:
            self.complete(run)
        return found

    def found(self) -> list[Run]:
        """What starts something, as far as launchers tell; `complete` runs the scripts."""
        linker = Linker(self._recording, self.cluster, self.assumed)
        found: list[Run] = []
        for path in self.shells:
            source = self.files.source(path)
            if source is None or not STARTS.search(source.text):
                continue
            self._tell(path)
            found.append(self._linked(linker, path))
        for path in self.manifests:
            source = self.files.source(path)
            if source is not None and DESCRIBES.search(source.text):
                self._tell(path)
                found += self._run_of(linker.manifest_run, path)
        scripts, notebooks = tuple(self.scripts), tuple(self.notebooks)
        for path in (*scripts, *notebooks):
            source = self.files.source(path)
            if source is not None and may_submit(source.text):
                found += self._run_of(linker.submission_run, path)
        kept = [run for run in found if run.root not in linker.called]
        # A batch script that something submits is judged as submitted, not with its header alone.
        kept += [
            self._linked(linker, path, exec)
            for path, commands in tuple(linker.submitted.items())
            for exec in commands.values()
        ]
        kept = joined(kept, linker)
        concealed = _concealed(kept)
        unplaced = _unplaced(kept)
        for path in scripts:
            if path in linker.called or any(path.startswith(folder) for folder in concealed):
                continue
            if _may_be(path, unplaced):
                continue
            if is_program(path, self.files, scripts):
                kept.append(Run(path, unlaunched=True))
        for path in notebooks:
            source = self.files.source(path)
            if source is not None and LAUNCHES_PROCESSES.search(source.text):
                kept.append(Run(path, notebook=True))
        return kept

    def complete(self, run: Run) -> None:
        """Run the scripts of the processes that are looked at, and read their plans."""
        self._tell(run.root)
        with self._recording.into(run.files):
            if run.unlaunched:
                present(run, self._recording, self.cluster, self.assumed)
            if run.notebook:
                open_notebook(run, self._recording, self.cluster, self.assumed)
            worlds.form(run, self._recording)
            plans.fill(run, self._recording)

    def _linked(self, linker: Linker, path: str, exec: Exec | None = None) -> Run:
        noted: set[str] = set()
        with self._recording.into(noted):
            try:
                run = linker.shell_run(path, exec)
            except Exception as fault:
                run = Run(path, fault=f"{type(fault).__name__}: {fault}")
        run.files |= noted
        run.told = " ".join(word.written for word in exec.argv) if exec is not None else ""
        return run

    def _run_of(self, read: Callable[[str], Run], path: str) -> list[Run]:
        """The run of a manifest, or of a script that submits jobs; none where nothing in it starts anything."""
        noted: set[str] = set()
        with self._recording.into(noted):
            try:
                run = read(path)
            except Exception as fault:
                run = Run(path, fault=f"{type(fault).__name__}: {fault}")
        run.files |= noted
        return [run] if run.workloads or run.launches or run.fault else []

    def _tell(self, path: str) -> None:
        if self.progress is not None:
            self.progress(path)


def _unplaced(runs: Iterable[Run]) -> frozenset[tuple[str, str]]:
    """Names of scripts that commands start from a folder that is not known, with the folder of the command's file."""
    return frozenset(
        (posixpath.basename(word.string), posixpath.dirname(word.at.path))
        for run in runs
        for process in run.processes
        if process.script is None
        for word in process.exec.argv[:4]
        if word.string is not None and word.string.endswith(".py")
    )


def _may_be(path: str, unplaced: Iterable[tuple[str, str]]) -> bool:
    """One of these commands may mean the script at `path`: its file stands above it or below."""
    name, folder = posixpath.basename(path), f"{posixpath.dirname(path)}/".removeprefix("/")
    return any(
        name == wanted and (f"{beside}/".startswith(folder) or folder.startswith(f"{beside}/".removeprefix("/")))
        for wanted, beside in unplaced
    )


def _concealed(runs: Iterable[Run]) -> tuple[str, ...]:
    """Folders in which scripts may be started by commands whose program is not known."""
    folders: set[str] = set()
    for run in runs:
        for process in run.processes:
            if process.script is None and process.hidden:
                folder = posixpath.dirname(process.exec.at.path)
                above = posixpath.dirname(folder)
                folders |= {folder + "/" if folder else "", above + "/" if above else ""}
    return tuple(sorted(folders))


def joined(runs: list[Run], linker: Linker) -> list[Run]:
    """Runs with the hand-started launch scripts of one world put together, one host each.

    Two scripts of one folder are one world if they name the same address and port and start the same program with the
    same arguments, or if they start one Python script with arguments that differ in an option for the node rank alone.
    """
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        key = _meeting(run)
        if key is not None:
            groups.setdefault(key, []).append(run)
    for group in groups.values():
        if len(group) < 2 or len({_arguments(run) for run in group}) < len(group):
            continue
        together = Run(group[0].root, together=True)
        for index, run in enumerate(group):
            linker.on_host(together, run.root, index)
            runs.remove(run)
        runs.append(together)
    return runs


def _meeting(run: Run) -> tuple[object, ...] | None:
    """What must agree for two scripts to be one world; None for a run that is not one host's part of a world."""
    launches: list[Launch] = [launch for launch in run.launches if launch.ranks]
    if not launches:
        return _numbered(run)
    if run.allocation is not None or not all(launch.per_host_copies for launch in launches):
        return None
    first = launches[0]
    if any(launch.at != first.at for launch in launches):
        return None
    address, port = first.rendezvous.address.string, first.rendezvous.port.integer
    program = tuple(word.string for word in first.options.rest)
    if address is None or port is None or None in program or not program:
        return None
    if first.nodes.integer is None:
        return None
    return (posixpath.dirname(run.root), first.tool, address, port, first.nodes.integer, program)


def _numbered(run: Run) -> tuple[object, ...] | None:
    """The same for a script that starts one Python script by itself, with the number of its node."""
    if run.allocation is not None or run.launches or len(run.processes) != 1:
        return None
    words = [word.string or "" for word in run.processes[0].arguments]
    numbered = [place for place, word in enumerate(words) if NODE_RANK.match(word)]
    if run.processes[0].script is None or len(numbered) != 1 or "" in words:
        return None
    place = numbered[0]
    rest = (*words[:place], *words[place + (1 if "=" in words[place] else 2) :])
    return (posixpath.dirname(run.root), run.processes[0].script, rest)


def _arguments(run: Run) -> object:
    """What tells apart scripts that start a Python script with the number of their node."""
    return run.root if run.launches else tuple(word.string for word in run.processes[0].arguments)
