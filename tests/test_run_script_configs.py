"""Hydra's and OmegaConf's configurations.  Expected values are those that hydra-core 1.3 and omegaconf 2.3 gave."""

from __future__ import annotations

import time
from typing import Any

import pytest
from scripts import constants, printed, process, words

from dtlint.value import How

MAIN = """
import hydra
from omegaconf import DictConfig, OmegaConf

@hydra.main(config_path="conf", config_name="config")
def main(cfg: DictConfig):
    print({name})

if __name__ == "__main__":
    main()
"""
FILES = {
    "conf/config.yaml": """
defaults:
  - model: small
  - optional exp: null
  - override hydra/launcher: submitit

lr: 0.1
model:
  width: 7
depth: ${model.depth}
shown: d-${lr}-${oc.env:NOPE,3}
rank: ${oc.env:LOCAL_RANK}
place: ${hydra:runtime.cwd}
later: ???
sizes: [1, "${lr}"]
""",
    "conf/model/small.yaml": "depth: 2\nkind: s\n",
    "conf/model/big.yaml": "defaults:\n  - small\n  - _self_\ndepth: 9\n",
    "conf/exp/one.yaml": "# @package _global_\ndefaults:\n  - override /model: big\nseed: 5\n",
}


def given(name: str, *line: str, files: dict[str, str] | None = None, **context: Any) -> Any:
    run = process(MAIN.replace("{name}", name), arguments=words(*line), files=FILES if files is None else files,
                  **context)  # fmt: skip
    (only,) = constants(run)
    return only


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("cfg.lr", "", 0.1),
        ("cfg['lr']", "", 0.1),
        ("cfg.get('lr')", "", 0.1),
        ("cfg.model.width", "", 7),
        ("cfg.model.kind", "", "s"),
        ("cfg.depth", "", 2),
        ("cfg.depth + 1", "model.depth=4", 5),
        ("cfg.depth", "model=big", 9),
        ("cfg.model.kind", "model=big", "s"),
        ("cfg.depth", "exp=one", 9),
        ("cfg.seed", "exp=one", 5),
        ("cfg.shown", "", "d-0.1-3"),
        ("cfg.shown", "lr=1", "d-1-3"),
        ("int(cfg.rank)", "", 0),
        ("cfg.lr", "lr=1e-4", 0.0001),
        ("cfg.lr", "lr=null", None),
        ("cfg.lr", "lr=true", True),
        ("cfg.lr", "lr=a-b", "a-b"),
        ("cfg.lr", "lr='1'", "1"),
        ("cfg.lr", "lr=1,2", ...),
        ("cfg.x.y[1]", "+x.y=[1,2]", 2),
        ("cfg.x", "++x=3", 3),
        ("cfg.place", "", ...),
        ("cfg.later", "", ...),
        ("cfg.later", "later=1", 1),
        ("cfg.nothing", "", ...),
        ("OmegaConf.to_container(cfg, resolve=True)['depth']", "", 2),
        ("OmegaConf.select(cfg, 'model.depth')", "", 2),
        ("cfg.lr", "--config-name other", ...),
        ("cfg.lr", "--multirun lr=1", ...),
        ("cfg.lr", "model=absent", 0.1),
        ("cfg.model.depth", "model=absent", ...),
        ("'lr' in cfg", "", True),
    ],
)
def test_hydra_composes_what_the_function_gets(name: str, line: str, expected: Any) -> None:
    assert given(name, *line.split()) == expected


def test_what_the_command_line_may_hold_is_unknown() -> None:
    run = process(MAIN.replace("{name}", "cfg.lr"), arguments=None, files=FILES)
    assert constants(run) == [...]
    run = process(MAIN.replace("{name}", "cfg.lr"), arguments=None, files=FILES, defaults_hold=True)
    assert constants(run) == [0.1]
    assert run.documents == ["conf/config.yaml", "conf/model/small.yaml"]


