"""The configuration: where it is found, what it may say, and what is said of mistakes in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import dtlint.config
from dtlint.config import Config, ConfigError, load, parse
from dtlint.diagnostic import Severity

FULL = b"""\
include = ["src/"]
exclude = ["old/", "*.bak.sh"]
select = ["launch"]
ignore = ["some-rule"]
rules = ["lint/rules"]
markdown = false

[per-path-ignores]
"configs/*.json" = ["some-rule", "other-rule"]

[severities]
some-rule = "error"
other-rule = "off"

[assume]
MASTER_PORT = 29500
NCCL_SOCKET_IFNAME = "eth0"

[cluster]
gpus-per-node = 8
cpus-per-node = 96
interfaces = ["eth0", "ib0"]
hosts = ["n1", "n2"]
"""


def parsed(text: bytes) -> Config:
    config = parse(text, "dtlint.toml")
    assert config is not None
    return config


def test_everything_that_may_be_said() -> None:
    config = parsed(FULL)
    assert config.include == ("src/",)
    assert config.exclude == ("old/", "*.bak.sh")
    assert (config.select, config.ignore, config.rules) == (("launch",), ("some-rule",), ("lint/rules",))
    assert not config.markdown
    assert config.per_path_ignores == {"configs/*.json": ("some-rule", "other-rule")}
    assert config.severities == {"some-rule": Severity.ERROR, "other-rule": None}
    assert (config.cluster.gpus_per_node, config.cluster.cpus_per_node) == (8, 96)
    assert (config.cluster.interfaces, config.cluster.hosts) == (("eth0", "ib0"), ("n1", "n2"))
    at = config.cluster.places["gpus-per-node"]
    assert FULL[at.start : at.end] == b"8"


def test_an_assumption_is_text_and_says_where_it_was_made() -> None:
    port = parsed(FULL).assume["MASTER_PORT"]
    assert port.constant == "29500"
    assert port.as_int().constant == 29500
    (step,) = port.trail
    assert (step.how.value, step.text) == ("assumed", "assumed: MASTER_PORT=29500")
    assert FULL[step.at.start : step.at.end] == b"29500"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'\nselct = ["a"]', "dtlint.toml:2: unknown key `selct`, did you mean `select`?"),
        (b"xyz = 1", "dtlint.toml:1: unknown key `xyz`"),
        (
            b"[cluster]\ngpus_per_node = 8",
            "dtlint.toml:2: unknown key `gpus_per_node` in `cluster`, did you mean `gpus-per-node`?",
        ),
        (b'select = "a"', "dtlint.toml:1: `select` must be a list"),
        (b'include = [\n  "a",\n  3,\n]', "dtlint.toml:3: `include.1` must be a string"),
        (b'exclude = [""]', "dtlint.toml:1: `exclude.0` is empty"),
        (
            b'[severities]\nx = "fatal"',
            "dtlint.toml:2: `severities.x` is 'fatal', and must be one of `error`, `warning`, `note`, `off`",
        ),
        (b"[cluster]\ngpus-per-node = -1", "dtlint.toml:2: `cluster.gpus-per-node` is -1, and must be at least 0"),
        (b'[assume]\n"a b" = 1', "dtlint.toml:2: `a b` is no name of a variable"),
        (b"[assume]\nA = true", "dtlint.toml:2: `assume.A` must be a string or a number"),
        (b"assume = 3", "dtlint.toml:1: `assume` must be a table"),
        (b"a = [", "dtlint.toml: not valid TOML"),
        (b"\xff", "dtlint.toml: not valid UTF-8"),
    ],
)
def test_mistakes_are_said_with_their_place(text: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "dtlint.toml")
    assert str(caught.value).startswith(message)


def test_a_project_file_counts_only_with_its_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'dtlint-user'\n")
    assert load(tmp_path) == Config()
    text = "[project]\nname = 'x'\n\n[tool.dtlint]\nignore = ['a']\n\n[tool.dtlint.assume]\nA = 1\n"
    (tmp_path / "pyproject.toml").write_text(text)
    config = load(tmp_path)
    assert (config.path, config.base, config.ignore) == ("pyproject.toml", "", ("a",))
    at = config.assume["A"].at
    assert text[at.start : at.end] == "1"


def test_mistakes_in_a_project_file_have_its_lines(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n\n[tool.dtlint.cluster]\ngpus = 8\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:5: unknown key `gpus` in `cluster`"):
        load(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool]\ndtlint = ['x']\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:2: `dtlint` must be a table"):
        load(tmp_path)


def test_the_nearest_folder_upwards_wins_within_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "dtlint.toml").write_text("ignore = ['outside']")
    assert load(inner).ignore == ("outside",)
    (tmp_path / "repo" / ".git").mkdir()
    assert load(inner) == Config()
    (tmp_path / "repo" / "dtlint.toml").write_text("ignore = ['top']")
    (tmp_path / "repo" / "pyproject.toml").write_text("[tool.dtlint]\nignore = ['loses']")
    config = load(inner)
    assert (config.ignore, config.base, config.path) == (("top",), "../..", "../../dtlint.toml")
    (inner / "dtlint.toml").write_text("")
    assert load(inner) == Config(path="dtlint.toml")


def test_the_schema_is_one_and_knows_every_key_that_is_read() -> None:
    schema = json.loads((Path(dtlint.config.__file__).parent / "config.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    import tomllib

    full = tomllib.loads(FULL.decode())
    assert set(schema["properties"]) == set(full)
    assert set(schema["properties"]["cluster"]["properties"]) == set(full["cluster"])


def test_without_a_configuration_no_validator_is_imported(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from dtlint.config import load;"
        "load(Path(sys.argv[1])); print('jsonschema' in sys.modules)"
    )
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
