"""Version pins, wherever they stand: requirements, project and lock files, conda, Dockerfiles, shell text, image tags.

A comment is no pin.  Not read: `setup.py`, files that `-r` includes (they are files of their own), Pipfiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from dtlint.facts.document import Hole, Leaf, Listing, Mapping, Node
from dtlint.facts.pins import Pin
from dtlint.source import Source, Span

_REQUIREMENT: Final = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)[ \t]*(?:\[[^\]]*\])?[ \t]*"
    r"(?:@[ \t]*(?P<url>\S+)|\(?(?P<specifier>(?:(?:[=!<>~]=?=?|===)[ \t]*[^\s,;()#]+[ \t]*,?[ \t]*)*)\)?)"
    r"[ \t]*(?:;[ \t]*(?P<marker>.*))?$"
)
_RELEASE: Final = re.compile(r"v?[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.?post[0-9]+)?(?:\.?dev[0-9]+)?")
_HERE: Final = re.compile(
    r"""(?:sys_platform|platform_system|platform_machine|os_name)\s*==\s*['"](?:linux|Linux|x86_64|posix)['"]"""
)
"""Markers that hold on the machines where training runs."""
_WHEEL: Final = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[0-9][^-/]*)(?:-[^-/]+){2,4}\.whl")
_LOCKED: Final = re.compile(
    r'^\[\[package\]\]\s*\nname = "(?P<name>[^"\n]+)"\s*\nversion = "(?P<version>[^"\n]+)"', re.MULTILINE
)
_INSTALL: Final = re.compile(
    r"\b(?P<tool>pip[0-9.]*|uv[ \t]+(?:pip|add)|conda|mamba|micromamba)(?:[ \t]+(?P<verb>install|create))?(?=[ \t\\])"
)
_WORD: Final = re.compile(r"""\\\r?\n|(?P<word>(?:"[^"\n]*"|'[^'\n]*'|[^\s"'|&;()])+)|(?P<end>[\n|&;()])""")
_WITH_ARGUMENT: Final = frozenset(
    ("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
     "-e", "--editable", "-t", "--target", "--prefix", "--trusted-host", "--python", "--root", "-n", "--name",
     "--channel", "-p", "--file", "--global-option", "--config-settings", "--timeout", "--retries", "--progress-bar")
)  # fmt: skip
_CONDA: Final = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch", "tensorflow-gpu": "tensorflow"}
_CONDA_SPEC: Final = re.compile(r"(?P<name>[A-Za-z0-9_.-]+?)[ \t]*(?P<specifier>(?:[=!<>~]=?|[ \t])[^#]*)?$")

# The tag of these images is the version of the package, said on their pages on Docker Hub.
_IMAGES: Final = {
    "pytorch/pytorch": "torch",
    "tensorflow/tensorflow": "tensorflow",
    "horovod/horovod": "horovod",
    "rayproject/ray": "ray",
    "rayproject/ray-ml": "ray",
}
# These hold a version that their tag does not tell: NVIDIA's are named by month and hold builds of their own
# (docs.nvidia.com/deeplearning/frameworks/pytorch-release-notes).
_OPAQUE_IMAGES: Final = {
    "nvcr.io/nvidia/pytorch": "torch",
    "nvcr.io/nvidia/tensorflow": "tensorflow",
    "nvcr.io/nvidia/nemo": "torch",
}


def read(source: Source) -> tuple[Pin, ...]:
    """The pins of a file, by its name; nothing for a file that holds none."""
    name = source.path.rpartition("/")[2].lower()
    if name.endswith(".toml"):
        return tuple(_project(source))
    if name.endswith(".lock"):
        return tuple(_locked(source))
    if name.endswith((".yml", ".yaml")):
        return tuple(_conda(source))
    if "dockerfile" in name or "containerfile" in name:
        return tuple(_dockerfile(source))
    if name.endswith((".sh", ".bash", ".slurm", ".sbatch")):
        return tuple(installed(source.text, Span(source.path, 0, len(source.text))))
    return tuple(_requirements(source))


def installed(text: str, at: Span) -> Iterator[Pin]:
    """What `pip install` and its kin install in shell text that stands at `at`."""
    for found in _INSTALL.finditer(text):
        tool = found.group("tool").split()[-1]
        if found.group("verb") is None and tool != "add":
            continue
        line = text.rfind("\n", 0, found.start()) + 1
        if re.search(r"(?:^|\s)#", text[line : found.start()]):
            continue
        conda = tool in ("conda", "mamba", "micromamba")
        yield from _words(text, found.end(), at, conda)