def test_a_missing_file_may_set_anything_but_what_stands_behind_it() -> None:
    files = {"conf/config.yaml": "defaults:\n  - base\n  - _self_\nlr: 1\n"}
    assert given("cfg.lr", files=files) == 1
    assert given("cfg.steps", files=files) == ...
    files = {"conf/config.yaml": "defaults:\n  - _self_\n  - base\nlr: 1\n"}
    assert given("cfg.lr", files=files) == ...


def test_without_self_the_release_decides_what_overrides_what() -> None:
    files = {"conf/config.yaml": "defaults:\n  - model: a\nmodel:\n  n: 1\n  m: 1\n", "conf/model/a.yaml": "n: 2\n"}
    assert given("cfg.model.n", files=files) == ...
    assert given("cfg.model.m", files=files) == 1
    files["conf/config.yaml"] = "defaults:\n  - model: a\n  - _self_\nmodel:\n  n: 1\n"
    assert given("cfg.model.n", files=files) == 1


def test_packages() -> None:
    files = {
        "conf/config.yaml": "defaults:\n  - db@source: a\n  - db@_global_: b\n  - /other/deep: c\n  - _self_\n",
        "conf/db/a.yaml": "n: 1\n",
        "conf/db/b.yaml": "m: 2\n",
        "conf/other/deep/c.yaml": "k: 3\n",
    }
    assert [given(name, files=files) for name in ("cfg.source.n", "cfg.m", "cfg.other.deep.k")] == [1, 2, 3]


def test_trails_lead_to_the_file_or_the_override() -> None:
    text = MAIN.replace("{name}", "cfg.depth")
    (value,) = printed(process(text, arguments=(), files=FILES))
    assert [(step.text, step.at.path) for step in value.trail] == [
        ("depth: 2", "conf/model/small.yaml"),
        ("depth: ${model.depth}", "conf/config.yaml"),
    ]
    (value,) = printed(process(text, arguments=words("model.depth=4"), files=FILES))
    assert (value.trail[0].how, value.trail[0].text) == (How.OPTION, "model.depth=4")


def test_hydra_refuses_options_that_are_not_its_own() -> None:
    run = process(MAIN.replace("{name}", "1"), arguments=words("--local_rank=0", "lr=1"), files=FILES)
    assert [word.string for word in run.parsers[-1].rejected] == ["--local_rank=0"]


