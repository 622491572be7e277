"""What a user sets for dtlint: `[tool.dtlint]` in `pyproject.toml`, or `dtlint.toml`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dtlint.diagnostic import Severity
from dtlint.record import record
from dtlint.source import Source, Span
from dtlint.value import How, Step, Value, known

if TYPE_CHECKING:
    from jsonschema import ValidationError

    from dtlint.facts.document import Node

FILE: Final = "dtlint.toml"
PROJECT: Final = "pyproject.toml"
SITE_RULES: Final = ".dtlint/rules"


class ConfigError(Exception):
    """The configuration is wrong; the message names the file, the line and the key."""


@record
class ClusterConfig:
    """What the user says of the machines; None and empty where nothing is said."""

    gpus_per_node: int | None = None
    cpus_per_node: int | None = None
    interfaces: tuple[str, ...] = ()
    """Network interfaces of a node."""
    hosts: tuple[str, ...] = ()
    """Names of the machines."""
    places: Mapping[str, Span] = field(default_factory=dict)
    """Where each setting stands, by its name in the file."""


@record
class Config:
    """Patterns are those of `.gitignore`, from the folder of the configuration file."""

    path: str | None = None
    """The file that it was read from, from the workspace root; None for the defaults."""
    base: str = ""
    """The folder that patterns are relative to, from the workspace root; it may begin with `..`."""
    include: tuple[str, ...] = ()
    """Only these files; all if empty."""
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    """Only these rules; all that are on if empty."""
    ignore: tuple[str, ...] = ()
    per_path_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern -> rules that are not reported there; the way to suppress in JSON."""
    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    """Rule -> severity; None turns it off."""
    assume: Mapping[str, Value] = field(default_factory=dict)
    """Variables of the environment that nothing sets."""
    cluster: ClusterConfig = field(default_factory=ClusterConfig)
    markdown: bool = True
    """Commands in the code blocks of Markdown and reStructuredText are read."""
    rules: tuple[str, ...] = (SITE_RULES,)
    """Folders with rules of the site, from the folder of the configuration file."""


def load(root: Path) -> Config:
    """The configuration for the workspace at `root`: of the nearest folder upwards that has one, within the repository.

    Raises `ConfigError`.
    """
    for folder in (root, *root.parents):
        if not os.access(folder, os.X_OK):
            break
        for name in (FILE, PROJECT):
            config = read(folder / name, root)
            if config is not None:
                return config
        if (folder / ".git").exists():
            break
    return Config()


def read(file: Path, root: Path) -> Config | None:
    """The configuration that `file` holds; None if it holds none.  Raises `ConfigError`."""
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from error
    if file.name == PROJECT and b"dtlint" not in content:
        return None
    path = Path(os.path.relpath(file, root)).as_posix()
    return parse(content, path, () if file.name == FILE else ("tool", "dtlint"))


def parse(content: bytes, path: str, keys: tuple[str, ...] = ()) -> Config | None:
    """The configuration in the table under `keys`; None where there is no such table.  Raises `ConfigError`."""
    import tomllib

    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    table: Any = data
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
        if table is None:
            return None
    places = _Places(Source(path, content.decode("utf-8-sig")), keys)
    if table:
        _validate(table, places)
    return _config(table, places)


def _config(table: Mapping[str, Any], places: _Places) -> Config:
    cluster = table.get("cluster", {})
    return Config(
        path=places.source.path,
        base=os.path.dirname(places.source.path),
        include=tuple(table.get("include", ())),
        exclude=tuple(table.get("exclude", ())),
        select=tuple(table.get("select", ())),
        ignore=tuple(table.get("ignore", ())),
        per_path_ignores={pattern: tuple(names) for pattern, names in table.get("per-path-ignores", {}).items()},
        severities={
            rule: None if name == "off" else Severity(name) for rule, name in table.get("severities", {}).items()
        },
        assume={name: _assumed(name, value, places) for name, value in table.get("assume", {}).items()},
        cluster=ClusterConfig(
            gpus_per_node=cluster.get("gpus-per-node"),
            cpus_per_node=cluster.get("cpus-per-node"),
            interfaces=tuple(cluster.get("interfaces", ())),
            hosts=tuple(cluster.get("hosts", ())),
            places={name: places.span(("cluster", name)) for name in cluster},
        ),
        markdown=table.get("markdown", True),
        rules=tuple(table.get("rules", (SITE_RULES,))),
    )


