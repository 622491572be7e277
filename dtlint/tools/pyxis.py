"""Containers that `srun --container-image` starts its tasks in: pyxis, which has enroot import and unpack the image.

Names of images, and that a variable of the image wins over an exported one unless `--container-env` names it: README.md
and args.c of https://github.com/NVIDIA/pyxis ; `enroot import`: doc/cmd/import.md of https://github.com/NVIDIA/enroot .
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dtlint.job.site import Site, known_tail
from dtlint.run.word import Exec
from dtlint.tools import images
from dtlint.tools.docker import built_beside, tagged
from dtlint.tools.options import Options
from dtlint.value import Value

_IMPORTS: Final = re.compile(
    r"^[ \t]*(?:srun [^\n;&|#]*)?enroot import\b[^\n;&|#]*?(?:-o|--output)[ =]+(?P<file>\S+)\s+(?P<source>\S+)",
    re.MULTILINE,
)
_SCHEME: Final = re.compile(r"^(?:docker|dockerd|podman)://")


def own_variables(exec: Exec, options: Options, site: Site) -> dict[str, Value]:
    """What the image gives its processes whatever is exported; nothing where its Dockerfile is not known."""
    if options.hidden or not options.has("--container-image"):
        return {}
    listed = options.value("--container-env")
    image = _image(exec, options, site)
    if image is None or (not listed.is_absent and listed.string is None):
        return {}
    preserved = (listed.string or "").split(",")
    return {name: value for name, value in image.variables if name not in preserved}


def _image(exec: Exec, options: Options, site: Site) -> images.Image | None:
    word = options.given["--container-image"][-1].values[0]
    tail = known_tail(word)
    beside = posixpath.dirname(exec.at.path)
    if tail is None:
        return None
    name: str | None = _SCHEME.sub("", tail).replace("#", "/") if word.string is not None else None
    if tail.endswith((".sqsh", ".sqfs", ".squashfs")):
        name = _imported(posixpath.basename(tail), beside, site)
    found = built_beside(tagged(name), beside, site) if name is not None else None
    return images.built(*found, site.files) if found is not None else None


def _imported(file: str, beside: str, site: Site) -> str | None:
    """The image of a file, by the one command of a script or Makefile in the folder that imports it."""
    found: set[str] = set()
    for path in site.files.listing(beside):
        if path.endswith((".sh", ".sbatch", ".slurm", "Makefile", ".mk")):
            source = site.files.source(path)
            text = source.text.replace("\\\n", "  ") if source is not None and "enroot" in source.text else ""
            for command in _IMPORTS.finditer(text):
                if posixpath.basename(command["file"].strip("\"'")) == file:
                    found.add(_SCHEME.sub("", command["source"].strip("\"'")).replace("#", "/"))
    return found.pop() if len(found) == 1 else None
