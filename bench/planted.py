"""Plants mistakes in the scripts of real repositories, one at a time, and says which are found: `make planted`.

PLANTED_TREES names the trees, separated by `:`.  A mistake counts as found where dtlint says anything that it did not
say before.  Not each is one: `set_device` is not missed where every call names its GPU.  What is not found where it
should be tells where the run on paper loses its way.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PLACES = 3
"""Files of a tree in which one mistake is planted."""

Change = Callable[[re.Match[str]], str]


def left_out(match: re.Match[str]) -> str:
    return match[1] + "pass"


def guarded(match: re.Match[str]) -> str:
    indent = match[1]
    return f"{indent}if torch.distributed.get_rank() == 0:\n{indent}    {match[0].strip()}"


_CALL = r"^([ \t]+)(?:torch\.distributed|dist)\.{}\([^\n]*\)$"
MISTAKES: dict[str, tuple[str, Change]] = {
    "set_epoch is missing": (r"^([ \t]+)\w[\w.\[\]]*\.set_epoch\([^\n]*\)$", left_out),
    "a barrier on one rank": (_CALL.format("barrier"), guarded),
    "an all_reduce on one rank": (_CALL.format("all_reduce"), guarded),
    "a backward pass on one rank": (r"^([ \t]+)loss(?:es)?\.backward\(\)$", guarded),
    "map_location is missing": (
        r"^([^\n]*torch\.load\([^\n(]*?), *map_location=[^,)\n]*(?:\([^)]*\))?",
        lambda match: match[1],
    ),
    "DDP is told GPU 0": (r"device_ids=\[[^\]0]+\]", lambda _: "device_ids=[0]"),
    "a loader without its sampler": (r"\bsampler=\w*(?:train|sampler)\w*", lambda _: "shuffle=True"),
    "set_device is missing": (r"^([ \t]+)torch\.cuda\.set_device\([^\n]*\)$", left_out),
    "every rank saves": (
        r"^([ \t]+)if [^\n]*(?:is_main_process\(\)|rank == 0|get_rank\(\) == 0|is_master)[^\n]*:$(?=\n[^\n]*save)",
        lambda match: match[1] + "if True:",
    ),
    "no process group": (_CALL.format("init_process_group"), left_out),
    "Gloo for NCCL": (r"""backend=['"]nccl['"]""", lambda _: "backend='gloo'"),
}


def main() -> None:
    trees = [Path(tree) for tree in os.environ.get("PLANTED_TREES", "").split(":") if tree]
    if not trees:
        sys.exit("PLANTED_TREES names no tree")
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for tree in trees:
        with tempfile.TemporaryDirectory(prefix="dtlint-planted-") as folder:
            copy = Path(folder) / tree.name
            shutil.copytree(tree, copy, symlinks=True)
            before = said(copy)
            for mistake, path, text in planted(copy):
                kept = path.read_text()
                path.write_text(text)
                new = sorted({rule for rule, *_ in said(copy) - before})
                path.write_text(kept)
                tried[mistake] += 1
                found[mistake] += bool(new)
                print("found " if new else "missed", mistake, path.relative_to(folder), *new, sep="  ", flush=True)
    for mistake, number in tried.items():
        print(f"{mistake:28} {found[mistake]:4} of {number}")
    print(f"{'all':28} {found.total():4} of {tried.total()}")


def planted(tree: Path) -> Iterator[tuple[str, Path, str]]:
    """Each mistake with the file that has it, and the text of that file with it, at its first place there."""
    for mistake, (pattern, change) in MISTAKES.items():
        left = PLACES
        for path in sorted(tree.rglob("*.py")):
            text = path.read_text(errors="replace") if left and "test" not in path.name else ""
            match = re.search(pattern, text, re.MULTILINE)
            if match is not None:
                left -= 1
                yield mistake, path, text[: match.start()] + change(match) + text[match.end() :]


def said(tree: Path) -> set[tuple[str, str, str]]:
    """Rules that speak, with the files and the beginnings of their messages: planting moves lines."""
    command = [sys.executable, "-m", "dtlint", "check", "--format", "json", "--exit-zero", "."]
    printed = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    return {(one["rule"], one["at"]["path"], one["message"][:60]) for one in json.loads(printed)["findings"]}


if __name__ == "__main__":
    main()
