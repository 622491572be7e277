"""Pictures of jobs: for Graphviz, for Mermaid, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from dtlint.report.view import visible
from dtlint.run.picture import Edge, Mark, Node, Picture

FORMATS: Final = ("dot", "mermaid", "json")
VERSION: Final = 1
"""Raised when a field of the JSON changes its meaning or goes away."""

_SHAPES: Final = {
    "root": "note",
    "host": "box3d",
    "launch": "component",
    "process": "ellipse",
    "script": "note",
    "world": "doubleoctagon",
    "endpoint": "diamond",
    "config": "note",
    "more": "plaintext",
}
"""Shapes of Graphviz: https://graphviz.org/doc/info/shapes.html"""
_BRACKETS: Final = {
    "host": ("[[", "]]"),
    "launch": ("[/", "/]"),
    "process": ("([", "])"),
    "world": ("{{", "}}"),
    "endpoint": ("{", "}"),
    "more": ("[", "]"),
}
"""Shapes of Mermaid: https://mermaid.js.org/syntax/flowchart.html"""
_RED: Final = "#c62828"


def render(form: str, pictures: Sequence[Picture]) -> str:
    writers: dict[str, Callable[[Sequence[Picture]], str]] = {"dot": _dot, "mermaid": _mermaid, "json": _json}
    return writers[form](pictures)


def _named(marks: Sequence[Mark]) -> list[str]:
    """The rules, each once."""
    return list(dict.fromkeys(mark.rule for mark in marks))


def _name(number: int, name: str) -> str:
    return f"j{number}{name}"


# -- Graphviz


def _dot(pictures: Sequence[Picture]) -> str:
    lines = ["digraph jobs {", "  rankdir=LR;", "  node [fontname=sans, fontsize=11];"]
    for number, picture in enumerate(pictures):
        lines += _dot_job(number, picture)
    return "\n".join([*lines, "}"]) + "\n"


def _dot_job(number: int, picture: Picture) -> Iterator[str]:
    title = "\n".join([picture.root, *(f"⚠ {rule}" for rule in _named(picture.elsewhere))])
    yield f"  subgraph cluster_{number} {{"
    yield f"    label={_quoted(title)};"
    for node in picture.nodes:
        label = "\n".join([node.label, *(f"⚠ {rule}" for rule in _named(node.marks))])
        red = f", {_dot_red(node.marks)}" if node.marks else ""
        yield f"    {_name(number, node.name)} [label={_quoted(label)}, shape={_SHAPES[node.kind]}{red}];"
    for edge in picture.edges:
        label = "\n".join([edge.kind, *_named(edge.marks)])
        red = f", {_dot_red(edge.marks)}" if edge.marks else ""
        ends = f"{_name(number, edge.tail)} -> {_name(number, edge.head)}"
        yield f"    {ends} [label={_quoted(label)}, fontsize=9{red}];"
    yield "  }"


def _dot_red(marks: Sequence[Mark]) -> str:
    told = "\n".join(mark.message for mark in marks)
    return f'color="{_RED}", fontcolor="{_RED}", penwidth=2, tooltip={_quoted(told)}'


def _quoted(text: str) -> str:
    """A quoted string of the DOT language, in which a line end is written `\\n`."""
    escaped = "\\n".join(visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return f'"{escaped}"'


# -- Mermaid


def _mermaid(pictures: Sequence[Picture]) -> str:
    lines = ["flowchart LR", f"  classDef found stroke:{_RED},color:{_RED},stroke-width:3px"]
    edges = 0
    for number, picture in enumerate(pictures):
        lines.append(f'  subgraph job{number}["{_entities(picture.root)}"]')
        lines += (f"    {_mermaid_node(number, node)}" for node in picture.nodes)
        lines.append("  end")
        for edge in picture.edges:
            lines.append(f"  {_mermaid_edge(number, edge)}")
            if edge.marks:
                lines.append(f"  linkStyle {edges} stroke:{_RED},color:{_RED}")
            edges += 1
        lines += (f"  %% {visible(mark.rule)}: {visible(mark.message)}" for mark in picture.elsewhere)
    return "\n".join(lines) + "\n"


def _mermaid_node(number: int, node: Node) -> str:
    before, behind = _BRACKETS.get(node.kind, ("[", "]"))
    label = "<br>".join(_entities(part) for part in (node.label, *(f"⚠ {rule}" for rule in _named(node.marks))))
    return f'{_name(number, node.name)}{before}"{label}"{behind}' + (":::found" if node.marks else "")


def _mermaid_edge(number: int, edge: Edge) -> str:
    label = "<br>".join(_entities(part) for part in (edge.kind, *_named(edge.marks)))
    return f'{_name(number, edge.tail)} -->|"{label}"| {_name(number, edge.head)}'


def _entities(text: str) -> str:
    """Mermaid knows entities as `#quot;`, without an ampersand."""
    escaped = visible(text).replace("#", "#35;").replace('"', "#quot;")
    return escaped.replace("<", "#lt;").replace(">", "#gt;")


# -- JSON


def _json(pictures: Sequence[Picture]) -> str:
    content = {"version": VERSION, "jobs": [_json_job(picture) for picture in pictures]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _json_job(picture: Picture) -> dict[str, Any]:
    return {
        "root": picture.root,
        "nodes": [
            {"name": node.name, "kind": node.kind, "label": node.label, "findings": _json_marks(node.marks)}
            for node in picture.nodes
        ],
        "edges": [
            {"from": edge.tail, "to": edge.head, "kind": edge.kind, "findings": _json_marks(edge.marks)}
            for edge in picture.edges
        ],
        "findings_elsewhere": _json_marks(picture.elsewhere),
    }


def _json_marks(marks: Sequence[Mark]) -> list[dict[str, str]]:
    return [{"rule": mark.rule, "severity": mark.severity, "message": mark.message} for mark in marks]
