"""What a script finds when it starts: the process that runs it."""

from __future__ import annotations

from dataclasses import field

from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.host import Host
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.value import Value, known


@record
class Place:
    """Where a process stands in the job, as a framework knows it that starts its processes itself."""

    rank: Value
    local: Value
    size: Value


@record
class ScriptContext:
    """One process, of which nothing is left open that its launch decides.

    The environment holds the coordinates (`RANK`, `LOCAL_RANK`, `WORLD_SIZE` …) as constants, so conditions by rank
    are decided like any other.
    """

    environment: Environment
    host: Host
    files: Files
    scope: object = "script"
    """Unknowns of two runs are the same one only if their scopes are equal."""
    arguments: tuple[Word, ...] | None = None
    """`sys.argv[1:]`; None where nobody knows how the script is called."""
    defaults_hold: bool = False
    """An option's default holds where `arguments` is None: nothing launches the script (presumption 3)."""
    launched: bool = True
    """Somebody's command line was read; where nothing launches the script, who does may give more than `arguments`."""
    given: frozenset[Span] = frozenset()
    """Places of defaults that cannot hold: with them the script would fail at once, so somebody gives these options."""
    directory: Value = field(default_factory=lambda: known("."))
    """Working directory, from the workspace root."""
    module_name: str = ""
    """With `python -m package.module`, that name."""
    place: Place | None = None
    """None where the environment says it."""
    steps: int = 60_000
    """Statements and expressions after which the run is cut off."""
    more: int = 100_000
    """As many again where it has made a process group by then: what it does in it is what is asked for."""
