"""YAML, JSON, TOML, dotenv and hostfiles: values as the formats' own parsers give them, places as they are written."""

from __future__ import annotations

import json as standard_json
import math
import time
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml as standard_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dtlint.facts.document import Document, Hole, Leaf, Listing, Mapping, Node
from dtlint.read import dotenv, hostfile, json, toml, yaml
from dtlint.read.template import is_template
from dtlint.run.settings import value_of
from dtlint.source import Source

FILLED = object()
"""Stands for a hole where documents are compared."""


def plain(node: Node) -> Any:
    match node:
        case Leaf(value=value):
            return value
        case Hole():
            return FILLED
        case Listing(items=items):
            return [plain(item) for item in items]
        case Mapping(entries=entries):
            return {entry.key: plain(entry.node) for entry in entries}


def leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case Leaf():
            yield node
        case Listing(items=items):
            for item in items:
                yield from leaves(item)
        case Mapping(entries=entries):
            for entry in entries:
                yield from leaves(entry.node)
        case _:
            return


def read_yaml(text: str) -> Document:
    return yaml.read(Source("a.yaml", text))


def read_json(text: str, path: str = "a.json") -> Document:
    return json.read(Source(path, text))


def read_toml(text: str) -> Document:
    return toml.read(Source("a.toml", text))


def only(document: Document) -> Any:
    assert not document.problems
    (root,) = document.roots
    return plain(root)


def written(text: str, node: Node) -> str:
    return text[node.at.start : node.at.end]


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).filter(lambda word: not is_template(word))
KEYS = st.text("abcxyz-_01 é𝄞", min_size=1, max_size=8).filter(lambda key: not is_template(key))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
NOISE = st.text("{}[]:,\"'\\ \n\t-#&*!|>%@`abc019.=$<>~?\r\ufeff\x00\ud800", max_size=60)


class TestJson:
    @given(DATA, st.sampled_from((None, 0, 2)))
    def test_values_and_places_are_those_of_the_standard_parser(self, data: Any, indent: int | None) -> None:
        text = standard_json.dumps(data, indent=indent, ensure_ascii=False)
        document = read_json(text)
        assert only(document) == data
        for leaf in leaves(document.roots[0]):
            again = standard_json.loads(written(text, leaf))
            assert again == leaf.value
            assert type(again) is type(leaf.value)

    @given(DATA, st.data())
    def test_what_is_cut_off_is_read_as_far_as_it_goes(self, data: Any, draw: st.DataObject) -> None:
        text = standard_json.dumps({"first": 1, "rest": data})
        cut = text[: draw.draw(st.integers(12, len(text) - 1))]
        document = read_json(cut)
        assert document.problems or any(isinstance(root, Mapping) and not root.complete for root in document.roots)
        (root,) = document.roots
        assert isinstance(root, Mapping)
        assert plain(root)["first"] == 1
        assert not root.complete

    def test_bare_words_and_templates_are_holes_and_no_problems(self) -> None:
        text = '{"a": CONFIG_X, "b": {{ batch }}, "c": <FILL>, "d": "${N}", "e": 8, "f": 8{{ zeros }}, "auto": "auto"}'
        document = read_json(text)
        assert only(document) == {**dict.fromkeys("abcdf", FILLED), "e": 8, "auto": "auto"}
        holes = [entry.node for entry in document.roots[0].entries if isinstance(entry.node, Hole)]  # type: ignore[union-attr]
        assert [hole.text for hole in holes] == ["CONFIG_X", "{{ batch }}", "<FILL>", "${N}", "8{{ zeros }}"]

    @pytest.mark.parametrize(
        ("text", "message", "value"),
        [
            ('{"a": 1, /* c */ "b": 2}', "a comment", {"a": 1, "b": 2}),
            ('{"a": 1, "b": 2,}', "a comma behind the last member", {"a": 1, "b": 2}),
            ('{"a": True, "b": 2}', "`True` is `true`", {"a": FILLED, "b": 2}),
            ('{"a": 01, "b": 2}', "`01` is no number", {"a": FILLED, "b": 2}),
            ('{"a" 1, "b": 2}', "no `:` behind a key", {"b": 2}),
            ('{"a": 1 "b": 2}', "no comma between two members", {"a": 1, "b": 2}),
            ("{'a': 1, \"b\": 2}", "a key without double quotes", {"a": 1, "b": 2}),
            ('{a: 1, "b": 2}', "a key without double quotes", {"a": 1, "b": 2}),
            ('{"a": "x\n, "b": 2}', "a string without an end", {"a": FILLED, "b": 2}),
            ('{"a": 1, "b": 2}}', "more text behind its end", {"a": 1, "b": 2}),
        ],
    )
    def test_what_parsers_reject_is_one_problem_and_the_rest_is_read(self, text: str, message: str, value: Any) -> None:
        document = read_json(text)
        assert [problem.message for problem in document.problems] == [f"not valid JSON: {message}"]
        assert plain(document.roots[0]) == value

    def test_comments_and_commas_are_allowed_where_the_name_says_so(self) -> None:
        assert only(read_json('{"a": 1, // c\n}', "tsconfig.json")) == {"a": 1}
        assert only(read_json("{a: 1}", "x.jsonc")) == {"a": 1}

    def test_the_same_key_twice_is_kept_and_the_last_one_counts(self) -> None:
        root = read_json('{"a": 1, "a": 2}').roots[0]
        assert isinstance(root, Mapping)
        assert [entry.key for entry in root.entries] == ["a", "a"]
        assert value_of(root).get("a").constant == 2

    def test_a_template_statement_leaves_the_object_incomplete(self) -> None:
        root = read_json('{"a": 1, {% if x %} "b": 2 {% endif %}}').roots[0]
        assert isinstance(root, Mapping)
        assert not root.complete

    def test_lines_of_json_are_several_documents(self) -> None:
        document = read_json('{"a": 1}\n{"a": 2}\n')
        assert [plain(root) for root in document.roots] == [{"a": 1}, {"a": 2}]
        assert not document.problems


