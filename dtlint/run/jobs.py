"""All runs of a workspace: which files start something, and which are started by others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Final

from dtlint.job.launch import Launch
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.record import record
from dtlint.run import plans, worlds
from dtlint.run.documentation import Documentation, readers_release
from dtlint.run.estimators import may_submit
from dtlint.run.files import Files
from dtlint.run.link import MOST_CALLERS, Linker
from dtlint.run.programs import LAUNCHES_PROCESSES, is_program
from dtlint.run.recording import Question, Recording
from dtlint.run.starters import may_start
from dtlint.run.unlaunched import open_notebook, present
from dtlint.run.word import Exec
from dtlint.value import Value

STARTS: Final = re.compile(
    r"torchrun|torch\.distributed|deepspeed|accelerate|\bsrun\b|mpirun|mpiexec|horovodrun|\bpython|\bsbatch\b|\bssh\b"
    r"|llamafactory|\baxolotl\b|\bvllm\b|\btorchx\b|\btune[ \t]+run\b|\bray[ \t]+(?:start|job)\b|\bdocker\b"
    r"|\bpodman\b|\bnerdctl\b|\bmake\b"
    r"|\.py\b|\.sh\b|\.slurm\b|\.sbatch\b|NCCL_|CUDA_VISIBLE"
)
"""A shell script without any of these starts and sets nothing that matters here."""

DESCRIBES: Final = tuple(
    tuple(re.compile(rf"^[\"']?(?:{key})[\"']?:", re.MULTILINE) for key in keys)
    for keys in (
        ("apiVersion", "kind"), ("services",), (r"\$schema", "command"), ("run", "resources"),
        ("image", "command", "compute"), ("workerPoolSpecs|worker_pool_specs",), ("deploy_map",),
        ("entrypoint", "searcher"), ("entrypoint", "resources"),
    )
)  # fmt: skip
"""A YAML file with all keys of one of these may be a manifest; others are not even read."""

DEPLOYS: Final = re.compile(r"^[ \t{]*\"deploy_map\"[ \t]*:", re.MULTILINE)
"""The same of a JSON file."""

CONFIGURES: Final = tuple(
    re.compile(rf"^{key}", re.MULTILINE)
    for key in (r"compute_environment:[ \t]*[\"']?LOCAL_MACHINE", "distributed_type:", "num_processes:")
)
"""A YAML file with all of these is a configuration for `accelerate launch`."""

SETTINGS: Final = (
    re.compile(r"(?:^|[/_.-])(?:ds|deepspeed|zero[0-3]?|z[0-3]|stage[0-3])(?:[_.-]|config)", re.IGNORECASE),
    re.compile(r"template|[/_.-]tests?[/_.-]", re.IGNORECASE),
)
"""Paths of JSON files that may be configurations for DeepSpeed, and those of files that somebody fills in or breaks."""
SETS_DEEPSPEED: Final = re.compile(r"\"(?:zero_optimization|train_micro_batch_size_per_gpu)\"[ \t]*:")

NODE_RANK: Final = re.compile(r"(--?(node|machine)[-_]rank|--?nr)(=|$)")
"""An option of a script for the index of the host on which it is started."""

Progress = Callable[[str], None]


@record(eq=False)
class Linked:
    """What one shell script or manifest starts, or what all documents tell their readers to start, and what that stands
    on."""

    runs: tuple[Run, ...]
    linker: Linker
    """Knows what the script calls and submits."""
    files: frozenset[str]
    asked: dict[Question, object]
    unsure: tuple[str, ...] = ()
    """Roots of the runs that may launch a script with a configuration of accelerate whose name is not known; told
    when they are found, since those of documents are emptied when they were judged."""

    @property
    def run(self) -> Run:
        return self.runs[0]


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
    makefiles: Iterable[str] = ()
    configurations: Iterable[str] = ()
    """JSON files."""
    documents: Iterable[str] = ()
    """Markdown and reStructuredText, whose readers type commands."""
    assumed: dict[str, Value] = field(default_factory=dict)
    progress: Progress | None = None
    inherited: Mapping[str, Value] | None = None
    """All variables that shell scripts find when somebody starts them here and now; None where nobody knows them."""
    links: dict[tuple[object, ...], Linked] = field(default_factory=dict)
    """What is known of shell scripts, by script and command; whoever hands it on takes out what no longer holds."""
    noted: set[str] = field(default_factory=set)
    """Files that were asked for to find the runs."""
    asked: dict[Question, object] = field(default_factory=dict)
    """What was asked about which files there are to find them."""
    _used: set[tuple[object, ...]] = field(default_factory=set)
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
        with self._recording.into(self.noted, self.asked):
            found = self._found()
        self.links = {key: link for key, link in self.links.items() if key in self._used}
        return found

    def _found(self) -> list[Run]:
        shells: list[Linked] = []
        for path in self.shells:
            source = self._recording.source(path)
            if source is None or not STARTS.search(source.text):
                continue
            self._tell(path)
            shells.append(self._linked((path,), path, partial(Linker.shell_run, path=path)))
        for path in self.makefiles:
            shells += self._made(path)
        configurations: list[str] = []
        for path in self.manifests:
            source = self._recording.source(path)
            if source is not None and all(key.search(source.text) for key in CONFIGURES):
                configurations.append(path)
            if source is not None and _describes(source.text):
                self._tell(path)
                link = self._linked(("manifest", path), path, partial(Linker.manifest_run, path=path))
                # None where no document in it starts anything.
                if link.run.workloads or link.run.fault:
                    shells.append(link)
        scripts, notebooks = tuple(self.scripts), tuple(self.notebooks)
        for path in (*scripts, *notebooks):
            source = self._recording.source(path)
            if source is not None and may_submit(source.text):
                link = self._linked(("submission", path), path, partial(Linker.submission_run, path=path))
                if link.run.launches or link.run.fault:
                    shells.append(link)
            elif source is not None and path.endswith(".py") and may_start(source.text):
                link = self._linked(("starter", path), path, partial(Linker.starter_run, path=path))
                if link.run.launches or link.run.fault or any(one.module for one in link.run.processes):
                    shells.append(link)
        told = self._documented(scripts)
        called = {path for link in shells for path in link.linker.called}
        links = [link for link in shells if link.run.root not in called and link.run.root not in told.linker.submitted]
        # A batch script that something submits is judged as submitted, not with its header alone.
        links += self._submitted(shells, told)
        links += self._submitted_texts(shells)
        called |= {path for link in links for path in link.linker.called}
        kept = joined([link.run for link in links], self._together)
        starting = [link for link in self.links.values() if any(run in kept for run in link.runs)]
        called |= {path for link in starting for path in link.linker.called}
        # What a command names is judged with that command, whose options may say something else.
        read = frozenset(told.files).union(*(link.files for link in shells))
        unsure = [root for link in (*shells, told) for root in link.unsure]
        configured = self._configured(
            path for path in configurations if path not in read and not any(_one_project(path, root) for root in unsure)
        )
        concealed = _concealed(kept)
        unplaced = _unplaced(kept)
        for path in scripts:
            if path in called or any(path.startswith(folder) for folder in concealed):
                continue
            if _may_be(path, unplaced):
                continue
            if is_program(path, self._recording, scripts):
                kept.append(Run(path, unlaunched=True))
        for path in notebooks:
            source = self._recording.source(path)
            if source is not None and LAUNCHES_PROCESSES.search(source.text):
                kept.append(Run(path, notebook=True))
        for path in self.configurations:
            source = self._recording.source(path) if _may_be_settings(path) else None
            if source is None or not SETS_DEEPSPEED.search(source.text):
                continue
            document = self._recording.document(path)
            # DeepSpeed takes comments and further commas, others do not: who reads it is not known.
            if document is not None and not document.problems:
                kept.append(Run(path, configures=True))
        return [*kept, *configured, *told.runs]

    def _made(self, path: str) -> Iterator[Linked]:
        """The runs of those targets of a makefile that start something."""
        source = self._recording.source(path)
        makefile = self._recording.makefile(path) if source is not None and STARTS.search(source.text) else None
        if makefile is None:
            return
        self._tell(path)
        for target in makefile.targets:
            link = self._linked((path, "make", target), path, partial(Linker.made_run, path=path, target=target))
            run = link.run
            if run.launches or run.fault or link.linker.submitted or any(one.script for one in run.processes):
                yield link

    def _configured(self, paths: Iterable[str]) -> list[Run]:
        """Runs of configurations for accelerate's launcher that no command which was read names."""
        found: list[Run] = []
        for path in paths:
            self._tell(path)
            link = self._linked(("configuration", path), path, partial(Linker.configuration_run, path=path))
            if link.run.launches or link.run.fault:
                found.append(link.run)
        return found

    def complete(self, run: Run) -> None:
        """Run the scripts of the processes that are looked at, and read their plans."""
        self._tell(run.root)
        # It is filled here and emptied when it was judged: whoever wants it once more has it made again.  What
        # documents tell stays, since only who wants such a run itself looks into it.
        run.spent = True
        self.links = {key: link for key, link in self.links.items() if run.documented or run not in link.runs}
        with self.recording(run):
            if run.unlaunched:
                present(run, self._recording, self.cluster, self.assumed)
            if run.notebook:
                open_notebook(run, self._recording, self.cluster, self.assumed)
            if run.configures:
                plans.read(run, self._recording)
            worlds.form(run, self._recording)
            if run.documented:
                readers_release(run, self._recording)
            plans.fill(run, self._recording)

    @contextmanager
    def recording(self, run: Run) -> Iterator[None]:
        """Note what is asked of the workspace as asked for `run`."""
        with self._recording.into(run.files, run.asked):
            yield

    @property
    def recorded(self) -> Files:
        """The workspace's files, which notes what is asked for."""
        return self._recording

    def _documented(self, scripts: tuple[str, ...]) -> Linked:
        """What documents tell their readers to start, and who was told of it.

        A script that a document starts may be started in other ways too, so the runs that it has without the document
        stay.
        """
        documents = tuple(self.documents)
        key = ("documents", documents, scripts)
        known = self.links.get(key)
        if known is None:
            linker = Linker(self._recording, self.cluster, self.assumed)
            documentation = Documentation(self._recording, linker, frozenset(scripts))
            found: list[Run] = []
            files: set[str] = set()
            asked: dict[Question, object] = {}
            for path in documents:
                source = self._recording.source(path)
                if source is None:
                    continue
                files.add(path)
                self._tell(path)
                commands = documentation.commands(source)
                # What is read on the way to a command is counted as read for all that follow it: they find the folder
                # and the variables that it left.
                way: set[str] = set()
                asked_on_the_way: dict[Question, object] = {}
                while True:
                    with self._recording.into(way, asked_on_the_way):
                        follow = next(commands, None)
                    noted, questions = set(way), dict(asked_on_the_way)
                    with self._recording.into(noted, questions):
                        run = None if follow is None else follow()
                    files |= noted
                    asked |= questions
                    if follow is None:
                        break
                    if run is not None:
                        run.files |= noted
                        run.asked |= questions
                        found.append(run)
            known = self.links[key] = Linked(tuple(found), linker, frozenset(files), asked, _unsure(found))
        self.noted |= known.files
        self.asked |= known.asked
        self._used.add(key)
        return known

    def _submitted(self, shells: Iterable[Linked], told: Linked) -> list[Linked]:
        """Batch scripts as the commands submit them that other scripts and documents hold."""
        commands: dict[str, dict[tuple[object, ...], tuple[Exec, Linked]]] = {}
        for link in shells:
            for path, by_words in link.linker.submitted.items():
                known = commands.setdefault(path, {})
                for words, exec in by_words.items():
                    if len(known) < MOST_CALLERS:
                        known.setdefault(words, (exec, link))
        for path, by_words in told.linker.submitted.items():
            commands.setdefault(path, {}).update({words: (exec, told) for words, exec in by_words.items()})
        found: list[Linked] = []
        for path, known in commands.items():
            for exec, link in known.values():
                command = " ".join(word.string or word.written for word in exec.argv)
                key = (path, exec.at, command)
                linked = self._linked(key, path, partial(Linker.shell_run, path=path, submitted=exec), link)
                linked.run.told = " ".join(word.written for word in exec.argv)
                linked.run.identity = f"{exec.at.path}:{exec.at.start}: {command}"
                found.append(linked)
        return found

    def _submitted_texts(self, shells: Iterable[Linked]) -> list[Linked]:
        """Batch scripts that stand in the commands which submit them: a here-document, or the text of `--wrap`."""
        found: list[Linked] = []
        for link in shells:
            path = link.run.root
            for key, (exec, text) in link.linker.texts.items():
                start = partial(Linker.text_run, path=path, submitted=exec, text=text)
                linked = self._linked((path, "text", *key), path, start, link)
                linked.run.told = " ".join(word.written for word in exec.argv)
                linked.run.identity = f"{exec.at.path}:{exec.at.start}: {key[2]}"
                headed = linked.run.allocation is not None and linked.run.allocation.header is not None
                if headed or linked.run.launches or linked.run.fault or any(one.script for one in linked.run.processes):
                    found.append(linked)
        return found

    def _together(self, roots: tuple[str, ...]) -> Run:
        """One run of scripts that are started by hand on a host each."""

        def start(linker: Linker) -> Run:
            run = Run(roots[0], together=True, identity=" ".join(roots))
            for index, root in enumerate(roots):
                linker.on_host(run, root, index)
            return run

        return self._linked(("together", *roots), roots[0], start).run

    def _linked(
        self, key: tuple[object, ...], root: str, start: Callable[[Linker], Run], by: Linked | None = None
    ) -> Linked:
        """What `start` gives, now or when it was asked last; `by` is the script that holds the command."""
        known = self.links.get(key)
        if known is None:
            noted: set[str] = set() if by is None else set(by.files)
            asked: dict[Question, object] = {} if by is None else dict(by.asked)
            linker = Linker(self._recording, self.cluster, self.assumed, inherited=self.inherited)
            with self._recording.into(noted, asked):
                try:
                    run = start(linker)
                except Exception as fault:
                    run = Run(root, fault=f"{type(fault).__name__}: {fault}")
            run.files |= noted
            run.asked |= asked
            known = self.links[key] = Linked((run,), linker, frozenset(run.files), asked, _unsure((run,)))
        self.noted |= known.files
        self.asked |= known.asked
        self._used.add(key)
        return known

    def _tell(self, path: str) -> None:
        if self.progress is not None:
            self.progress(path)


