"""Definitions of Kubernetes kinds as API servers hold them, read from a folder of CustomResourceDefinitions.

Kinds of Kubernetes itself are no such resources.  Their schemas are taken from those that hold them: a Job from
JobSet, a pod from LeaderWorkerSet, a Service from RayCluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

JOB = "spec.replicatedJobs.[].template"
POD = "spec.leaderWorkerTemplate.workerTemplate"
SERVICE = "spec.headGroupSpec.headService"
HELD = (
    ("JobSet", JOB, "", "batch/v1", "Job"),
    ("JobSet", JOB, "spec.jobTemplate", "batch/v1", "CronJob"),
    ("LeaderWorkerSet", POD, "", "v1", "Pod"),
    ("LeaderWorkerSet", POD, "spec.template", "apps/v1", "StatefulSet"),
    ("LeaderWorkerSet", POD, "spec.template", "apps/v1", "Deployment"),
    ("LeaderWorkerSet", POD, "spec.template", "apps/v1", "ReplicaSet"),
    ("RayCluster", SERVICE, "", "v1", "Service"),
)
"""Which kind holds the schema, where; of which part of which other kind."""


class Schemas:
    """What the fields of each kind may hold."""

    def __init__(self, folder: Path) -> None:
        self._of: dict[tuple[str, str], tuple[str, Any]] = {}
        for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
            for document in yaml.load_all(path.read_text(), yaml.CSafeLoader):
                if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
                    self._take(document["spec"])
        for holder, at, part, version, kind in HELD:
            found = [schema for (_, name), (_, schema) in sorted(self._of.items()) if name == holder]
            if found:
                self._of[version, kind] = part, _inner(found[-1], at)

    def _take(self, spec: Mapping[str, Any]) -> None:
        for version in spec["versions"]:
            schema = version.get("schema", {}).get("openAPIV3Schema")
            if schema is not None:
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                self._of[key] = "", _strict(schema)

    @property
    def kinds(self) -> set[tuple[str, str]]:
        return set(self._of)

    def faults(self, document: Mapping[str, Any]) -> list[str] | None:
        """What is refused in a document; None where nothing is known of its kind."""
        found = self._of.get((str(document.get("apiVersion")), str(document.get("kind"))))
        if found is None:
            return None
        part, schema = found
        value: Any = {name: one for name, one in document.items() if part or name not in ("apiVersion", "kind")}
        for name in part.split(".") if part else ():
            value = value.get(name, {}) if isinstance(value, dict) else {}
        checked = jsonschema.Draft202012Validator(schema).iter_errors(value)
        return [f"{'.'.join(map(str, fault.absolute_path))}: {fault.message[:200]}" for fault in checked]


def _strict(schema: Any) -> Any:
    """The schema with fields that it does not name refused, as kubectl has it; null stands for nothing."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _strict(one) for name, one in schema.items() if name != "default"}
    fields = found.get("properties")
    if isinstance(fields, dict) and isinstance(schema.get("type"), str):
        fields.setdefault("apiVersion", {})
        fields.setdefault("kind", {})
        fields.setdefault("metadata", {})
        if not schema.get("x-kubernetes-preserve-unknown-fields") and "additionalProperties" not in found:
            found["additionalProperties"] = False
        if "required" in found:
            filled_in = _defaults(schema)
            found["required"] = [name for name in found["required"] if name not in filled_in]
    if isinstance(schema.get("type"), str):
        found["type"] = [schema["type"], "null"]
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
    return found


def _defaults(schema: dict[str, Any]) -> set[str]:
    """Fields that are filled in where they are left out."""
    return {name for name, one in schema["properties"].items() if isinstance(one, dict) and "default" in one}


def _inner(schema: Any, at: str) -> Any:
    for name in at.split("."):
        schema = schema["items"] if name == "[]" else schema["properties"][name]
    return schema


def documents(text: str) -> Iterator[Any]:
    """The documents of a manifest; none where it is a template that only a tool can read."""
    try:
        yield from list(yaml.load_all(text, yaml.CSafeLoader))
    except yaml.YAMLError:
        return
