"""Python's own library, as far as scripts compute with it: what its functions and methods give on paper."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.library import (
    argument_parser,
    builtin,
    commands,
    containers,
    datasets,
    devices,
    documents,
    environment,
    paths,
    strings,
    system,
)
from dtlint.run.script.library.handler import Function, Method
from dtlint.run.script.objects import DictObject, Instance, ListObject, RangeObject, Thing, Unread
from dtlint.value import Value

FUNCTIONS: Final[dict[str, Function]] = {
    **builtin.FUNCTIONS,
    **containers.FUNCTIONS,
    **datasets.FUNCTIONS,
    **devices.FUNCTIONS,
    **environment.FUNCTIONS,
    **paths.FUNCTIONS,
    **documents.FUNCTIONS,
    **system.FUNCTIONS,
    **argument_parser.FUNCTIONS,
    **commands.FUNCTIONS,
}

METHODS: Final[dict[str, dict[str, Method]]] = {
    "list": containers.LIST_METHODS,
    "dict": containers.DICT_METHODS,
    "text": strings.METHODS,
    "parser": argument_parser.METHODS,
    "path": paths.METHODS,
    "namespace": containers.NAMESPACE_METHODS,
}

PURE: Final = (
    "torch.", "torchvision.", "numpy.", "math.", "os.", "sys.", "time.", "random.", "logging.", "json.", "yaml.",
    "datetime.", "re.", "pathlib.", "collections.", "itertools.", "functools.", "typing.", "warnings.", "copy.",
    "print", "len", "isinstance", "id", "repr", "str", "hasattr", "type", "hash", "shutil.", "glob.", "string.",
)  # fmt: skip
"""Names that begin so do not change the objects they are given, or only in ways that rows tell."""


def method_kind(receiver: Thing) -> str:
    """Which of `METHODS` apply to the receiver; empty if none do."""
    match receiver:
        case ListObject():
            return "list"
        case DictObject():
            return "dict"
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
        case RangeObject():
            return ""
        case _:
            return ""
