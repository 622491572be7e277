"""What every rule must keep: parametrised over all cards, so that a new rule is tested by being there."""

from __future__ import annotations

import ast
import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from fog import Fog, fogs

from dtlint.card import SECTIONS, Card, Example, split
from dtlint.catalog import SITE_FOLDER, load_rules, misfits, read_cards
from dtlint.diagnostic import Diagnostic, Severity
from dtlint.fix import Edit, StaleFixError, apply
from dtlint.outcome import Report
from dtlint.trial import complaints, printed, tried

FIXTURES = Path(__file__).parent.parent / "fixtures"

CARDS = read_cards().cards
every_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
EXAMPLES = [(card, example) for card in CARDS for example in card.examples]

# The tests of one card are of one worker, which judges each example once for all of them (`seen`).
every_example = pytest.mark.parametrize(
    ("card", "example"),
    [
        pytest.param(card, each, id=f"{card.id}-{each.kind}-{each.title}", marks=pytest.mark.xdist_group(card.id))
        for card, each in EXAMPLES
    ],
)
every_bad = pytest.mark.parametrize(
    ("card", "example"),
    [
        pytest.param(card, each, id=f"{card.id}-{each.title}", marks=pytest.mark.xdist_group(card.id))
        for card, each in EXAMPLES
        if each.kind == "bad"
    ],
)

Place = tuple[str, str, int]
"""Rule, path and line of a finding."""


def places(report: Report) -> Counter[Place]:
    return Counter((found.rule, found.at.path, line(report, found)) for found in report.diagnostics)


def line(report: Report, diagnostic: Diagnostic) -> int:
    source = report.sources(diagnostic.at.path)
    return source.position(diagnostic.at.start).line if source else 1


def found(files: Mapping[str, str]) -> Counter[Place]:
    with tried(files) as report:
        return places(report)


@dataclass(frozen=True)
class Seen:
    """What dtlint says of an example as it stands."""

    places: Counter[Place]
    text: str
    edits: list[Edit]


_SEEN: dict[int, Seen] = {}


def seen(example: Example) -> Seen:
    if id(example) not in _SEEN:
        with tried(example.files) as report:
            edits = [edit for diagnostic in report.diagnostics if diagnostic.fix for edit in diagnostic.fix.edits]
            _SEEN[id(example)] = Seen(places(report), printed(report), edits)
    return _SEEN[id(example)]


# -- 1. card and check match


@every_card
def test_the_front_matter_fits_its_schema_and_the_taxonomy(card: Card) -> None:
    assert list(misfits(split(card.text)[0])) == []


@every_card
def test_the_sections_are_there_in_order_and_not_empty(card: Card) -> None:
    assert tuple(card.sections) == SECTIONS
    assert all(card.sections.values())
    kinds = {example.kind for example in card.examples}
    assert kinds == {"bad", "good", "silent"}


@every_card
def test_the_name_says_the_mistake_in_words_of_the_house(card: Card) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", card.id)
    assert card.family in {
        "launch", "rendezvous", "network", "device", "collective", "data", "model", "parallelism", "checkpoint",
        "resources", "config", "versions",
    }  # fmt: skip


@every_card
def test_other_rules_that_are_named_exist(card: Card) -> None:
    assert set(card.yields_to) <= {other.id for other in CARDS} - {card.id}


@every_card
def test_the_words_of_the_message_are_those_that_the_check_gives(card: Card) -> None:
    if card.schema is not None:
        return
    used = {name for text in (card.message, card.fix_title) for name in fields(text)}
    for given in words(card.path.with_suffix(".py")):
        assert used <= given


def fields(template: str) -> Iterator[str]:
    for _, name, _, _ in string.Formatter().parse(template):
        if name is not None:
            yield re.split(r"[.\[]", name)[0]


def words(check: Path) -> Iterator[set[str]]:
    """The words of each Finding that the check makes."""
    calls = [node for node in ast.walk(ast.parse(check.read_text())) if isinstance(node, ast.Call)]
    findings = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Finding"]
    assert findings
    for finding in findings:
        names = {keyword.arg for keyword in finding.keywords if keyword.arg}
        yield names - {"when", "at", "because", "edits"}


# -- 2. the examples


@every_card
def test_the_examples_are_what_the_card_promises(card: Card) -> None:
    assert list(complaints(card)) == []


# -- 3. fixes


