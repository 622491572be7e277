"""What can change while a script runs, so that a branch can be tried, taken back and joined with the other one."""

from __future__ import annotations

from typing import Any, Final

from dtlint.run.script.objects import (
    DictObject,
    Either,
    Entries,
    ListObject,
    Members,
    Object,
    Thing,
    identity,
    together,
)
from dtlint.value import Trail, Value, either, unknown


class _Missing:
    """The name or key is not there."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()

Cell = tuple[int, Any]
Changes = dict[Cell, tuple[dict[Any, Any], Any, Any]]
"""Where, then the dict, its key, and the content (or MISSING)."""

NESTED_CHOICES: Final = 6
"""More alternatives than this in one name, and it is anything."""


class Heap:
    """A journal of every change to the dicts in which names, attributes, items and entries live."""

    def __init__(self) -> None:
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []
        self.varying: dict[object, Trail] = {}
        """Conditions that differ between the processes of the job, and what makes them differ."""
        self.turning: set[object] = set()
        """Conditions that turn with the rounds of a loop or by chance: each side comes about some day."""

    @property
    def mark(self) -> int:
        return len(self._journal)

    def store(self, place: dict[Any, Any], key: Any, content: Any) -> None:
        self._journal.append((place, key, place.get(key, MISSING)))
        place[key] = content

    def settle(self, place: dict[Any, Any], key: Any, content: Any) -> None:
        """What the name has stood for all along is looked at for the first time: no change, in whatever branch or round
        this happens."""
        place[key] = content

    def remove(self, place: dict[Any, Any], key: Any) -> None:
        if key in place:
            self._journal.append((place, key, place.pop(key)))

    def since(self, mark: int) -> Changes:
        """Everything that was changed since `mark`, with its present content."""
        changes: Changes = {}
        for place, key, _ in self._journal[mark:]:
            changes[(id(place), key)] = (place, key, place.get(key, MISSING))
        return changes

    def before(self, mark: int) -> Changes:
        """What stood at `mark` wherever something was changed since."""
        changes: Changes = {}
        for place, key, old in self._journal[mark:]:
            changes.setdefault((id(place), key), (place, key, old))
        return changes

    def undo(self, mark: int) -> None:
        while len(self._journal) > mark:
            place, key, old = self._journal.pop()
            if old is MISSING:
                place.pop(key, None)
            else:
                place[key] = old

    def keep(self, mark: int, but: dict[Any, Any]) -> None:
        """Whatever is taken back later, what was changed since `mark` stays, but for what is in one place."""
        self._journal[mark:] = [entry for entry in self._journal[mark:] if entry[0] is but]

    def apply(self, changes: Changes) -> None:
        for place, key, content in changes.values():
            if content is MISSING:
                self.remove(place, key)
            else:
                self.store(place, key, content)

    def join(self, mark: int, sides: list[Changes], conditions: list[tuple[object, bool]]) -> None:
        """Leave what is common to all `sides`, each given as its changes since `mark`, and both where they differ.

        `conditions[i]` says under which condition (and whether under it or its opposite) side `i` holds against those
        behind it.  The present state may be that of any side or that of `mark`.
        """
        old = self.before(mark)
        cells = dict.fromkeys(cell for side in sides for cell in side)
        for cell in cells:
            place, key, _ = next(side[cell] for side in sides if cell in side)
            contents = [
                side[cell][2] if cell in side else old[cell][2] if cell in old else place.get(key, MISSING)
                for side in sides
            ]
            joined = contents[-1]
            for content, (condition, holds) in zip(reversed(contents[:-1]), reversed(conditions), strict=True):
                sides_of = (content, joined) if holds else (joined, content)
                joined = self.chosen(*sides_of, condition)
            if joined is MISSING:
                self.remove(place, key)
            elif place.get(key, MISSING) is not joined:
                self.store(place, key, joined)

    def chosen(self, then: Any, otherwise: Any, condition: object) -> Any:
        """What a condition leaves of two contents, with what is known of the condition."""
        joined = join(then, otherwise, condition, condition in self.varying)
        if isinstance(joined, Either) and condition in self.turning:
            joined.turns = True
        return joined


def join(then: Any, otherwise: Any, condition: object, varies: bool = False) -> Any:
    """One content that stands for both: of a name, an attribute, or of the insides of a container.

    With `varies` the processes of a job are on different sides.
    """
    if then is otherwise:
        return then
    if then is MISSING or otherwise is MISSING:
        # A name that only one branch binds: whoever uses it afterwards is on that branch.
        return otherwise if then is MISSING else then
    if isinstance(then, Value | Object) and isinstance(otherwise, Value | Object):
        return join_things(then, otherwise, condition, varies)
    if isinstance(then, Members) and isinstance(otherwise, Members):
        return _join_members(then, otherwise, condition, varies)
    if isinstance(then, Entries) and isinstance(otherwise, Entries):
        return _join_entries(then, otherwise, condition, varies)
    return otherwise


def join_things(then: Thing, otherwise: Thing, condition: object, varies: bool = False) -> Thing:
    if isinstance(then, Value) and isinstance(otherwise, Value):
        if then.same(otherwise):
            return then.after(otherwise.trail)
        if then.is_absent or otherwise.is_absent:
            return either(then, otherwise, ("join", condition))
    if isinstance(then, ListObject) and isinstance(otherwise, ListObject) and then.kind == otherwise.kind:
        members = _join_members(then.cell["content"], otherwise.cell["content"], condition, varies)
        return ListObject(then.kind, {"content": members}, then.trail)
    if isinstance(then, DictObject) and isinstance(otherwise, DictObject) and then.cls == otherwise.cls:
        mine, theirs = (
            Entries(side.entries, side.complete, side.others, side.keys, side.varies) for side in (then, otherwise)
        )
        entries = _join_entries(mine, theirs, condition, varies)
        return DictObject({"content": entries}, then.trail, then.cls, then.root)
    joined = Either(condition, then, otherwise, varies)
    alternatives = list(joined.alternatives())
    if len(alternatives) > NESTED_CHOICES:
        keys: list[object] = []
        for side in alternatives:
            if isinstance(side, Object):
                side.unseen = True
                keys.append(side.serial)
            else:
                keys.append(identity(side))
        return unknown("one of many", key=("one of", *keys))
    return joined


def _join_members(then: Members, otherwise: Members, condition: object, varies: bool) -> Members:
    """Item by item; of a longer one the rest stays, and it is no longer complete."""
    paired = [join(a, b, condition, varies) for a, b in zip(then.items, otherwise.items, strict=False)]
    longer = max(then.items, otherwise.items, key=len)
    same = len(then.items) == len(otherwise.items)
    return Members(
        (*paired, *longer[len(paired) :]),
        same and then.complete and otherwise.complete,
        then.varies or otherwise.varies or (varies and not same),
    )


def _join_entries(then: Entries, otherwise: Entries, condition: object, varies: bool) -> Entries:
    one, other = then.entries, otherwise.entries
    merged = {key: join(one.get(key, MISSING), other.get(key, MISSING), condition, varies) for key in {**one, **other}}
    same = one.keys() == other.keys() and then.complete and otherwise.complete
    apart = then.varies or otherwise.varies or (varies and one.keys() != other.keys())
    keys = together(then.keys, otherwise.keys)
    return Entries(merged, same, together(then.others, otherwise.others), keys, apart)
