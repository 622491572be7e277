"""The direction of the layers: what each part of dtlint may import of the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
PACKAGE = TOP / "dtlint"

VOCABULARY = {"record", "source", "fix", "diagnostic"}
"""Small nouns that every layer may use."""
COMMANDS = {"run.word", "run.host", "run.environment", "run.files", "run.settings", "run.spawn", "run.releases"}
"""What tools need of a run: a command, where it starts and what it finds there."""

ALLOWED: dict[str, set[str]] = {
    "record": set(),
    "source": {"record"},
    "fix": {"record", "source"},
    "diagnostic": {"record", "source", "fix"},
    "facts": {"record", "source"},
    "value": {"record", "source"},
    "collector": set(),
    "read": {"record", "source", "facts", "collector"},
    "job": {*VOCABULARY, "value", "facts", "tools.options", *COMMANDS},
    "tools": {*VOCABULARY, "value", "facts", "job", "read.template", *COMMANDS},
    "run": {*VOCABULARY, "value", "facts", "tools", "job", "read"},
    "mend": {"record", "source", "fix", "value"},
    "rules": {"rule", "mend", "run", "job", "value"},
    "rule": {*VOCABULARY, "mend", "value"},
    "card": VOCABULARY,
    "shelf": {"cache"},
    "catalog": {*VOCABULARY, "card", "shelf"},
    "outcome": {*VOCABULARY, "card"},
    "fingerprint": VOCABULARY,
    "baseline": {*VOCABULARY, "fingerprint", "outcome"},
    "report": {
        *VOCABULARY,
        "card",
        "outcome",
        "fingerprint",
        "value",
        "job.run",
        "run.roster",
        "run.picture",
        "__version__",
    },
    "readings": {*VOCABULARY, "value", "job", "run"},
    "outline": {*VOCABULARY, "value", "job", "run", "readings"},
    "session": {
        "remembered",
        "record",
        "collector",
        "config",
        "catalog",
        "engine",
        "cache",
        "workspace",
        "judged",
        "outcome",
        "outline",
        "facts.problem",
        "job.run",
        "read.kinds",
        "run.jobs",
        "run.recording",
    },
    "lsp": {
        *VOCABULARY,
        "card",
        "config",
        "outcome",
        "outline",
        "readings",
        "read.kinds",
        "report.lsp",
        "report.ranks",
        "report.view",
        "session",
        "ignoring",
        "workspace",
        "__version__",
    },
}
"""What each part may import; the parts that are not listed hold the engine together and may import what they need."""

ON_TOP = {"__main__", "cli", "lsp", "report", "engine", "session", "trial", "removed", "baseline"}
"""What no other part may import but these themselves."""


def parts() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path
    for path in sorted((TOP / "rules").glob("*/*.py")):
        yield "rules", path


def imports(path: Path) -> Iterator[str]:
    """Modules of dtlint that the file imports, without `dtlint.`; what only type checkers see is left out."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        yield from (name.removeprefix("dtlint.") for name in names if name.startswith("dtlint."))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize(("part", "path"), [pair for pair in parts() if pair[0] in ALLOWED])
def test_a_part_imports_only_what_stands_below_it(part: str, path: Path) -> None:
    allowed = {part, *ALLOWED[part]}
    for module in imports(path):
        fits = any(module == name or module.startswith(f"{name}.") for name in allowed)
        assert fits, f"{path.relative_to(TOP)} imports dtlint.{module}"


@pytest.mark.parametrize(
    ("part", "path"), [pair for pair in parts() if pair[0] not in ON_TOP and pair[0] != "__init__"]
)
def test_nothing_imports_the_top(part: str, path: Path) -> None:
    assert not {module.partition(".")[0] for module in imports(path)} & ON_TOP


def test_the_test_sees_imports() -> None:
    assert "card.Card" in set(imports(PACKAGE / "outcome.py"))
    assert {"read", "value", "report"} <= {part for part, _ in parts()}