def _assumed(name: str, value: str | int | float, places: _Places) -> Value:
    """Text, as all values of environment variables are."""
    return known(str(value), Step(How.ASSUMED, f"assumed: {name}={value}", places.span(("assume", name))))


class _Places:
    """Where things stand in the file; its second parser, with spans, runs only when somebody asks."""

    def __init__(self, source: Source, keys: tuple[str, ...]) -> None:
        self.source = source
        self.keys = keys
        self._root: Node | None = None

    def span(self, steps: Iterable[str | int]) -> Span:
        """The value under a path of keys and indices, or the nearest thing around it."""
        from dtlint.facts.document import Listing, Mapping
        from dtlint.read import toml

        if self._root is None:
            self._root = toml.read(self.source).roots[0]
        node = self._root
        for step in (*self.keys, *steps):
            inner: Node | None = None
            if isinstance(node, Mapping) and isinstance(step, str):
                inner = node.get(step)
            elif isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
                inner = node.items[step]
            if inner is None:
                break
            node = inner
        return node.at

    def key(self, steps: Iterable[str | int], key: str) -> Span:
        """The key itself, in the table under `steps`."""
        from dtlint.facts.document import Mapping

        self.span(())
        node: Node | None = self._root
        for step in (*self.keys, *steps):
            node = node.get(str(step)) if isinstance(node, Mapping) else None
        entries = node.entries if isinstance(node, Mapping) else ()
        return next((entry.key_at for entry in entries if entry.key == key), self.span(steps))

    def say(self, at: Span, message: str) -> ConfigError:
        return ConfigError(f"{self.source.path}:{self.source.position(at.start).line}: {message}")


def _validate(table: Any, places: _Places) -> None:
    """Raises `ConfigError` for the first thing that does not fit the schema."""
    import json

    # Imported here, since it takes a good part of a small check.
    from jsonschema import Draft202012Validator

    schema = json.loads((Path(__file__).parent / "config.schema.json").read_text(encoding="utf-8"))
    errors = sorted(Draft202012Validator(schema).iter_errors(table), key=lambda error: [*map(str, error.absolute_path)])
    if errors:
        raise _said(errors[0], table, places)


_SORTS: Final = {
    "array": "a list", "object": "a table", "string": "a string", "integer": "a whole number", "number": "a number",
    "boolean": "true or false",
}  # fmt: skip


def _said(error: ValidationError, table: Any, places: _Places) -> ConfigError:
    """In the words of the file, with the place."""
    steps = list(error.absolute_path)
    name = ".".join(str(step) for step in steps)
    at = places.span(steps)
    schema: Any = error.schema
    value: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            instance: Any = error.instance
            key = next(key for key in instance if key not in schema["properties"])
            return places.say(places.key(steps, key), _unknown_key(key, name, schema["properties"]))
        case "propertyNames" | "pattern":
            return places.say(places.key(steps, str(error.instance)), f"`{error.instance}` is no name of a variable")
        case "type":
            wanted = [value] if isinstance(value, str) else [sort for sort in value if sort != "integer"]
            return places.say(at, f"`{name or 'dtlint'}` must be {' or '.join(_SORTS[sort] for sort in wanted)}")
        case "enum":
            allowed = ", ".join(f"`{one}`" for one in value)
            return places.say(at, f"`{name}` is {error.instance!r}, and must be one of {allowed}")
        case "minimum":
            return places.say(at, f"`{name}` is {error.instance}, and must be at least {value}")
        case "minLength":
            return places.say(at, f"`{name}` is empty")
        case _:
            return places.say(at, f"`{name}`: {error.message}")


def _unknown_key(key: str, table: str, known_keys: Iterable[str]) -> str:
    from difflib import get_close_matches

    where = f" in `{table}`" if table else ""
    near = get_close_matches(key.replace("_", "-"), list(known_keys), n=1)
    return f"unknown key `{key}`{where}" + (f", did you mean `{near[0]}`?" if near else "")
