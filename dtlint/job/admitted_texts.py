"""Fields of a pod that must be text, and that YAML reads as a number or a truth value where they have no quotes.

The API server then answers `cannot unmarshal number into Go struct field EnvVar.value of type string`: `EnvVar`,
`Container` and `ObjectMeta` of https://kubernetes.io/docs/reference/kubernetes-api/ .  What has no quotes and is yes,
no, on or off is text there (`resolve` of https://github.com/yaml/go-yaml , v2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.refusal import Refusal
from dtlint.job.workload import Workload
from dtlint.value import TRUE, Fields, Items, Value

TRUTH_VALUES: Final = frozenset({"true", "false"})


def refused_texts(workload: Workload) -> Iterator[Refusal]:
    """Of a document of Kubernetes; others have no API version."""
    if workload.record.field("apiVersion").string is None:
        return
    seen = set()
    for where, value in _texts(workload):
        constant = value.constant if value.known else None
        written = value.trail[0].text.lower() if value.trail else ""
        number = isinstance(constant, int | float) and written.endswith(str(constant).lower())
        if value.at not in seen and number:
            seen.add(value.at)
            kind = "truth value" if isinstance(constant, bool) else "number"
            shown = str(constant).lower() if isinstance(constant, bool) else constant
            yield Refusal(TRUE, value, f'{where} must be text, and {shown} without quotes is a {kind}: "{shown}"')


def _texts(workload: Workload) -> Iterator[tuple[str, Value]]:
    yield from _metadata(workload.record.field("metadata"))
    for group in workload.groups:
        for labels in (group.labels, group.annotations):
            yield from _entries(labels, "a label or annotation")
        yield from _entries(group.spec.field("nodeSelector"), "a label of nodeSelector")
        for field in ("containers", "initContainers"):
            for container in _items(group.spec.field(field)):
                for variable in _items(container.field("env")):
                    yield f"the variable {variable.field('name')}", variable.field("value")
                for words in ("command", "args"):
                    for one in _items(container.field(words)):
                        yield f"each word of {words}", one


def _metadata(metadata: Value) -> Iterator[tuple[str, Value]]:
    for field in ("labels", "annotations"):
        yield from _entries(metadata.field(field), "a label or annotation")


def _entries(record: Value, what: str) -> Iterator[tuple[str, Value]]:
    if isinstance(record.content, Fields):
        for value in record.content.entries.values():
            yield what, value


def _items(value: Value) -> tuple[Value, ...]:
    return value.content.items if isinstance(value.content, Items) else ()
