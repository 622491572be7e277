"""ConfigMaps: variables that they give, and files of theirs that a container finds where they are mounted.

https://kubernetes.io/docs/concepts/configuration/configmap/ : a key of `data` is a file of the volume, unless `items`
give it another path; `subPath` mounts one of them alone.
"""

from __future__ import annotations

import posixpath
from typing import Final

from dtlint.job.site import Site
from dtlint.run.word import Word
from dtlint.tools.manifests.beside import called
from dtlint.tools.manifests.words import word
from dtlint.value import Value, known
from dtlint.value.value import Fields, Items

_ELSEWHERE: Final = ("behavior", "envs", "env", "files")
"""What makes a generator add to another one, or take from files."""


def key_of(reference: Value, site: Site) -> Value | None:
    """What `configMapKeyRef` gives; None where the ConfigMap does not stand beside the manifest, or lacks the key."""
    found = called(site.documents, "ConfigMap", reference.field("name"))
    key = reference.field("key").string
    value = found.field("data").field(key) if found is not None and key is not None else None
    return value if value is not None and not value.is_absent else None


def variables(sources: Value, site: Site) -> tuple[dict[str, Value], bool]:
    """What `envFrom` gives, and whether that is all: ConfigMaps beside the manifest, and nothing else."""
    given: dict[str, Value] = {}
    if sources.is_absent:
        return given, True
    complete = isinstance(sources.content, Items) and sources.content.complete
    for one in sources.content.items if isinstance(sources.content, Items) else ():
        name = one.field("configMapRef").field("name")
        found = called(site.documents, "ConfigMap", name)
        data = found.field("data").content if found is not None else _generated(site.documents, name)
        prefix = one.field("prefix")
        if not isinstance(data, Fields) or not data.complete or not (prefix.is_absent or prefix.known):
            complete = False
            continue
        start = "" if prefix.is_absent else prefix.string or ""
        given |= {f"{start}{key}": value.as_text() for key, value in data.entries.items()}
    return given, complete


def _generated(documents: tuple[Value, ...], name: Value) -> Fields | None:
    """What a `kustomization.yaml` beside the manifest makes the ConfigMap of, where it says all of it in literals.

    https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/configmapgenerator/
    """
    makers = [
        maker
        for document in documents
        if isinstance(several := document.field("configMapGenerator").content, Items)
        for maker in several.items
        if (maker.field("name") == name).always
    ]
    if len(makers) != 1 or any(not makers[0].field(name).is_absent for name in _ELSEWHERE):
        return None
    literals = makers[0].field("literals").content
    if not isinstance(literals, Items) or not literals.complete:
        return None
    pairs = [((one.string or "").partition("="), one.trail) for one in literals.items]
    if not all(equals for (_, equals, _), _ in pairs):
        return None
    return Fields({key: Value(known(text.strip("\"'")).content, trail) for (key, _, text), trail in pairs}, True)


def mounted(mounts: Value, volumes: dict[str, Value], site: Site) -> dict[str, Word]:
    """The texts of ConfigMaps by the path where a container finds them."""
    files: dict[str, Word] = {}
    for mount in mounts.content.items if isinstance(mounts.content, Items) else ():
        path, volume = mount.field("mountPath").string, volumes.get(str(mount.field("name")))
        reference = volume.field("configMap") if volume is not None else None
        if path is None or reference is None or reference.is_absent:
            continue
        found = called(site.documents, "ConfigMap", reference.field("name"))
        data = found.field("data").content if found is not None else None
        if isinstance(data, Fields):
            for name, value in _placed(data, reference.field("items")).items():
                part = mount.field("subPath").string
                place = posixpath.join(path, name) if part is None else path if part == name else None
                if place is not None and value.trail:
                    files[posixpath.normpath(place)] = word(value, site.files.source(value.at.path), shell=True)
    return files


def _placed(data: Fields, chosen: Value) -> dict[str, Value]:
    """Texts by their paths within the volume."""
    if not isinstance(chosen.content, Items):
        return dict(data.entries) if chosen.is_absent else {}
    paths = [(one.field("key").string or "", one.field("path").string) for one in chosen.content.items]
    return {path: data.entries[key] for key, path in paths if key in data.entries and path is not None}
