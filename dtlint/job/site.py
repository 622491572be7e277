"""What a launcher can know of the place where its command stands."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import field, replace

from dtlint.facts.document import Document
from dtlint.job.launch import Allocation
from dtlint.record import record
from dtlint.run.files import Files
from dtlint.run.host import Host
from dtlint.run.word import Exec, Word
from dtlint.value import Value


@record
class Cluster:
    """What the user's configuration says of the machines; absent where it says nothing."""

    gpus_per_node: Value
    cpus_per_node: Value


@record
class Site:
    files: Files
    cluster: Cluster
    hosts: tuple[Host, ...]
    """The hosts at hand, the one on which the command runs among them."""
    allocation: Allocation | None = None
    assumed: Mapping[str, Value] = field(default_factory=dict)
    """Values that the user's configuration gives for variables that nothing sets."""
    documents: tuple[Value, ...] = ()
    """What stands beside a manifest: the documents of its file and of the others in its folder."""
    started: dict[tuple[object, str], Host] = field(default_factory=dict)
    """Containers that earlier commands started, by their machine and name."""
    images: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Images that earlier commands built: the Dockerfile and the folder that it copies from."""
    hosts_written: Callable[[str], Document | None] = lambda path: None
    """What is in a hostfile that a shell of the job writes itself, by its path from the root of the workspace."""
    by_hand: bool = False
    """Presumed: somebody starts the same commands on this further host, where they edit the node rank."""

    def within(self, allocation: Allocation) -> Site:
        return replace(self, allocation=allocation, hosts=allocation.hosts)

    def hostfile(self, word: Word, exec: Exec) -> Document | None:
        """What is in the hostfile that a word of the command names: what the job writes, or else the workspace has."""
        name, directory = word.string, exec.directory.string
        if name is not None and directory is not None:
            written = self.hosts_written(posixpath.normpath(posixpath.join(directory, name)))
            if written is not None:
                return written
        path = self.find(word, exec)
        return self.files.hostfile(path) if path is not None else None

    def find(self, word: Word, exec: Exec) -> str | None:
        """The workspace file that a word of the command names."""
        tail = known_tail(word)
        if tail is None:
            return None
        directory = exec.directory.string if word.string is not None else None
        found = self.files.resolve(tail, directory, exec.at.path)
        if found is not None and exec.host.container is not None and tail.startswith("/"):
            return found if _in_image(found, tail, exec.at.path) else None
        return found


def _in_image(found: str, path: str, manifest: str) -> bool:
    """A file of the workspace may be the one at `path` of an image: their folders have one name, or the file stands
    above or below the manifest.  That they are both called `train.py` is not enough."""
    if posixpath.basename(posixpath.dirname(found)) == posixpath.basename(posixpath.dirname(path)):
        return True
    folder, other = (f"{posixpath.dirname(one)}/".removeprefix("/") for one in (found, manifest))
    return folder.startswith(other) or other.startswith(folder)


def known_tail(word: Word) -> str | None:
    """The text of a path, or what of it stands behind a part that is not known (`$HOME/job/train.py`)."""
    if word.many:
        return None
    text = word.string
    if text is not None:
        return text
    last = word.pieces[-1].content if word.pieces else None
    if not isinstance(last, str) or "/" not in last or len(word.pieces) < 2:
        return None
    return last[last.index("/") :]
