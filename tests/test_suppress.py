"""Suppression by comment: which lines a comment counts for, what is no comment, and what was not needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtlint.diagnostic import Diagnostic, Severity
from dtlint.read.kinds import Kind
from dtlint.source import Source, Span
from dtlint.suppress import Suppressions, suppressions


def found(text: str, kind: Kind) -> list[tuple[tuple[str, ...], int, int, str]]:
    comments = suppressions(Source("a", text), kind)
    for one in comments.suppressions:
        assert text[one.at.start] == "#"
        assert not text[one.at.start : one.at.end].endswith((" ", "\n"))
    return [(one.names, one.first, one.last, one.reason) for one in comments.suppressions]


class TestPython:
    def test_at_the_end_of_a_line(self) -> None:
        text = "x = 1\ny = 2  # dtlint: ignore[a-b, c] measured\n"
        assert found(text, Kind.PYTHON) == [(("a-b", "c"), 2, 2, "measured")]

    def test_a_statement_of_several_lines_is_one(self) -> None:
        text = "f(1,\n  2,  # dtlint: ignore[a]\n  3)\n# dtlint: ignore[b]\n\n# other\ng(\n  4\n)\n"
        assert found(text, Kind.PYTHON) == [(("a",), 1, 3, ""), (("b",), 7, 9, "")]

    def test_a_compound_statement_counts_by_its_header(self) -> None:
        text = "# dtlint: ignore[a]\nif (x and\n    y):\n    z()\n"
        assert found(text, Kind.PYTHON) == [(("a",), 2, 3, "")]

    def test_strings_are_no_comments(self) -> None:
        text = "x = '# dtlint: ignore[a]'\n\"\"\"\n# dtlint: ignore-file[b]\n\"\"\"\n"
        assert found(text, Kind.PYTHON) == []

    def test_behind_another_comment(self) -> None:
        assert found("x = 1  # type: ignore  # dtlint: ignore[a]\n", Kind.PYTHON) == [(("a",), 1, 1, "")]

    def test_the_whole_file(self) -> None:
        assert found("x = 1\n# dtlint: ignore-file[a] generated\n", Kind.PYTHON) == [(("a",), 1, 3, "generated")]

    def test_a_broken_file(self) -> None:
        assert found("x = (\n# dtlint: ignore[a]\ny = 1\n", Kind.PYTHON) == [(("a",), 3, 3, "")]


class TestShell:
    def test_a_command_over_several_lines_is_one(self) -> None:
        text = (
            "# dtlint: ignore[a] why\n\ntorchrun \\\n  --x=1 \\\n  train.py\n"
            "srun \\\n  b # dtlint: ignore[b]\necho\n"
        )
        assert found(text, Kind.SHELL) == [(("a",), 3, 5, "why"), (("b",), 6, 7, "")]

    def test_a_header_line_is_meant_though_it_is_a_comment(self) -> None:
        text = "#!/bin/bash\n# dtlint: ignore[a]\n#SBATCH --nodes=2\n#SBATCH -n 4 # dtlint: ignore[b]\nsrun x\n"
        assert found(text, Kind.SHELL) == [(("a",), 3, 3, ""), (("b",), 4, 4, "")]

    @pytest.mark.parametrize(
        "line", ["echo '# dtlint: ignore[a]'", 'echo "x # dtlint: ignore[a]"', "echo x#dtlint: ignore[a]"]
    )
    def test_what_is_no_comment(self, line: str) -> None:
        assert found(line, Kind.SHELL) == []

    def test_quotes_that_end_before_it(self) -> None:
        text = "echo \"it's\" 'a \"b' # dtlint: ignore[a]\n"
        assert found(text, Kind.SHELL) == [(("a",), 1, 1, "")]


@pytest.mark.parametrize("kind", [Kind.YAML, Kind.TOML, Kind.DOCKERFILE, Kind.DOTENV])
def test_other_files(kind: Kind) -> None:
    text = "a: 1\n# dtlint: ignore[x]\n# more\nb: 2 # dtlint: ignore[y]\n"
    assert found(text, kind) == [(("x",), 4, 4, ""), (("y",), 4, 4, "")]


def test_a_dockerfile_instruction_is_one_line() -> None:
    assert found("# dtlint: ignore[a]\nRUN x \\\n  y\n", Kind.DOCKERFILE) == [(("a",), 2, 3, "")]


@pytest.mark.parametrize("kind", [Kind.JSON, Kind.MARKDOWN, None])
def test_files_without_comments(kind: Kind | None) -> None:
    assert not suppressions(Source("a", "# dtlint: ignore[a]\n"), kind).suppressions


@pytest.mark.parametrize("comment", ["ignore", "ignore[]", "ignore[a,]", "ignore[Not A Name]", "ignore-file"])
def test_names_are_needed(comment: str) -> None:
    comments = suppressions(Source("a.sh", f"x # dtlint: {comment}\n"), Kind.SHELL)
    assert not comments.suppressions
    (problem,) = comments.problems
    assert problem.message.startswith("name the rules that are meant")


@given(st.text("# dtlint:ignore[a]-file\n\\'\"()x", max_size=80), st.sampled_from(list(Kind)))
def test_no_text_raises(text: str, kind: Kind) -> None:
    source = Source("a", "# dtlint: ignore[a]\n" + text)
    for one in suppressions(source, kind).suppressions:
        assert 1 <= one.first <= one.last <= len(source.starts)


class TestFilter:
    TEXT = "one # dtlint: ignore[a, b] because\ntwo\n# dtlint: ignore-file[c]\n"

    def suppressions(self) -> Suppressions:
        source = Source("j.sh", self.TEXT)
        comments = suppressions(source, Kind.SHELL).suppressions
        return Suppressions({"j.sh": source}.get, {"j.sh": comments}, aliases={"b": "new-b"})

    def diagnostic(self, rule: str, line: int, path: str = "j.sh") -> Diagnostic:
        start = Source("j.sh", self.TEXT).offset(line, 1)
        return Diagnostic(rule, Severity.ERROR, "m", Span(path, start, start + 1))

    def test_by_rule_and_line(self) -> None:
        hit, other_line, other_file = (
            self.diagnostic("a", 1), self.diagnostic("a", 2), self.diagnostic("a", 1, "k.sh"),
        )  # fmt: skip
        filtered = self.suppressions().filter([hit, other_line, other_file])
        assert filtered.kept == (other_line, other_file)
        ((suppressed, by),) = filtered.suppressed
        assert suppressed == hit
        assert by.reason == "because"

    def test_former_names_count(self) -> None:
        assert self.suppressions().filter([self.diagnostic("new-b", 1)]).kept == ()

    def test_what_suppressed_nothing_is_unused(self) -> None:
        filtered = self.suppressions().filter([self.diagnostic("a", 1)])
        assert [names for _, names in filtered.unused] == [("b",), ("c",)]

    def test_what_was_not_asked_is_not_missed(self) -> None:
        filtered = self.suppressions().filter([], asked=lambda rule: rule == "new-b")
        assert [names for _, names in filtered.unused] == [("b",)]
