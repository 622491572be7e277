"""Who a worker of TensorFlow is: what `strategy.cluster_resolver` reads from `TF_CONFIG`.

`TFConfigClusterResolver.task_type` and `task_id` of
tensorflow/python/distribute/cluster_resolver/tfconfig_cluster_resolver.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.json_text import parsed
from dtlint.run.script.library.handler import Attribute
from dtlint.run.script.objects import Instance, Thing, as_value
from dtlint.source import Span
from dtlint.value import Fields, Value

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_CONFIG: Final = "TF_CONFIG"
_RESOLVER: Final = "tensorflow.distribute.cluster_resolver.TFConfigClusterResolver"
_PARTS: Final = {"task_type": "type", "task_id": "index"}


def _resolver(machine: Caller, thing: Thing, name: str, at: Span) -> Thing | None:
    made = thing.made_by if isinstance(thing, Instance) else None
    usual = name == "cluster_resolver" and made is not None and not made.open and made.thing(name) is None
    return Instance(_RESOLVER, complete=False) if usual else None


def _part(machine: Caller, thing: Thing, name: str, at: Span) -> Thing | None:
    made = thing.made_by if isinstance(thing, Instance) else None
    if name not in _PARTS or (made is not None and (made.open or made.positional or made.keywords)):
        return None
    found = machine.environment.get(_CONFIG)
    told = as_value(found) if found is not None else machine.context.environment.get(_CONFIG)
    task = _field(parsed(told), "task")
    part = _field(task, _PARTS[name]) if task is not None else None
    if part is None or not part.known:
        return None
    return part.as_int() if name == "task_id" else part


def _field(value: Value, name: str) -> Value | None:
    return value.content.entries.get(name) if isinstance(value.content, Fields) else None


ATTRIBUTES: Final[dict[str, Attribute]] = {STRATEGY: _resolver, _RESOLVER: _part}
