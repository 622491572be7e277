"""The scripts that a command in a document may mean where its reader is to fill one in: `deepspeed <file>.py --amp`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.job.site import Cluster
from dtlint.run.files import Files
from dtlint.run.script import run_script
from dtlint.run.unlaunched import host_context
from dtlint.run.word import Exec, Word, plain
from dtlint.value import Value, unknown

_GAP: Final = re.compile(
    r"[<{]?(?:(?:your|my|path|to|the|python|training|train|main)[ _/-]*)*(?:file|script|program)"
    r"(?:[ _-]?(?:name|path))?[>}]?(?:\.py)?",
    re.IGNORECASE,
)
"""What stands for a script: `<file>.py`, `<training script>`, `YOUR_SCRIPT.py`."""
_OF_COMMANDS: Final = ("horovodrun", "mpirun", "mpiexec", "srun")
"""Launchers that start a command, which a reader completes with `python`."""


def filled_in(exec: Exec, files: Files, cluster: Cluster, assumed: dict[str, Value]) -> Iterator[Exec]:
    """The command with each script of the folder for the gap that declares all options behind it.

    None where nothing is to be filled in, or where no option says which script is meant.  What else the reader may add
    (`[args...]`) is left out: defaults hold where nothing that was read sets a value (presumption 3).
    """
    place = next((index for index, word in enumerate(exec.argv) if index and _is_gap(word, files)), None)
    directory = exec.directory.string
    if place is None or directory is None:
        return
    behind = tuple(word for word in exec.argv[place + 1 :] if not word.many)
    words = [word.string or "" for word in behind]
    options = {word.partition("=")[0] for word in words if word.startswith("--") and len(word) > 2}
    if not options:
        return
    gap = exec.argv[place]
    before = [word.string or "" for word in exec.argv[:place]]
    bare = before[0] in _OF_COMMANDS and not any(word.startswith("python") for word in before)
    for path in files.listing("" if directory == "." else directory):
        if path.endswith(".py") and _declares(path, options, files, cluster, assumed):
            script = plain(posixpath.basename(path), gap.at)
            inserted = (plain("python", gap.at), script) if bare else (script,)
            yield replace(exec, argv=(*exec.argv[:place], *inserted, *behind))


def _is_gap(word: Word, files: Files) -> bool:
    """The reader is to put a script here: what stands there is no text of the command, or a name that says so."""
    if word.string is not None:
        name = word.string.removesuffix(".py")
        return (name.isupper() or "your" in name) and _GAP.fullmatch(word.string) is not None
    source = files.source(word.at.path)
    text = source.text[word.at.start : word.at.end].strip("\"'") if source is not None else ""
    return _GAP.fullmatch(text) is not None


def _declares(path: str, options: set[str], files: Files, cluster: Cluster, assumed: dict[str, Value]) -> bool:
    """A parser of the script has all these options."""
    source = files.source(path)
    # Most scripts of a folder are no such thing: their imports have no parser either.
    if source is None or "pars" not in source.text:
        return False
    size = unknown("the world size", key=("world size", path), low=2, whole=True)
    run = run_script(path, host_context(path, files, 0, size, cluster, assumed))
    return any(all(parser.accepts(option) for option in options) for parser in run.parsers)
