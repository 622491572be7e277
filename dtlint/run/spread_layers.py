"""Modules whose layers stand on several GPUs of one process."""

from __future__ import annotations

from dtlint.run.devices import gpu, uses
from dtlint.run.effects import Effect
from dtlint.run.layers import parts_of
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import has_weights


def gpus_of(module: Instance, run: ScriptRun, before: Event) -> dict[int, Event]:
    """The GPUs on which its layers stand when `before` is called, each with the call that put a layer there.

    None where it is not known of every layer that was moved, or where the whole module was moved afterwards.
    """
    parts = [part for part in parts_of(module) if part is not module]
    placed: dict[int, tuple[int, Event]] = {}
    for part in parts:
        made = part.made_by
        given = made.thing("device") or made.keywords.get("device") if made is not None else None
        index = gpu(given) if given is not None else None
        if made is not None and index is not None and index.integer is not None:
            placed[part.serial] = index.integer, made
    for use in uses(run):
        event = use.event
        if event.row is None or Effect.MOVES not in event.row.effects or event.index > before.index:
            continue
        if event.receiver is module or not isinstance(event.receiver, Instance):
            placed = {} if event.receiver is module else placed
            continue
        inside = list(parts_of(event.receiver))
        if not any(part is one for part in parts for one in inside):
            continue
        if use.index.integer is None or not event.surely:
            return {}
        placed |= {one.serial: (use.index.integer, event) for one in inside}
    held = {part.serial for part in parts if has_weights(part)}
    return {index: event for serial, (index, event) in placed.items() if serial in held}