def image(reference: str, at: Span) -> Pin | None:
    """The version that a container image holds, where its name tells which package it is of."""
    name, _, tag = reference.partition("@")[0].partition(":")
    name = name.removeprefix("docker.io/")
    if name in _OPAQUE_IMAGES:
        return Pin(_OPAQUE_IMAGES[name], reference, None, at)
    if name not in _IMAGES:
        return None
    found = re.match(r"[0-9]+\.[0-9]+\.[0-9]+(?=$|-)", tag)
    return Pin(_IMAGES[name], f"=={found.group()}" if found else reference, found.group() if found else None, at)


def requirement(written: str, at: Span) -> Pin | None:
    """One requirement as pip takes it; None for what is none."""
    wheel = _WHEEL.search(written.replace("%2B", "+")) if ".whl" in written else None
    if wheel is not None:
        version = wheel.group("version")
        return Pin(canonical(wheel.group("name")), written, version.partition("+")[0], at)
    found = _REQUIREMENT.match(written)
    if found is None:
        return None
    name = canonical(found.group("name"))
    if found.group("url"):
        return Pin(name, found.group("url"), None, at)
    specifier = re.sub(r"\s+", "", found.group("specifier") or "").strip(",")
    exact = _exact(specifier)
    marker = found.group("marker")
    if marker and not _HERE.fullmatch(marker.strip()):
        exact = None
    return Pin(name, specifier, exact, at)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _exact(specifier: str) -> str | None:
    for clause in specifier.split(","):
        if clause.startswith("=="):
            version = clause.lstrip("=").partition("+")[0]
            return version.removeprefix("v") if _RELEASE.fullmatch(version) else None
    return None


def _requirements(source: Source) -> Iterator[Pin]:
    for number, start in enumerate(source.starts, 1):
        line = source.line(number)
        indent = len(line) - len(line.lstrip())
        content = re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
        content = re.split(r"\s--(?:hash|global-option|config-settings)\b|\s*\\$", content, maxsplit=1)[0].strip()
        if not content or content.startswith("-"):
            continue
        pin = requirement(content, Span(source.path, start + indent, start + indent + len(content)))
        if pin is not None:
            yield pin


def _locked(source: Source) -> Iterator[Pin]:
    for found in _LOCKED.finditer(source.text):
        version = found.group("version")
        at = Span(source.path, *found.span("version"))
        yield Pin(canonical(found.group("name")), f"=={version}", version.partition("+")[0], at)


def _project(source: Source) -> Iterator[Pin]:
    from dtlint.read import toml

    root = toml.read(source).roots[0]
    yield from _listed(_at(root, "project", "dependencies"))
    for groups in (_at(root, "project", "optional-dependencies"), _at(root, "dependency-groups")):
        if isinstance(groups, Mapping):
            for entry in groups.entries:
                yield from _listed(entry.node)
    poetry = _at(root, "tool", "poetry")
    tables = [_at(poetry, "dependencies"), _at(poetry, "dev-dependencies")]
    groups = _at(poetry, "group")
    if isinstance(groups, Mapping):
        tables += [_at(entry.node, "dependencies") for entry in groups.entries]
    for table in tables:
        if isinstance(table, Mapping):
            for entry in table.entries:
                yield from _poetry(entry.key, entry.node)


