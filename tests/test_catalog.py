"""Finding rules on disk: pairs by path, and every flaw said while the others go on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from reports import CARD

from dtlint.catalog import load_rules, packaged, read_cards

CHECK = "def check(number: int):\n    yield number\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of rules with one good pair."""
    (tmp_path / "launch").mkdir()
    put(tmp_path, "good_one.md", CARD)
    put(tmp_path, "good_one.py", CHECK)
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    (folder / "launch" / name).write_text(text)


def flaws(folder: Path) -> dict[str, str]:
    """What is said, by file; the good rule must be there whatever else is."""
    found = load_rules([folder])
    assert "good-one" in [rule.id for rule in found.rules]
    return {flaw.path.name: flaw.message for flaw in found.flaws if flaw.path.is_relative_to(folder)}


def test_a_pair_is_a_rule(folder: Path) -> None:
    found = load_rules([folder])
    rule = next(rule for rule in found.rules if rule.id == "good-one")
    assert rule.subject is int
    assert rule.check is not None
    assert list(rule.check(3)) == [3]
    assert rule.card.family == "launch"
    assert flaws(folder) == {}


def test_annotations_may_be_postponed(folder: Path) -> None:
    put(folder, "late.md", CARD.replace("too-many-procs", "x"))
    put(folder, "late.py", "from __future__ import annotations\nfrom pathlib import Path\ndef check(at: Path): ...\n")
    rule = next(rule for rule in load_rules([folder]).rules if rule.id == "late")
    assert rule.subject is Path


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("def check(number): ...", "no annotation"),
        ("def check(): ...", "no annotation"),
        ("from __future__ import annotations\ndef check(number: Missing): ...", "cannot be read"),
        ("def judge(number: int): ...", "no function check"),
        ("def check(", "cannot be loaded: SyntaxError"),
        ("import no_such_module", "cannot be loaded: ModuleNotFoundError"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit"),
    ],
)
def test_a_check_that_cannot_be_used_is_a_flaw(folder: Path, check: str, said: str) -> None:
    put(folder, "bad.md", CARD.replace("too-many-procs", "x"))
    put(folder, "bad.py", check)
    assert said in flaws(folder)["bad.py"]


def test_half_a_pair_is_a_flaw(folder: Path) -> None:
    put(folder, "only_card.md", CARD.replace("too-many-procs", "x"))
    put(folder, "only_check.py", CHECK)
    assert "no check only_card.py" in flaws(folder)["only_card.md"]
    assert "no card only_check.md" in flaws(folder)["only_check.py"]


def test_a_card_with_a_schema_needs_no_check(folder: Path) -> None:
    put(folder, "shape.md", CARD.replace("aliases: [too-many-procs]", "schema: {type: object}"))
    rule = next(rule for rule in load_rules([folder]).rules if rule.id == "shape")
    assert (rule.check, rule.card.schema) == (None, {"type": "object"})


def test_a_site_card_must_fit_the_schema(folder: Path) -> None:
    put(folder, "misfit.md", CARD.replace("too-many-procs", "x").replace("training/device-error", "training/bad-luck"))
    put(folder, "misfit.py", CHECK)
    assert "training/bad-luck is not in taxonomy.yaml" in flaws(folder)["misfit.md"]


def test_a_name_is_taken_once(folder: Path) -> None:
    put(folder, "second.md", CARD)
    put(folder, "second.py", CHECK)
    assert "the name too-many-procs is taken" in flaws(folder)["second.md"]


def test_a_folder_that_is_not_there_is_a_flaw(tmp_path: Path) -> None:
    found = load_rules([tmp_path / "nowhere"])
    assert tmp_path / "nowhere" in [flaw.path for flaw in found.flaws]


def test_nothing_is_left_behind_or_imported_as_rules(folder: Path) -> None:
    load_rules([folder])
    assert sorted(path.name for path in (folder / "launch").iterdir()) == ["good_one.md", "good_one.py"]
    assert "rules" not in sys.modules


def test_the_packaged_rules_are_there_and_sound() -> None:
    assert (packaged() / "taxonomy.yaml").is_file()
    assert read_cards().flaws == ()
    assert load_rules().flaws == ()
