"""Images of containers: what they run and find, as the Dockerfile in the workspace says.

How ENTRYPOINT, CMD and the words of `docker run` come together, and which instruction resets which:
https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact .  That these images of
Docker Hub have no ENTRYPOINT, or one that runs what it is given, their Dockerfiles say.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import field
from typing import Final

from dtlint.facts.dockerfile import Instruction, Stage
from dtlint.facts.document import Leaf
from dtlint.record import record
from dtlint.run.files import Files
from dtlint.run.word import Piece, Word, plain
from dtlint.source import Span
from dtlint.value import How, Step, Value, absent, known, unknown

_RUNS_WHAT_IT_IS_GIVEN: Final = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?:python|ubuntu|debian|pytorch/pytorch|tensorflow/tensorflow|nvidia/cuda"
    r"|rocm/pytorch|rocm/tensorflow|horovod/horovod|continuumio/(?:miniconda3|anaconda3)|mambaorg/micromamba"
    r"|huggingface/transformers[\w-]*|nvcr\.io/nvidia/(?:pytorch|tensorflow|cuda|nemo|jax))(?:[:@].*)?"
)


@record
class Image:
    entrypoint: tuple[Word, ...] | None = None
    """What runs before all; None where the Dockerfile names nothing."""
    command: tuple[Word, ...] | None = None
    directory: Value = field(default_factory=absent)
    variables: tuple[tuple[str, Value], ...] = ()
    closed: bool = False
    """Nothing that was not read stands in front of a command: the ENTRYPOINT is known, or hands it on."""
    copied: tuple[tuple[str, str], ...] = ()
    """Folders in the image with the folders of the workspace that were copied there."""
    path: str | None = None

    def argv(self, words: tuple[Word, ...], entrypoint: tuple[Word, ...] | None = None) -> tuple[Word, ...]:
        """What a container runs that is given `words`, and perhaps another entrypoint; nothing where that is not
        known.  Behind an ENTRYPOINT in shell form they become the positional parameters of its shell."""
        if entrypoint is not None:
            return (*entrypoint, *words)
        return (*(self.entrypoint or ()), *(words or self.command or ()))


def pulled(reference: Value) -> Image:
    """An image that the workspace does not build."""
    name = reference.string
    return Image(closed=name is not None and _RUNS_WHAT_IT_IS_GIVEN.fullmatch(name) is not None)


def built(path: str, context: str, files: Files, target: str | None = None) -> Image | None:
    """The image of a Dockerfile, built from the folder `context` of the workspace."""
    dockerfile = files.dockerfile(path)
    if dockerfile is None or not dockerfile.stages:
        return None
    named = [stage for stage in dockerfile.stages if target is not None and stage.name == target]
    last = named[0] if named else dockerfile.stages[-1]
    building = _Building(path, context)
    lineage = dockerfile.lineage(last)
    base = lineage[-1].image
    building.closed = isinstance(base, Leaf) and _RUNS_WHAT_IT_IS_GIVEN.fullmatch(str(base.value)) is not None
    for stage in reversed(lineage):
        building.add(stage)
    return building.image()


class _Building:
    def __init__(self, path: str, context: str) -> None:
        self.path = path
        self.context = context
        self.entrypoint: tuple[Word, ...] | None = None
        self.command: tuple[Word, ...] | None = None
        self.directory: Value = absent()
        self.variables: dict[str, Value] = {}
        self.copied: list[tuple[str, str]] = []
        self.closed = False

    def add(self, stage: Stage) -> None:
        commanded = False
        for one in stage.instructions:
            match one.keyword:
                case "ENV":
                    self._set(one)
                case "WORKDIR":
                    self._enter(one)
                case "COPY" | "ADD":
                    self._copy(one)
                case "CMD":
                    commanded, self.command = True, _words(one)
                case "ENTRYPOINT":
                    self.entrypoint, self.closed = _words(one), True
                    if not commanded:
                        self.command = None
                case _:
                    pass

    def image(self) -> Image:
        return Image(
            self.entrypoint, self.command, self.directory, tuple(self.variables.items()), self.closed,
            tuple(self.copied), self.path,
        )  # fmt: skip

    def _set(self, one: Instruction) -> None:
        for entry in one.settings:
            step = Step(How.ENVIRONMENT, f"ENV {entry.key}={entry.node.text}", Span(self.path, entry.key_at.start,
                        entry.node.at.end)) if isinstance(entry.node, Leaf) else None  # fmt: skip
            if step is not None and isinstance(entry.node, Leaf):
                self.variables[entry.key] = known(str(entry.node.value), step)
            else:
                self.variables[entry.key] = unknown(f"${entry.key}", key=("ENV", self.path, entry.key_at.start))

    def _enter(self, one: Instruction) -> None:
        folder = one.arguments.text.strip().strip("\"'")
        if "$" in folder:
            self.directory = unknown("the working directory", key=("WORKDIR", one.at))
        elif folder.startswith("/"):
            self.directory = known(posixpath.normpath(folder))
        elif self.directory.string is not None or self.directory.is_absent:
            self.directory = known(posixpath.normpath(posixpath.join(self.directory.string or "/", folder)))

    def _copy(self, one: Instruction) -> None:
        """Only whole folders: where files of the workspace go to one by one, their names find them."""
        words = [str(word.text) for word in one.words] if one.words is not None else one.arguments.text.split()
        if len(words) != 2 or any("$" in word or "*" in word for word in words):
            return
        source, target = words
        if not target.startswith("/"):
            if self.directory.string is None:
                return
            target = posixpath.join(self.directory.string, target)
        folder = posixpath.normpath(posixpath.join(self.context, source.lstrip("/")))
        self.copied.append((posixpath.normpath(target), folder))


def _words(one: Instruction) -> tuple[Word, ...] | None:
    """The exec form as it stands, the shell form as `/bin/sh -c`; None for nothing."""
    if one.words is not None:
        return tuple(_word(leaf) for leaf in one.words if isinstance(leaf, Leaf)) or None
    text = one.arguments.text
    if not text.strip():
        return None
    body = Word((Piece(text, one.arguments.at, exact=True),), one.arguments.at, text)
    return (plain("/bin/sh", one.at), plain("-c", one.at), body)


def _word(leaf: Leaf) -> Word:
    inner = Span(leaf.at.path, leaf.at.start + 1, leaf.at.end - 1)
    return Word((Piece(str(leaf.value), inner, exact=leaf.text == leaf.value),), leaf.at, leaf.text)


def placed(directory: Value, folders: tuple[tuple[str, str], ...]) -> Value:
    """The folder of the workspace that a folder in a container is, by what is mounted and copied there."""
    wanted = directory.string
    if wanted is not None:
        for target, source in sorted(folders, key=lambda pair: -len(pair[0])):
            if wanted == target or wanted.startswith(target.rstrip("/") + "/"):
                rest = wanted[len(target) :].lstrip("/")
                return known(posixpath.normpath(posixpath.join(source, rest)))
    return unknown("the working directory", key=("directory", str(directory)))
