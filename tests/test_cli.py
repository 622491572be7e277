"""The other commands, and what starting dtlint costs."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from reports import CARD

from dtlint import __version__, catalog
from dtlint.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dtlint", *arguments])
    return main()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with one rule of its own, which is the current folder."""
    folder = tmp_path / catalog.SITE_FOLDER / "launch"
    folder.mkdir(parents=True)
    (folder / "site_rule.md").write_text(CARD)
    (folder / "site_rule.py").write_text("def check(subject: int):\n    return []\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def imported(*arguments: str) -> set[str]:
    """The modules that a command imports."""
    script = (
        f"import sys; sys.argv = ['dtlint', *{list(arguments)!r}]\nfrom dtlint.cli import main\nmain()\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_the_version_is_told_without_importing_anything() -> None:
    modules = imported("--version")
    assert not modules & {"click", "yaml", "networkx", "jsonschema", "libcst", "dtlint.engine", "dtlint.card"}


@pytest.mark.parametrize("arguments", [("--help",), ("rules",), ("explain", "--help")])
def test_commands_that_lint_nothing_import_no_parser(arguments: tuple[str, ...]) -> None:
    modules = imported(*arguments)
    assert not modules & {"networkx", "jsonschema", "libcst", "tree_sitter", "dtlint.engine", "dtlint.workspace"}


def test_checking_imports_only_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch.distributed\n")
    modules = imported("check", str(tmp_path))
    assert not modules & {"networkx", "jsonschema", "libcst", "rich", "pygls", "dtlint.job.graph"}


def test_drawing_imports_no_library_of_graphs(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("torchrun --nproc_per_node=2 train.py\n")
    (tmp_path / "train.py").write_text("import torch.distributed\n")
    assert "networkx" not in imported("graph", str(tmp_path / "run.sh"))


def test_importing_dtlint_is_cheap() -> None:
    script = "import dtlint, sys; print(*(name for name in sys.modules if name.startswith('dtlint')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["dtlint"]


def test_the_version_is_said_everywhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"dtlint {__version__}\n"
    assert run(monkeypatch, "check", "--help") == 0
    assert "--focus FILE" in capsys.readouterr().out
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]


def test_no_such_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "lint") == 2
    assert "No such command" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["site-rule", "site_rule", "too-many-procs"])
def test_a_rule_is_explained_by_each_of_its_names(
    name: str, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "explain", name) == 0
    output = capsys.readouterr().out
    assert output.startswith("# site-rule\n\nLauncher starts more processes")
    assert "find **none** of their own" in output
    assert "https://github.com/owner/repository/issues/1" in output
    assert "(28 of the study's 637 faults)" in output
    assert "    torchrun\n" in output
    assert "```" not in output


def test_a_misspelt_rule_is_guessed(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "explain", "site-rulle") == 2
    assert "did you mean site-rule?" in capsys.readouterr().err


def test_rules_are_listed_for_people_and_programs(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rules") == 0
    assert "  site-rule" in capsys.readouterr().out
    assert run(monkeypatch, "rules", "--format", "json") == 0
    rules = {rule["name"]: rule for rule in json.loads(capsys.readouterr().out)}
    assert rules["site-rule"]["aliases"] == ["too-many-procs"]
    assert rules["site-rule"]["family"] == "launch"


def test_coverage_counts_what_the_study_counted(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rules", "--coverage", "--format", "json") == 0
    coverage = json.loads(capsys.readouterr().out)
    assert len(coverage["symptoms"]) == 30
    # 637 faults but for 12 without a leaf of their own and one with a label of two.
    assert sum(symptom["count"] for symptom in coverage["symptoms"]) == 624
    device = next(symptom for symptom in coverage["symptoms"] if symptom["name"] == "training/device-error")
    assert "site-rule" in device["rules"]
    assert run(monkeypatch, "rules", "--coverage") == 0
    assert "of 30 covered" in capsys.readouterr().out


def test_a_new_rule_is_a_pair_that_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "new-rule", "launch/late-start") == 0
    card, check = (tmp_path / f".dtlint/rules/launch/late_start.{suffix}" for suffix in ("md", "py"))
    assert card.exists()
    assert not list(catalog.misfits(catalog.split(card.read_text())[0]))
    compile(check.read_text(), str(check), "exec")
    card.write_text("mine")
    assert run(monkeypatch, "new-rule", "launch/late_start") == 2
    assert card.read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["late-start", "launch/", "Launch/late", "launch/../late", "launch/1late", "/etc/late"]
)
def test_a_new_rule_needs_a_proper_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "new-rule", name) == 2
    assert not list(tmp_path.iterdir())


def test_a_new_rule_takes_no_name_that_is_taken(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "new-rule", "network/too-many-procs") == 2


SITE_CARD = """\
---
title: Every launch, for the sake of this test
severity: warning
message: "{started} processes are started"
symptoms: [setup/failure]
fix_pattern: command-line
evidence: ["owner/repository#1"]
---
## Why

It is a test.

## Fix

None.

## Bad

`run.sh`:
```bash
torchrun --standalone --nproc_per_node=2 train.py
```

## Good

`run.sh`:
```bash
echo torchrun
```

## Silent

`run.sh`:
```bash
echo torchrun
```
"""
SITE_CHECK = """\
from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(launch: Launch):
    yield Finding(when=TRUE, at=launch, started=launch.per_node)
"""


def test_the_cards_of_a_site_are_tried_and_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stem = tmp_path / catalog.SITE_FOLDER / "launch" / "any_launch"
    stem.parent.mkdir(parents=True)
    stem.with_suffix(".md").write_text(SITE_CARD)
    stem.with_suffix(".py").write_text(SITE_CHECK)
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "cards", "any-launch") == 1
    assert "the printed text is not up to date" in capsys.readouterr().out
    assert run(monkeypatch, "cards", "--write", "any-launch") == 0
    assert (
        "```text\nwarning[any-launch]: 2 processes are started\n  --> run.sh:1:1\n"
        in stem.with_suffix(".md").read_text()
    )
    assert run(monkeypatch, "cards", "any-launch") == 0
    stem.with_suffix(".md").write_text(SITE_CARD.replace("echo torchrun", "torchrun --nproc_per_node=2 train.py", 1))
    assert run(monkeypatch, "cards", "any-launch") == 1
    assert "Good: it must be silent" in capsys.readouterr().out
