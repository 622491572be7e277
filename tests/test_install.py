"""The wheel: installed apart from the checkout, it has all that it needs and says the same."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from dtlint.catalog import read_cards
from dtlint.trial import printed, tried

TOP = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment into which the wheel was installed."""
    top = tmp_path_factory.mktemp("installed")
    build = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", top, cwd=TOP)
    assert build.returncode == 0, build.stderr
    (wheel,) = top.glob("*.whl")
    venv.create(top / "env", with_pip=False)
    programs = top / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    python = programs / "python"
    install = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel, cwd=top)
    assert install.returncode == 0, install.stderr
    # What dtlint depends on comes from the environment of the tests; the checkout does not, since a path in such a
    # file is not searched for further ones, which is how an editable install is found.
    (library,) = (top / "env").rglob("site-packages")
    (library / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    return programs


def test_it_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    found = run(installed / "python", "-c", "import dtlint; print(dtlint.__file__)", cwd=tmp_path)
    assert Path(found.stdout.strip()).is_relative_to(installed.parent)


def test_it_has_every_rule(installed: Path, tmp_path: Path) -> None:
    listed = run(installed / "dtlint", "rules", "--format", "json", cwd=tmp_path)
    assert [rule["name"] for rule in json.loads(listed.stdout)] == [card.id for card in read_cards().cards]
    assert listed.stderr == ""


def test_it_finds_what_the_checkout_finds(installed: Path, tmp_path: Path) -> None:
    card = read_cards().cards[0]
    example = next(example for example in card.examples if example.kind == "bad")
    for path, text in example.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    checked = run(installed / "dtlint", "check", cwd=tmp_path)
    with tried(example.files) as report:
        assert checked.stdout.startswith(printed(report))
    assert (checked.returncode, checked.stderr) == (1, "")


def test_it_says_that_it_is_typed_and_under_which_licence(installed: Path) -> None:
    names = {path.name for path in installed.parent.rglob("dtlint*/**/*")}
    assert {"py.typed", "card.schema.json", "taxonomy.yaml", "LICENSE"} <= names
