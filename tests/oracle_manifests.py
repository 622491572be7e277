"""Manifests against the CustomResourceDefinitions themselves: `make oracle-manifests CRDS=FOLDER`.

What a *Good* or *Silent* example or a clean fixture holds must be taken; a document that `manifest-refused` or
`gpu-request-without-limit` speaks of must be refused by its schema or for a reason of `tests/admitted.py`; and what
that module takes must fit the schemas.  The folder is filled by hand, with `config/crd` or `manifests` of
kubeflow/trainer (v2, and its branch release-1.9), kubeflow/mpi-operator, kubernetes-sigs/jobset, kubernetes-sigs/lws,
volcano-sh/volcano, ray-project/kuberay and kubeflow/katib.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from dtlint.catalog import read_cards
from tests.admitted import KINDS, manifests, reasons
from tests.crds import Schemas, documents
from tests.test_admitted import REFUSED

FIXTURES = Path(__file__).parent.parent / "fixtures" / "clean"
EACH = 100


def examples() -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Name, kind and files of all that is linted as an example."""
    for card in read_cards().cards:
        for example in card.examples:
            kind = "refused" if example.kind == "bad" and card.id in REFUSED else example.kind
            yield f"{card.id}: {example.kind} {example.title}", kind, example.files
    for path in sorted(FIXTURES.rglob("*.yaml")):
        yield str(path.relative_to(FIXTURES)), "good", {path.name: path.read_text()}


def faults(schemas: Schemas, document: Any) -> list[str] | None:
    """What is wrong with a document, by its schema and by what webhooks look at; None where nothing is known of it."""
    found = schemas.faults(document)
    if found == [] and (document["apiVersion"], document["kind"]) in KINDS:
        try:
            return reasons(document)
        except (KeyError, TypeError, ValueError):
            return found  # a part of it is left out that is not needed
    return found


def main(folder: Path) -> int:
    schemas = Schemas(folder)
    wrong: list[str] = []
    looked_at = refused = 0
    for name, kind, files in examples():
        if any(path.endswith("kustomization.yaml") for path in files):
            continue  # put together elsewhere
        manifests_in = [text for path, text in files.items() if path.endswith((".yaml", ".yml")) and "{{" not in text]
        held = [one for text in manifests_in for one in documents(text) if isinstance(one, dict) and "kind" in one]
        found = [(one["kind"], said) for one in held if (said := faults(schemas, one)) is not None]
        looked_at += len(found)
        refused += sum(bool(said) for _, said in found)
        if kind == "refused" and found and not any(said for _, said in found):
            wrong.append(f"{name}: nothing refuses it")
        elif kind != "refused":
            wrong += [f"{name}: {document}: {said}" for document, said in found if said]
    print(f"{looked_at} documents of examples, {refused} of them refused")
    for version, kind in KINDS:
        taken = drawn(version, kind)
        bad = [said for manifest in taken if (said := schemas.faults(manifest))]
        count = len(bad) if (version, kind) in schemas.kinds else "no schema for those"
        print(f"{version} {kind}: {len(taken)} drawn that are taken, {count} that do not fit")
        wrong += [f"{version} {kind}: {said}" for said in bad[:3]]
    print(*wrong, sep="\n")
    return int(bool(wrong))


def drawn(version: str, kind: str) -> list[Any]:
    found: list[Any] = []

    @settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(manifests(version, kind))
    def draw(manifest: Any) -> None:
        if not reasons(manifest):
            found.append(manifest)

    random.seed(0)
    draw()
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