def _may_be_settings(path: str) -> bool:
    meant, others = SETTINGS
    return meant.search(path) is not None and others.search(path) is None


def _describes(text: str) -> bool:
    return DEPLOYS.search(text) is not None or any(all(key.search(text) for key in keys) for keys in DESCRIBES)


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


def _unsure(runs: Iterable[Run]) -> tuple[str, ...]:
    return tuple(run.root for run in runs if _may_configure(run))


def _may_configure(run: Run) -> bool:
    """It may launch a script with a configuration of accelerate whose name is not known."""
    if not run.complete or any(launch.tool == "accelerate" and launch.config.is_unknown for launch in run.launches):
        return True
    # What stands in place of the program, of its first argument or of Python's module may be anything.
    return any(word.string is None for command in run.commands for word in command.argv[:3])


def _one_project(left: str, right: str) -> bool:
    """Both lie in one folder of the workspace, or one of them stands directly in the workspace."""
    tops = {path.partition("/")[0] for path in (left, right) if "/" in path}
    return not ("/" in left and "/" in right and len(tops) > 1)


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


def joined(runs: list[Run], together: Callable[[tuple[str, ...]], Run]) -> list[Run]:
    """Runs with the hand-started launch scripts of one world put together, one host each.

    Two scripts of one folder are one world if they start the same program with the same arguments, and either name the
    same port, and the same address or another node rank each; or have the node ranks of exactly one world; or if they
    start one Python script with arguments that differ in an option for the node rank alone.
    """
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        key = _meeting(run)
        if key is not None:
            groups.setdefault(key, []).append(run)
    for group in chain.from_iterable(map(_at_one_place, groups.values())):
        if len(group) < 2 or len({_arguments(run) for run in group}) < len(group):
            continue
        for run in group:
            runs.remove(run)
        runs.append(together(tuple(run.root for run in group)))
    return runs


