"""Python's own library, as far as scripts compute with it: what its functions and methods give on paper."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.library import (
    argument_parser,
    bars,
    builtin,
    click,
    commands,
    configs,
    containers,
    datasets,
    devices,
    documents,
    entries,
    environment,
    fabric,
    fire,
    flags,
    hosts,
    hydra,
    lightning_cli,
    nemo_run,
    orbax,
    paths,
    ray,
    records,
    replicas,
    resolvers,
    strings,
    submitit,
    system,
    trees,
    typer,
)
from dtlint.run.script.library.handler import Attribute, Function, Method
from dtlint.run.script.objects import DictObject, FunctionObject, Instance, ListObject, RangeObject, Thing, Unread
from dtlint.value import Value

FUNCTIONS: Final[dict[str, Function]] = {
    **builtin.FUNCTIONS,
    **containers.FUNCTIONS,
    **datasets.FUNCTIONS,
    **devices.FUNCTIONS,
    **environment.FUNCTIONS,
    **orbax.FUNCTIONS,
    **paths.FUNCTIONS,
    **documents.FUNCTIONS,
    **system.FUNCTIONS,
    **argument_parser.FUNCTIONS,
    **commands.FUNCTIONS,
    **click.FUNCTIONS,
    **typer.FUNCTIONS,
    **ray.FUNCTIONS,
    **records.FUNCTIONS,
    **replicas.FUNCTIONS,
    **trees.FUNCTIONS,
    **fabric.FUNCTIONS,
    **fire.FUNCTIONS,
    **flags.FUNCTIONS,
    **configs.FUNCTIONS,
    **hosts.FUNCTIONS,
    **hydra.FUNCTIONS,
    **lightning_cli.FUNCTIONS,
    **entries.FUNCTIONS,
    **submitit.FUNCTIONS,
    **nemo_run.FUNCTIONS,
}

METHODS: Final[dict[str, dict[str, Method]]] = {
    "list": containers.LIST_METHODS,
    "dict": containers.DICT_METHODS,
    "text": strings.METHODS,
    "parser": argument_parser.METHODS,
    "path": paths.METHODS,
    "namespace": containers.NAMESPACE_METHODS,
    "command": entries.METHODS,
    "typer": typer.METHODS,
    "config": configs.METHODS,
    "file": documents.METHODS,
}

ATTRIBUTES: Final[dict[str, Attribute]] = {
    **containers.ATTRIBUTES,
    **flags.ATTRIBUTES,
    **configs.ATTRIBUTES,
    **paths.ATTRIBUTES,
    **submitit.ATTRIBUTES,
    **bars.ATTRIBUTES,
    **resolvers.ATTRIBUTES,
}
"""What attributes of these names and classes outside the workspace give."""

PURE: Final = (
    "torch.", "torchvision.", "numpy.", "math.", "os.", "sys.", "time.", "random.", "logging.", "json.", "yaml.",
    "datetime.", "re.", "pathlib.", "collections.", "itertools.", "functools.", "typing.", "warnings.", "copy.",
    "print", "len", "isinstance", "id", "repr", "str", "hasattr", "type", "hash", "shutil.", "glob.", "string.",
    "paddle.io.", "paddle.vision.",
)  # fmt: skip
"""Names that begin so do not change the objects they are given, or only in ways that rows tell."""


def attribute_reader(owner: Thing) -> Attribute | None:
    """What reads the attributes of an object whose class is modelled."""
    if isinstance(owner, DictObject):
        return ATTRIBUTES.get(owner.cls)
    if isinstance(owner, Unread):
        return ATTRIBUTES.get(bars.bar_of(owner))
    return ATTRIBUTES.get(owner.cls) if isinstance(owner, Instance) and isinstance(owner.cls, str) else None


def method_kind(receiver: Thing) -> str:
    """Which of `METHODS` apply to the receiver; empty if none do."""
    match receiver:
        case ListObject():
            return "list"
        case DictObject(cls="dict"):
            return "dict"
        case DictObject():
            return "config"
        case Value() | Unread():
            return "text"
        case Instance() if receiver.is_a("argparse.ArgumentParser") or receiver.is_a(argument_parser.GROUP):
            return "parser"
        case Instance() if receiver.is_a("transformers.HfArgumentParser"):
            return "parser"
        case Instance() if receiver.is_a("pathlib.Path"):
            return "path"
        case Instance(cls="argparse.Namespace"):
            return "namespace"
        case Instance(cls=documents.OPENED):
            return "file"
        case Instance(cls="typer.Typer"):
            return "typer"
        case FunctionObject() if receiver.command:
            return "command"
        case RangeObject():
            return ""
        case _:
            return ""
