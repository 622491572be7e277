"""Where a script sets the flag by which DDP averages gradients, as `no_sync` does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Attribute, Constant
from dtlint.facts.syntax import nodes_of
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import ScriptRun
from dtlint.run.wrapping import DDP
from dtlint.source import Span

_FLAG: Final = "require_backward_grad_sync"


def the_only_setting(run: ScriptRun) -> Span | None:
    """The one statement that sets it, to something that changes; several, or a constant, may belong to another plan."""
    wrappers = [event.result for event in run.called(DDP)]
    if not any(isinstance(thing, Instance) and _FLAG in thing.attributes for thing in wrappers):
        return None  # asked first, since to go through the whole syntax takes long
    found = list(_settings(run))
    return found[0].at if len(found) == 1 and not isinstance(found[0].value, Constant) else None


def _settings(run: ScriptRun) -> Iterator[Assign]:
    for program in run.programs:
        for node in nodes_of(program.body):
            if isinstance(node, Assign) and any(isinstance(to, Attribute) and to.name == _FLAG for to in node.targets):
                yield node
