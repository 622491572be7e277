"""Parameters that are looked up by names of a wrapped model in a dict with the names of the bare one, or the reverse.

A wrapper holds the model as its attribute `module`, so that each of its names begins with `module.`: none of them is in
the other dict.  A test `if name in averages` is then never true, and `averages[name]` raises KeyError.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.script.objects import Instance, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun, Sought
from dtlint.run.wrapping import DDP

_WRAPPERS: Final = (DDP, "torch.nn.DataParallel")
_NAMING: Final = frozenset(("named_parameters", "named_buffers", "state_dict"))


@record(eq=False)
class NeverFound:
    sought: Sought
    asked: Event
    """The call that gave the names which are looked up."""
    kept: Event
    """The call that gave the names which are in the dict."""
    wrapped: bool
    """The names looked up are those of the wrapper."""


def never_found(run: ScriptRun) -> Iterator[NeverFound]:
    """One for each place."""
    told: set[object] = set()
    for one in run.sought:
        asked, kept = _named(one.key), [_named(key) for key in one.held]
        if asked is None or not kept or one.at in told:
            continue
        pairs = [(event, _apart(asked.receiver, event.receiver)) for event in kept if event is not None]
        if len(pairs) == len(kept) and all(apart for _, apart in pairs):
            told.add(one.at)
            yield NeverFound(one, asked, pairs[0][0], _inner(asked.receiver) is not None)


def _named(key: Thing) -> Event | None:
    """The call that gave pairs of names and tensors, of which this is the name."""
    if not isinstance(key, Unread) or key.key is None or key.key.integer != 0 or not isinstance(key.part_of, Unread):
        return None
    made = key.made_by
    if made is not None and made.method == "items":
        made = made.receiver.made_by if isinstance(made.receiver, Unread) else None
    plain = made is not None and made.method in _NAMING and not (made.positional or made.keywords or made.open)
    return made if plain and key.part_of.part_of is None else None


def _apart(one: Thing | None, other: Thing | None) -> bool:
    """One is the wrapper, and the other the model in it."""
    return one is not None and other is not None and (_inner(one) is other or _inner(other) is one)


def _inner(thing: Thing | None) -> Thing | None:
    """The module in a wrapper."""
    made = thing.made_by if isinstance(thing, Instance) and any(map(thing.is_a, _WRAPPERS)) else None
    return made.thing("module") if made is not None else None
