"""Progress bars as counters: `bar.n` of tqdm, which a bar that is switched off never counts up.

`tqdm.__init__` and `update` of tqdm/std.py (4.67): with `disable` the one sets `n` to `initial`, and the other returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.library.handler import Attribute
from dtlint.run.script.objects import Thing, Unread
from dtlint.source import Span
from dtlint.value import Kind, Reach, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

BARS: Final = frozenset(f"tqdm.{home}tqdm" for home in ("", "auto.", "std.", "notebook.", "rich.", "asyncio."))
_COUNTER: Final = "n"
_UPDATE: Final = "update"


def _attribute(machine: Caller, thing: Thing, name: str, at: Span) -> Thing | None:
    made = thing.made_by if isinstance(thing, Unread) else None
    if name != _COUNTER or made is None or made.open:
        return None
    off, begins = made.keywords.get("disable", known(False)), made.keywords.get("initial", known(0))
    if machine.decide(off) is True:
        return begins
    counted = any(event.method == _UPDATE and event.receiver is thing for event in machine.run.events)
    if machine.decide(off) is None or not counted:
        return None
    return machine.anything("the counter of the bar", at, Reach.UNIFORM, kind=Kind.CHANCE, whole=True, low=0)


ATTRIBUTES: Final[dict[str, Attribute]] = dict.fromkeys(BARS, _attribute)


def bar_of(thing: Thing) -> str:
    """The class of a progress bar; empty for everything else."""
    made = thing.made_by if isinstance(thing, Unread) and not thing.operands else None
    return made.name if made is not None and made.name in BARS and made.result is thing else ""