def _at(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _listed(node: Node | None) -> Iterator[Pin]:
    for item in node.items if isinstance(node, Listing) else ():
        if isinstance(item, Leaf) and isinstance(item.value, str):
            pin = requirement(item.value.strip(), item.at)
            if pin is not None:
                yield pin


def _poetry(name: str, node: Node) -> Iterator[Pin]:
    if name == "python":
        return
    at = node.at
    if isinstance(node, Listing):
        # Several, each under a condition.
        yield Pin(canonical(name), "", None, at)
        return
    conditional = False
    if isinstance(node, Mapping):
        conditional = any(node.get(key) is not None for key in ("markers", "python", "platform"))
        version = node.get("version")
        if version is None:
            yield Pin(canonical(name), "", None, at)
            return
        node = version
    if isinstance(node, Hole) or not isinstance(node, Leaf):
        yield Pin(canonical(name), "", None, at)
        return
    specifier = _poetry_specifier(str(node.value))
    yield Pin(canonical(name), specifier, None if conditional else _exact(specifier), node.at)


def _poetry_specifier(written: str) -> str:
    """Poetry's `2.1.0`, `^2.1` and `~2.1` as PEP 440 says them (python-poetry.org/docs/dependency-specification)."""
    clauses = []
    for clause in written.replace(" ", "").split(","):
        found = re.fullmatch(r"([\^~]?)([0-9]+(?:\.[0-9]+)*)", clause)
        if found is None:
            clauses.append("" if clause == "*" else clause)
            continue
        mark, version = found.groups()
        numbers = [int(number) for number in version.split(".") if len(number) < 9]
        if not mark:
            clauses.append(f"=={version}")
            continue
        if mark == "~":
            kept = min(2, len(numbers))
        else:
            kept = next((index + 1 for index, number in enumerate(numbers) if number), len(numbers))
        upper = [*numbers[: kept - 1], numbers[kept - 1] + 1] if numbers else [0]
        clauses.append(f">={version},<{'.'.join(map(str, upper))}")
    return ",".join(filter(None, clauses))


def _conda(source: Source) -> Iterator[Pin]:
    from dtlint.read import yaml

    for root in yaml.read(source).roots:
        listed = _at(root, "dependencies")
        for item in listed.items if isinstance(listed, Listing) else ():
            if isinstance(item, Leaf) and isinstance(item.value, str):
                pin = _conda_pin(item.value, item.at)
                if pin is not None:
                    yield pin
            else:
                yield from _listed(_at(item, "pip"))


def _conda_pin(written: str, at: Span) -> Pin | None:
    """`pytorch=2.1.0=py3.10_cuda12.1_0`, `channel::name>=1`; one `=` allows what begins so."""
    found = _CONDA_SPEC.match(written.rpartition("::")[2].strip())
    if found is None:
        return None
    name = canonical(found.group("name"))
    name = _CONDA.get(name, name)
    specifier = (found.group("specifier") or "").strip()
    single = re.fullmatch(r"=[ \t]*([0-9][^=,<>|*\s]*)(?:=\S*)?", specifier)
    if single is not None:
        version = single.group(1)
        # No release of three numbers has others that begin so.
        whole = _RELEASE.fullmatch(version) is not None and version.count(".") >= 2
        return Pin(name, f"=={version}" if whole else f"=={version}.*", version if whole else None, at)
    double = re.fullmatch(r"==[ \t]*([0-9][^=,<>|*\s]*)(?:=\S*)?", specifier)
    if double is not None:
        return Pin(name, f"=={double.group(1)}", _exact(f"=={double.group(1)}"), at)
    return Pin(name, specifier, None, at)


def _dockerfile(source: Source) -> Iterator[Pin]:
    from dtlint.read import dockerfile

    for stage in dockerfile.read(source).stages:
        if isinstance(stage.image, Leaf):
            pin = image(str(stage.image.value), stage.image.at)
            if pin is not None:
                yield pin
        for instruction in stage.instructions:
            if instruction.keyword == "RUN":
                for text in (instruction.arguments, *instruction.heredocs):
                    yield from installed(text.text, text.at)


def _words(text: str, start: int, at: Span, conda: bool) -> Iterator[Pin]:
    skip = False
    for found in _WORD.finditer(text, start):
        if found.group("end"):
            return
        word = found.group("word")
        if word is None:
            continue
        if word.startswith("#"):
            return
        if skip or word.startswith("-"):
            # `-c` is a channel for conda, constraints for pip: an argument either way.
            skip = not skip and word in _WITH_ARGUMENT
            continue
        place = Span(at.path, at.start + found.start(), at.start + found.end())
        content = word.replace('"', "").replace("'", "")
        if re.match(r"[./]|\w+:|git\+|\$", content) and ".whl" not in content and "::" not in content:
            continue
        pin = _conda_pin(content, place) if conda else requirement(content, place)
        if pin is not None:
            yield pin


def by_name(pins: Iterable[Pin], name: str) -> tuple[Pin, ...]:
    """The pins of one package."""
    wanted = canonical(name)
    return tuple(pin for pin in pins if pin.name == wanted)
