"""Commands that documentation tells its readers to type: each is an occasion of its own, and a run.

A document is no script.  What stands in one block below each other are steps, or choices, or what is typed on two
machines; what is left out is left to the reader.  So nothing is concluded from what stands beside a command, but for
the variables that its block sets and the folder that it changes to.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Final

from dtlint.job.run import Run
from dtlint.read.commands import Passage, passages
from dtlint.run.files import Files
from dtlint.run.filled_in import filled_in
from dtlint.run.link import Linker, started_per_host
from dtlint.run.programs import LAUNCHES_PROCESSES, makes_itself
from dtlint.run.releases import old_by_documents
from dtlint.run.word import Exec, Piece, Word
from dtlint.source import Source, Span
from dtlint.value import unknown

LAUNCHERS: Final = re.compile(
    r"torchrun|distributed\.launch|distributed\.run\b|deepspeed|accelerate|\bsrun\b|mpirun|mpiexec|horovodrun|\bsbatch\b"
    r"|llamafactory|\baxolotl train\b|\bcomposer\b|colossalai|\btune run\b"
)
MENTIONS: Final = re.compile(LAUNCHERS.pattern + r"|\bpython[\d.]* \S|\b(?:ba)?sh \S+\.sh")
"""A document without any of these starts nothing that matters here."""

MOST_OF_A_SCRIPT: Final = 2
"""Occasions in which one script is run on paper: documents of model zoos have hundreds that differ in one path."""

_FILES: Final = re.compile(r"(?<![\w./{}$~-])(?:\./)?((?:[\w.-]+/)*[\w-][\w.-]*\.(?:py|sh|bash|slurm|sbatch))\b")
_MODULES: Final = re.compile(r"\bpython[\d.]*[ \t]+-m[ \t]+([\w.]+)")
_CONFIGURES: Final = re.compile(r"--?(?:\w+[-_])*(?:config|cfg)(?:[-_]\w+)*")
_CONFIGURATION: Final = re.compile(r"(?:[\w-][\w.-]*/)+[\w.-]+\.(?:ya?ml|json|toml|py)")
_CHANGES: Final = re.compile(r"^[ \t]*(?:cd|pushd)[ \t]+([^\s;&|]+)", re.MULTILINE)


@dataclass(slots=True)
class Documentation:
    """Finds the runs that documents describe, in their order."""

    files: Files
    linker: Linker
    """What it notes as called is called by readers, and may be started in other ways too."""
    scripts: Collection[str]
    """Python scripts that mention distributed training; others are of no interest."""
    _seen: set[tuple[object, ...]] = field(default_factory=set)
    _counts: Counter[str] = field(default_factory=Counter)
    _names: set[str] | None = None

    def commands(self, source: Source) -> Iterator[Callable[[], Run | None]]:
        """The commands of one document; to call one follows it, and gives its run if it starts a training process."""
        if not MENTIONS.search(source.text):
            return
        folders: list[str] = []
        for passage in passages(source):
            if not self._interesting(passage.text):
                continue
            folder = self._folder(passage.text, source.path, folders)
            if folder is None:
                continue
            typed = self.linker.typed(_word(passage), source.path, folder, 0)
            if typed is None:
                continue
            execs, left = typed
            for place, exec in enumerate(execs):
                meant = [*filled_in(exec, self.files, self.linker.cluster, self.linker.assumed)]
                for one in meant or [exec]:
                    yield partial(self._run, passage, place, one, folder)
            if left is not None and self.files.is_directory(left):
                folders.append(_clean(left))

    def _run(self, passage: Passage, place: int, exec: Exec, folder: str) -> Run | None:
        path = passage.at.path
        words = tuple(word.written for word in exec.argv)
        directory = exec.directory.string
        if directory is None or not (directory in ("", ".") or self.files.is_directory(directory)):
            return None  # another repository, or a place of the reader's own
        if (words, directory) in self._seen or _plain_script(exec) or self._for_another(exec, directory):
            return None
        run = Run(path, documented=True, told=f"{exec.at.start} {' '.join(words)}")
        run.files.add(path)
        self.linker.follow(run, exec, 0)
        if not any(process.launch is not None or self._makes_a_job(process.script) for process in run.processes):
            return None
        self._seen.add((words, directory))
        script = next((process.script for process in run.processes if process.script is not None), "")
        self._counts[script] += 1
        run.followed = self._counts[script] <= MOST_OF_A_SCRIPT
        if any(started_per_host(launch) for launch in run.launches):
            run.clear()
            for index in (0, 1):
                typed = self.linker.typed(_word(passage), path, folder, index)
                if typed is not None and place < len(typed[0]):
                    self.linker.follow(run, typed[0][place], index, by_hand=True)
        return run

    def _interesting(self, text: str) -> bool:
        """A launcher is named, or a script that may make a job."""
        if LAUNCHERS.search(text):
            return True
        if self._names is None:
            self._names = {posixpath.basename(path) for path in self.scripts}
        modules = [module.rpartition(".")[2] + ".py" for module in _MODULES.findall(text)]
        return any(
            not name.endswith(".py") or posixpath.basename(name) in self._names
            for name in (*_FILES.findall(text), *modules)
        )

    def _for_another(self, exec: Exec, directory: str) -> bool:
        """It is for another repository that it is compared with: it names a configuration that is not among those which
        stand in its folder here."""
        for name, given in pairwise([word.string or "" for word in exec.argv]):
            path = _clean(posixpath.join(directory, given))
            named = _CONFIGURES.fullmatch(name) and _CONFIGURATION.fullmatch(given)
            if named and self.files.is_directory(posixpath.dirname(path)) and not self.files.exists(path):
                return True
        return False

    def _makes_a_job(self, script: str | None) -> bool:
        """The script makes a process group, or starts processes, by itself."""
        if script not in self.scripts or script is None:
            return False
        source = self.files.source(script)
        return source is not None and (makes_itself(source) or LAUNCHES_PROCESSES.search(source.text) is not None)

    def _folder(self, text: str, path: str, before: list[str]) -> str | None:
        """The folder in which a reader stands who types this: that of the document, the workspace's, or where an
        earlier block went.  None where two of them have what is named."""
        beside = posixpath.dirname(path)
        candidates = list(dict.fromkeys((beside, "", *reversed(before))))
        change = _CHANGES.search(text)
        names = _FILES.findall(text)
        if change is not None and (not names or change.start() < text.find(names[0])):
            target = change.group(1).strip("'\"")
            having = [f for f in candidates if self.files.is_directory(_clean(posixpath.join(f, target)))]
            return having[0] if having else beside
        having = [f for f in candidates if any(self._has(f, name) for name in names)]
        if not having:
            return beside
        return None if len(having) > 1 and having[1] in before and having[1] not in (beside, "") else having[0]

    def _has(self, folder: str, name: str) -> bool:
        path = _clean(posixpath.join(folder, name))
        return self.files.exists(path) and not self.files.is_directory(path)


def _plain_script(exec: Exec) -> bool:
    """`bash run.sh` with nothing behind it: the script has a run of its own, which says as much."""
    words = [word.string or "" for word in exec.argv]
    if words[0] in ("bash", "sh"):
        words = words[1:]
    return len(words) == 1 and words[0].endswith((".sh", ".bash"))


def readers_release(run: Run, files: Files) -> None:
    """Take the release of PyTorch for unknown where no file pins it, but the document, or one beside it or on top,
    names a release before 2.0: its readers may well have that one."""
    release = old_by_documents(files, (posixpath.dirname(run.root), ""))
    for process in run.processes:
        process.torch = release if process.torch.is_absent else process.torch


def _clean(path: str) -> str:
    """Without dots; the workspace root is empty."""
    cleaned = posixpath.normpath(path)
    return "" if cleaned == "." else cleaned


def _word(passage: Passage) -> Word:
    """The text of a passage as a word that a shell is given, with what the reader fills in unknown."""
    pieces: list[Piece] = []
    for part in passage.parts():
        if part.text is None:
            value = unknown("what the reader fills in", key=("filled in", part.at))
            pieces.append(Piece(value, part.at))
        else:
            pieces.append(Piece(part.text, part.at, part.exact))
    return Word(tuple(pieces), Span(passage.at.path, passage.at.start, passage.at.end), "")