def _at_one_place(group: list[Run]) -> list[list[Run]]:
    """The runs that meet at one address; all of them where each is written for a node of its own, since the first node
    may call itself otherwise than the others call it."""
    nodes = {run.launches[0].written_rank if run.launches else None for run in group}
    by_port: dict[object, list[Run]] = {}
    for run in group:
        by_port.setdefault(run.launches[0].rendezvous.port.integer if run.launches else None, []).append(run)
    if None not in nodes and len(nodes) == len(group):
        # With several ports among them, one each is one world of which a port is wrong.
        whole = group[0].launches[0].nodes.integer == len(group)
        return [group] if whole or len(by_port) == 1 else list(by_port.values())
    return [part for runs in by_port.values() for part in _by_address(runs)]


def _by_address(group: list[Run]) -> list[list[Run]]:
    nodes = {run.launches[0].written_rank if run.launches else None for run in group}
    if None not in nodes and len(nodes) == len(group):
        return [group]
    by_place: dict[object, list[Run]] = {}
    for run in group:
        if run.launches:
            meeting, words = run.launches[0].rendezvous, run.launches[0].options.rest
            if meeting.address.string is None or any(word.string is None for word in words):
                continue
            by_place.setdefault(meeting.address.string, []).append(run)
        else:
            by_place.setdefault("", []).append(run)
    return list(by_place.values())


def _meeting(run: Run) -> tuple[object, ...] | None:
    """What must agree for two scripts to be one world; None for a run that is not one host's part of a world."""
    launches: list[Launch] = [launch for launch in run.launches if launch.ranks]
    if run.target:
        return None
    if not launches:
        return _numbered(run)
    if run.allocation is not None or not all(launch.per_host_copies for launch in launches):
        return None
    first = launches[0]
    if any(launch.at != first.at for launch in launches):
        return None
    port, nodes = first.rendezvous.port.integer, first.nodes.integer
    program = tuple(word.string for word in first.options.rest)
    if port is None or nodes is None or not program or program[0] is None:
        return None
    return (posixpath.dirname(run.root), first.tool, nodes, program)


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