@every_bad
def test_a_fix_silences_its_rule_wakes_no_other_and_is_made_once(card: Card, example: Example) -> None:
    edits = seen(example).edits
    if not edits:
        return
    mended = edited(example.files, edits)
    assert found(mended) == Counter()
    with tried(mended) as report:
        assert not any(diagnostic.fix for diagnostic in report.diagnostics)


def edited(files: Mapping[str, str], edits: Sequence[Edit]) -> dict[str, str]:
    texts = dict(files)
    for path in {edit.at.path for edit in edits}:
        try:
            texts[path] = apply(texts[path], [edit for edit in edits if edit.at.path == path])
        except StaleFixError:
            pytest.fail(f"the fixes in {path} overlap")
    return texts


# -- 4. fog


HIDDEN = 2
"""Leaves of one example that are hidden one by one, spread over all of them; `make fog` hides each."""


@every_example
def test_knowing_less_never_finds_more(card: Card, example: Example, request: pytest.FixtureRequest) -> None:
    clear = seen(example).places
    leaves = list(fogs(example.files))
    step = 1 if request.config.getoption("--every-leaf") else max(1, len(leaves) // HIDDEN)
    for fog in leaves[len(card.id) % step :: step]:
        more = found(fog.over(example.files)) - moved(clear, fog, example.files)
        assert not more, f"with {fog} hidden: {dict(more)}"


def moved(clear: Counter[Place], fog: Fog, files: Mapping[str, str]) -> Counter[Place]:
    """The findings where they stand once the fog is there."""
    after: Counter[Place] = Counter()
    for (rule, path, at), count in clear.items():
        after[rule, path, fog.line(files[path], path, at)] += count
    return after


# -- 5. order and surroundings


@every_example
def test_the_order_of_files_changes_nothing(card: Card, example: Example) -> None:
    with tried(dict(reversed(example.files.items()))) as backward:
        assert printed(backward) == seen(example).text


@every_bad
def test_a_job_is_judged_alike_alone_and_beside_another(card: Card, example: Example) -> None:
    other = next(
        (each for own, each in [*EXAMPLES, *EXAMPLES][EXAMPLES.index((card, example)) + 1 :] if own is not card),
        example,
    )
    alone = within("one", seen(example).places) + within("two", seen(other).places)
    tree = {str(PurePosixPath("one", path)): text for path, text in example.files.items()}
    tree |= {str(PurePosixPath("two", path)): text for path, text in other.files.items()}
    assert found(tree) == alone


def within(folder: str, findings: Counter[Place]) -> Counter[Place]:
    moved: Counter[Place] = Counter()
    for (rule, path, at), count in findings.items():
        moved[rule, f"{folder}/{path}", at] += count
    return moved


# -- 6. fixtures


@pytest.mark.parametrize("job", sorted((FIXTURES / "clean").glob("*/")), ids=lambda path: path.name)
def test_clean_jobs_are_silent(job: Path) -> None:
    with tried(texts(job)) as report:
        assert printed(report) == ""


@pytest.mark.parametrize("job", sorted((FIXTURES / "broken").glob("*/")), ids=lambda path: path.name)
def test_broken_jobs_have_the_findings_that_are_expected(job: Path) -> None:
    files = texts(job)
    expected = files.pop("expected.txt").splitlines()
    with tried(files) as report:
        shown = [f"{d.at.path}:{line(report, d)} {d.rule}" for d in report.shown(Severity.NOTE)]
    assert sorted(shown) == sorted(expected)


def texts(folder: Path) -> dict[str, str]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


# -- 7. a check that fails


def test_a_check_that_raises_is_one_problem_and_the_others_go_on() -> None:
    rule, example = next(
        (rule, example)
        for rule in load_rules().rules
        for example in rule.card.examples
        if example.kind == "bad" and rule.check is not None
    )
    pair = f"{SITE_FOLDER}/launch/failing"
    card, check = re.sub(r"\naliases:.*", "", rule.card.text), failing(rule.subject)
    files = {**example.files, f"{pair}.md": card, f"{pair}.py": check}
    with tried(files) as report:
        (problem,) = report.problems
        assert "failing" in problem.message
        assert "ZeroDivisionError" in problem.message
        assert places(report) == found(example.files)


def failing(subject: type) -> str:
    """A check of `subject` that always raises."""
    name = subject.__qualname__
    return f"from {subject.__module__} import {name}\ndef check(subject: {name}):\n    return 1 / 0\n"