def test_interpolations_see_what_the_script_changes() -> None:
    body = "    cfg.model.depth = 11\n    print(cfg.depth)\n    cfg.new = 4\n    print(cfg.new)"
    text = MAIN.replace("    print({name})", body)
    assert constants(process(text, arguments=(), files=FILES)) == [11, 4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cfg = OmegaConf.load('c.yaml'); print(cfg.a.b)", 1),
        ("cfg = OmegaConf.load('c.yaml'); print(cfg.c)", 1),
        ("cfg = OmegaConf.merge(OmegaConf.load('c.yaml'), {'a': {'b': 5}}); print(cfg.c)", 5),
        ("cfg = OmegaConf.merge(OmegaConf.load('c.yaml'), OmegaConf.from_cli()); print(cfg.a.b)", 8),
        ("cfg = OmegaConf.merge(OmegaConf.load('c.yaml'), OmegaConf.load('missing.yaml')); print(cfg.a.b)", ...),
        ("cfg = OmegaConf.merge(OmegaConf.load('missing.yaml'), OmegaConf.load('c.yaml')); print(cfg.a.b)", 1),
        ("cfg = OmegaConf.create({'x': {'y': 2}}); print(cfg.x.y)", 2),
        ("cfg = OmegaConf.structured(Base); print(cfg.n)", 3),
        ("cfg = OmegaConf.merge(OmegaConf.structured(Base()), {'n': 4}); print(cfg.n)", 4),
        ("cfg = OmegaConf.load('c.yaml'); OmegaConf.update(cfg, 'a.b', 6); print(cfg.c)", 6),
        ("cfg = OmegaConf.load('c.yaml'); print(sum(v for k, v in cfg.a.items()))", 1),
        ("cfg = OmegaConf.load('c.yaml')\nif other():\n    cfg.a.b = 2\nelse:\n    cfg.a.b = 2\nprint(cfg.c)", 2),
        ("cfg = OmegaConf.load('c.yaml'); print(hasattr(cfg, 'a')); ", True),
        ("cfg = OmegaConf.load('c.yaml'); print(getattr(cfg, 'z', 5))", 5),
        ("cfg = OmegaConf.load('c.yaml'); print(isinstance(cfg, dict))", False),
        ("cfg = OmegaConf.load('c.yaml'); print(isinstance(cfg, DictConfig))", True),
        ("def f(b):\n    print(b)\nf(**OmegaConf.load('c.yaml').a)", 1),
        ("from easydict import EasyDict as edict\nprint(edict({'a': {'b': 4}}).a.b)", 4),
        ("from ml_collections import ConfigDict\nc = ConfigDict()\nc.a = ConfigDict({'b': 4})\nprint(c.a.b)", 4),
        ("from addict import Dict\nprint(Dict({'a': {'b': 4}})['a'].b)", 4),
    ],
)
def test_configurations_that_a_script_makes(text: str, expected: Any) -> None:
    files = {"c.yaml": "a:\n  b: 1\nc: ${a.b}\n"}
    head = "from omegaconf import DictConfig, OmegaConf\nfrom dataclasses import dataclass\n"
    head += "@dataclass\nclass Base:\n    n: int = 3\n"
    assert constants(process(head + text, arguments=words("a.b=8"), files=files)) == [expected]


def test_instantiate_calls_what_the_configuration_names() -> None:
    text = """
import hydra
from omegaconf import OmegaConf
cfg = OmegaConf.load("c.yaml")
thing = hydra.utils.instantiate(cfg.own, extra=4)
print(thing.size); print(thing.extra)
trainer = hydra.utils.instantiate(cfg.trainer)
"""
    files = {
        "c.yaml": "n: 2\nown:\n  _target_: parts.Thing\n  size: ${n}\ntrainer:\n  _target_: pytorch_lightning.Trainer\n"
        "  devices: 8\n",
        "parts.py": "class Thing:\n    def __init__(self, size, extra):\n        self.size = size\n"
        "        self.extra = extra\n",
    }
    run = process(text, arguments=(), files=files)
    assert constants(run) == [2, 4]
    (event,) = run.called("lightning.pytorch.Trainer")
    assert event.argument("devices").constant == 8


@pytest.mark.parametrize(
    "files",
    [
        {"conf/config.yaml": "defaults:\n  - config\nlr: 1\n"},
        {"conf/config.yaml": "defaults:\n  - a: a\nlr: 1\n", "conf/a/a.yaml": "defaults:\n  - a\n"},
        {"conf/config.yaml": "defaults:\n" + "  - a: a\n" * 40, **{
            f"conf/{'a/' * n}a.yaml": "defaults:\n" + "  - a: a\n" * 40 for n in range(1, 11)
        }},
        {"conf/config.yaml": "lr: ${a}\na: ${b}\nb: ${lr}${lr}\n"},
        {"conf/config.yaml": "lr: ${a0}${a0}\n" + "".join(f"a{n}: {f'${{a{n + 1}}}' * 4}\n" for n in range(9))},
        {"conf/config.yaml": "defaults: 3\nlr: 1\n"},
        {"conf/config.yaml": "- 1\n"},
    ],
)  # fmt: skip
def test_configurations_without_end_are_unknown(files: dict[str, str]) -> None:
    begun = time.monotonic()
    assert given("cfg.lr", files=files) in (..., 1)
    assert time.monotonic() - begun < 10
