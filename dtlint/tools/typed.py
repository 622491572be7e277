"""The number of a host on which somebody types a command that is typed on the others too (presumption 2)."""

from __future__ import annotations

from dtlint.run.word import Exec
from dtlint.value import How, Step, Value, known


def own_rank(given: Value, exec: Exec, what: str = "node rank") -> Value:
    """What is written is edited on each host; what is not known, as `--node_rank=$1`, is the number that the host has
    among them: it is by this number that they are counted."""
    how = f"the {what} is edited on each host" if given.known or given.is_absent else f"each host gives its own {what}"
    own = known(exec.host.index, Step(How.PRESUMED, how, exec.at))
    return own if given.known else own.after(given.trail)