class TestYaml:
    @given(DATA, st.sampled_from((None, '"', "'", "|", ">")), st.booleans())
    def test_values_are_those_of_the_safe_loader(self, data: Any, style: Any, flow: bool) -> None:
        text = standard_yaml.safe_dump(data, default_style=style, default_flow_style=flow, allow_unicode=True)
        expected = standard_yaml.safe_load(text)
        assert only(read_yaml(text)) == expected

    @given(DATA, st.sampled_from((None, '"', "'")), st.booleans())
    def test_a_leaf_alone_reads_the_same(self, data: Any, style: Any, flow: bool) -> None:
        text = standard_yaml.safe_dump(data, default_style=style, default_flow_style=flow, allow_unicode=True)
        for leaf in leaves(read_yaml(text).roots[0]):
            piece = written(text, leaf)
            again = standard_yaml.safe_load(piece) if piece else None
            if style is None:
                assert again == leaf.value
            else:
                # `!!int "1"`: the tag stands before the leaf.
                assert str(again) == leaf.text or "\n" in piece or "\\" in piece or "''" in piece

    @pytest.mark.parametrize(
        "scalar", ["1e-4", "1.e-4", "1.0e+4", "yes", "off", "0o17", "017", "0x1F", "1_000", "12:30", "~", ".inf"]
    )
    def test_scalars_are_typed_as_yaml_1_1_has_it(self, scalar: str) -> None:
        assert only(read_yaml(f"a: {scalar}")) == standard_yaml.safe_load(f"a: {scalar}")

    def test_dates_stay_text(self) -> None:
        assert only(read_yaml("a: 2024-01-01")) == {"a": "2024-01-01"}

    def test_an_alias_says_where_it_stands_and_where_its_value_does(self) -> None:
        text = "a: &n 8\nb: *n\nc: &m {k: 1}\nd: *m\n"
        root = read_yaml(text).roots[0]
        assert isinstance(root, Mapping)
        for key, value, alias in (("b", "8", "*n"), ("d", "1", "*m")):
            (leaf,) = leaves(root.get(key))  # type: ignore[arg-type]
            assert written(text, leaf) == value
            assert leaf.alias_at is not None
            assert text[leaf.alias_at.start : leaf.alias_at.end] == alias

    @given(st.permutations(["a", "b"]), st.booleans())
    def test_merged_keys_lose_against_own_ones(self, order: list[str], own_first: bool) -> None:
        own = ["  k: own\n"] if own_first else []
        late = [] if own_first else ["  k: own\n"]
        text = (
            "a: &a {k: a, x: a}\nb: &b {k: b, x: b, y: b}\nc:\n"
            + "".join([*own, f"  <<: [{', '.join('*' + name for name in order)}]\n", *late])
        )
        assert only(read_yaml(text)) == standard_yaml.safe_load(text)

    def test_templates_in_scalars_are_holes(self) -> None:
        text = (
            'a: {{ .Values.a }}\nb: "x-{{ b }}"\nc: ${oc.env:X}\nd: $HOME/x\ne: <your name>\nf: ???\n'
            "g: plain\n{{ key }}: 1\n"
        )
        document = read_yaml(text)
        root = document.roots[0]
        assert isinstance(root, Mapping)
        assert not document.problems
        assert not root.complete
        found = plain(root)
        assert found.pop("{{ key }}") == 1
        assert found == {**dict.fromkeys("abcdef", FILLED), "g": "plain"}
        assert root.get("b").text == "x-{{ b }}"  # type: ignore[union-attr]

    def test_words_that_sed_fills_in_are_holes_where_yaml_would_stop(self) -> None:
        document = read_yaml("image: %IMAGE_NAME%\ntags:\n- @TAG@\n- plain\nnote: \"100% of @all@\"\n")
        assert not document.problems
        assert plain(document.roots[0]) == {"image": FILLED, "tags": [FILLED, "plain"], "note": "100% of @all@"}

    def test_helm_statements_are_taken_out_and_leave_doubt(self) -> None:
        text = (
            "kind: Job\n{{- if .Values.big }}\ngpus: 8\n{{- else }}\ngpus: 4\n{{- end }}\n"
            "spec:\n  {{- toYaml .Values.spec | nindent 2 }}\n  fixed: 1\nlabels:\n  {{- include \"x\" . }}\n"
        )
        document = read_yaml(text)
        assert not document.problems
        root = document.roots[0]
        assert isinstance(root, Mapping)
        assert not root.complete
        found = plain(root)
        assert found["kind"] == "Job"
        assert found["gpus"] is FILLED
        assert found["spec"] == {"fixed": 1}
        assert not root.get("spec").complete  # type: ignore[union-attr]
        assert found["labels"] is FILLED

    def test_a_template_within_a_text_leaves_the_rest_sure(self) -> None:
        text = "chat: |\n  {% for m in messages %}\n  {{ m }}\n  {% endfor %}\nn: 1\n"
        root = read_yaml(text).roots[0]
        assert isinstance(root, Mapping)
        assert root.complete
        assert plain(root) == {"chat": FILLED, "n": 1}

    def test_broken_yaml_keeps_what_stands_before_it(self) -> None:
        document = read_yaml("a: 1\n---\nb: 2\nc: [1, 2\nd: 3\n---\ne: 4\n")
        (problem,) = document.problems
        assert problem.message.startswith("not valid YAML")
        first, second = document.roots
        assert plain(first) == {"a": 1}
        assert isinstance(first, Mapping)
        assert first.complete
        assert isinstance(second, Mapping)
        assert not second.complete
        assert plain(second)["b"] == 2
        # What stands right before the error may have swallowed something.
        assert plain(second)["c"][-1] is FILLED

    def test_an_error_beside_a_template_in_a_text_is_still_reported(self) -> None:
        document = read_yaml("run: |\n  ${COMMAND}\na:\n  b: 1\n c: 2\n")
        assert len(document.problems) == 1

    def test_a_line_that_terraform_fills_is_no_error(self) -> None:
        document = read_yaml("labels:\n  a: b\n  ${indent(2, yamlencode(labels))}\nname: ${name}\n")
        assert only(document) == {"labels": {"a": "b"}, "name": FILLED}
        assert not document.roots[0].complete  # type: ignore[union-attr]

    def test_unknown_tags_are_holes(self) -> None:
        assert only(read_yaml("a: !secret x\nb: !!str 1\nc: !!int '2'\n")) == {"a": FILLED, "b": "1", "c": 2}

    def test_aliases_that_would_fill_the_memory_are_one_problem(self) -> None:
        lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30)]
        began = time.perf_counter()
        document = read_yaml("\n".join(lines))
        value = value_of(document.roots[0])
        list(value.symbols())
        assert time.perf_counter() - began < 2
        assert [problem.message for problem in document.problems] == ["aliases expand to more than 100,000 nodes"]

    def test_an_alias_of_what_is_around_it_is_a_hole(self) -> None:
        assert only(read_yaml("a: &a [1, *a]")) == {"a": [1, FILLED]}

    def test_an_alias_of_nothing_is_a_problem(self) -> None:
        document = read_yaml("a: *gone")
        assert [problem.message for problem in document.problems] == ["not valid YAML: undefined alias *gone"]


def toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_value(key)} = {toml_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, str):
        return standard_json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return standard_json.dumps(value) if not isinstance(value, float) else repr(value)


TOML_SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | WORDS
TOML_DATA = st.recursive(
    TOML_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


class TestToml:
    @given(st.dictionaries(KEYS, st.dictionaries(KEYS, TOML_DATA, max_size=3), max_size=3), st.booleans())
    def test_values_and_places_are_those_of_the_standard_parser(self, data: dict[str, Any], headers: bool) -> None:
        lines = []
        for table, content in data.items():
            prefix = "" if headers else f"{standard_json.dumps(table, ensure_ascii=False)}."
            if headers:
                lines.append(f"[{standard_json.dumps(table, ensure_ascii=False)}]  # table")
            for key, value in content.items():
                lines.append(f"{prefix}{standard_json.dumps(key, ensure_ascii=False)} = {toml_value(value)}")
        text = "\n".join(lines)
        document = read_toml(text)
        assert only(document) == tomllib.loads(text)
        for leaf in leaves(document.roots[0]):
            assert tomllib.loads(f"x = {written(text, leaf)}")["x"] == leaf.value

    def test_tables_of_all_kinds_make_one_tree(self) -> None:
        text = 'a.b = 1\n[a.c]\nx = {y.z = 2}\n[[list]]\nn = 1\n[[list]]\nn = """\ntwo"""\n[list.sub]\nk = 0x10\n'
        assert only(read_toml(text)) == tomllib.loads(text)

    def test_a_broken_line_costs_that_line(self) -> None:
        document = read_toml("a = 1\nb = = 2\nc = 3\n[t\nd = 4\n[u]\ne = 5\n")
        assert len(document.problems) == 1
        found = plain(document.roots[0])
        assert (found["a"], found["c"], found["u"]) == (1, 3, {"e": 5})
        # Nobody knows which table `d` is in.
        assert "d" not in found
        assert not document.roots[0].complete  # type: ignore[union-attr]

    def test_templates_are_holes(self) -> None:
        document = read_toml('a = {{ x }}\nb = "${HOME}/x"\nc = 1\n')
        assert only(document) == {"a": FILLED, "b": FILLED, "c": 1}


class TestDotenv:
    def test_forms(self) -> None:
        text = "# c\nexport A=1\nB='$A'\nC=\"a\\nb\" # c\nD=${A}/x\nE=a#b # c\nF=\nG\n"
        found = only(dotenv.read(Source(".env", text)))
        assert found == {"A": "1", "B": "$A", "C": "a\nb", "D": FILLED, "E": "a#b", "F": "", "G": FILLED}

    def test_another_line_is_a_problem_and_leaves_the_file_incomplete(self) -> None:
        document = dotenv.read(Source(".env", "A=1\nthis is no variable\nB=2\n"))
        assert len(document.problems) == 1
        assert plain(document.roots[0]) == {"A": "1", "B": "2"}
        assert not document.roots[0].complete  # type: ignore[union-attr]


class TestHostfile:
    @pytest.mark.parametrize(
        ("line", "host"),
        [
            ("node1 slots=8 # c", {"host": "node1", "slots": 8}),
            ("node1 slots = 8 max_slots=9", {"host": "node1", "slots": 8, "max_slots": 9}),
            ("node1:4", {"host": "node1", "slots": 4}),
            ("node1 4", {"host": "node1", "slots": 4}),
            ("10.0.0.1 30050", {"host": "10.0.0.1", "port": 30050}),
            ("10.0.0.1", {"host": "10.0.0.1"}),
            ("me@node1 slots=2", {"host": "node1", "user": "me", "slots": 2}),
            ("$NODE slots=$N", {"host": FILLED, "slots": FILLED}),
            ("node[1-4] slots=8", {"host": FILLED, "slots": 8}),
        ],
    )
    def test_forms(self, line: str, host: dict[str, Any]) -> None:
        assert only(hostfile.read(Source("hostfile", f"# hosts\n\n{line}\n"))) == [host]

    def test_text_is_no_hostfile(self) -> None:
        document = hostfile.read(Source("hosts", "node1 slots=8\nthis is a sentence\n"))
        assert [problem.message for problem in document.problems] == ["not a line of a hostfile"]
        assert not document.roots[0].complete  # type: ignore[union-attr]


class TestAnything:
    @settings(max_examples=200, deadline=None)
    @given(NOISE)
    def test_no_text_raises(self, text: str) -> None:
        for document in (
            read_yaml(text),
            read_json(text),
            read_toml(text),
            dotenv.read(Source(".env", text)),
            hostfile.read(Source("hostfile", text)),
        ):
            for root in document.roots:
                value_of(root)
                for leaf in leaves(root):
                    assert 0 <= leaf.at.start <= leaf.at.end <= len(text)
            for problem in document.problems:
                assert 0 <= problem.at.start <= problem.at.end <= len(text)

    @pytest.mark.parametrize(
        "opening", ["[", "{", '{"a":', "- ", "a = [", "a = {b = ", "{{", "{% ", "[{{", "${", "&a ", "? ", "{{}}"]
    )
    def test_depth_and_openings_without_an_end_cost_little(self, opening: str) -> None:
        text = opening * (200_000 // len(opening))
        began = time.perf_counter()
        for read in (read_yaml, read_json, read_toml):
            for root in read(text).roots:
                value_of(root)
        assert time.perf_counter() - began < 5

    def test_a_nested_document_is_a_problem_and_no_crash(self) -> None:
        deep = "[" * 10_000 + "]" * 10_000
        for document in (read_yaml(deep), read_json(deep), read_toml(f"a = {deep}")):
            assert "nested" in document.problems[0].message


class TestSettings:
    def test_the_trail_says_what_a_person_would_search_for(self) -> None:
        found = value_of(read_json('{"train_batch_size": 64, "fp16": {"enabled": true}}').roots[0])
        assert found.get("train_batch_size").trail[0].text == '"train_batch_size": 64'
        assert found.get("fp16.enabled").trail[0].text == '"enabled": true'
        assert value_of(read_yaml("nnodes: 2").roots[0]).get("nnodes").trail[0].text == "nnodes: 2"
        assert value_of(read_toml("nnodes = 2").roots[0]).get("nnodes").trail[0].text == "nnodes = 2"

    def test_a_hole_is_unknown_and_the_same_as_itself(self) -> None:
        root = read_yaml("a: ${N}\nb: ${N}\n").roots[0]
        once, again = value_of(root), value_of(root)
        assert once.get("a").is_unknown
        assert (once.get("a") == again.get("a")).surely
        assert (once.get("a") == once.get("b")).undecided

    def test_what_is_not_there_is_absent_only_in_a_complete_document(self) -> None:
        assert value_of(read_yaml("a: 1").roots[0]).get("b").is_absent
        assert value_of(read_yaml("a: 1\n{{- if .x }}\nc: 1\n{{- end }}\n").roots[0]).get("b").is_unknown

    def test_null_is_a_value(self) -> None:
        assert value_of(read_yaml("a:").roots[0]).get("a").constant is None
