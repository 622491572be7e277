"""SSH servers that scripts beside a launcher start in containers of its image, for it to reach the other hosts by.

So Horovod's documentation (docs/docker.rst) starts the workers of several machines.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dtlint.job.site import Site
from dtlint.job.ssh import Served, named_port
from dtlint.run.word import Exec
from dtlint.source import Span

_STARTED: Final = re.compile(r"(?<![\w-])sshd(?![\w-])(?P<rest>[^\n;&|#]*)")
_COMMENT: Final = re.compile(r"(?m)^[ \t]*#.*")


def served_beside(exec: Exec, site: Site) -> tuple[Served, ...]:
    """Where each of them listens; nothing where one of them does not say it, or where the image is not known."""
    container = exec.host.container
    image = container.image.string if container is not None else None
    found: list[Served] = []
    for path in site.files.listing(posixpath.dirname(exec.at.path)) if image else ():
        source = site.files.source(path) if path.endswith(".sh") else None
        text = _commands(source.text) if source is not None else ""
        ours, hidden = image is not None and image in text, "$" in text
        servers = list(_STARTED.finditer(text))
        if (servers and not ours and hidden) or (ours and hidden and not servers and path != exec.at.path):
            return ()  # it may start one more, in a container of this image
        for server in servers if ours else ():
            port = named_port(server["rest"])
            if port is None or "$" in server["rest"]:
                return ()
            found.append(Served(int(port[1]), Span(path, server.start(), server.start("rest") + port.end())))
    return tuple(found)


def _commands(text: str) -> str:
    """The text without its comments, each continued line in one; every place in it stays what it is."""
    return _COMMENT.sub(lambda comment: " " * len(comment[0]), text).replace("\\\n", "  ")
