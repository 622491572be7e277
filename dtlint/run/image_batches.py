"""How large a batch of images is at least, where the transforms of torchvision say it."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.objects import ListObject, Thing, as_value, maker
from dtlint.run.script.trace import Event
from dtlint.value import Value, known

_HOMES: Final = ("torchvision.transforms.", "torchvision.transforms.v2.")
_SIZING: Final = frozenset(("Resize", "RandomResizedCrop", "CenterCrop", "RandomCrop"))
"""Transforms behind which an image has at least the size that they are given: `Resize` keeps the longer side longer."""
_OTHERWISE: Final = frozenset(
    (
        *("FiveCrop", "TenCrop", "Lambda", "RandomChoice", "RandomApply", "RandomOrder", "LinearTransformation"),
        *("ConvertImageDtype", "ToDtype"),
    )
)
"""Transforms that may change the size or the type of the numbers, or do what is not known."""
_BYTES: Final = 4
"""Of a number that `ToTensor` makes, for each of one or more channels."""


def least_bytes(loader: Event) -> Value | None:
    """The bytes of the images of one batch, one channel of them; None where they are not known."""
    dataset, rows = loader.thing("dataset"), loader.argument("batch_size").as_int()
    made = maker(dataset)
    if made is None or made.open or made.result is not dataset or not made.name.startswith("torchvision.datasets."):
        return None
    if loader.thing("collate_fn") is not None or loader.thing("batch_sampler") is not None or rows.integer is None:
        return None
    pixels = _pixels(made.keywords.get("transform"))
    return rows * pixels * known(_BYTES) if pixels is not None else None


def _pixels(transform: Thing | None) -> Value | None:
    """Of the tensors that a `Compose` of known transforms gives."""
    composed = _made(transform)
    steps = composed.positional[0] if composed is not None and len(composed.positional) == 1 else None
    if composed is None or _name(composed) != "Compose" or not isinstance(steps, ListObject) or not steps.complete:
        return None
    events = [_made(step) for step in steps.items]
    names = [_name(event) if event is not None else "" for event in events]
    if "" in names or _OTHERWISE & set(names) or "ToTensor" not in names:
        return None
    sizing = [event for event in events if event is not None and _name(event) in _SIZING]
    return _area(sizing[-1]) if sizing else None


def _area(event: Event) -> Value | None:
    size = event.given(0, "size") if "max_size" not in event.keywords else None
    if isinstance(size, ListObject):
        sides = [as_value(side).as_int() for side in size.items] if size.complete else []
    else:
        sides = [as_value(size).as_int()] if size is not None else []
    if len(sides) not in (1, 2) or any(side.integer is None for side in sides):
        return None
    return sides[0] * sides[-1]


def _made(thing: Thing | None) -> Event | None:
    made = maker(thing)
    return made if made is not None and made.result is thing and not made.open else None


def _name(event: Event) -> str:
    """The transform's own name; empty for what is none of torchvision."""
    home = next((home for home in reversed(_HOMES) if event.name.startswith(home)), None)
    return event.name.removeprefix(home) if home is not None else ""
