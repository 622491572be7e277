"""Configuration files that scripts load themselves, and what they make of them."""

from __future__ import annotations

from typing import Any

import pytest
from scripts import constants, printed, process

FILES = {
    "c.yaml": "train:\n  lr: 0.5\n  steps: 10\nname: x\n",
    "c.json": '{"train": {"lr": 0.5, "steps": 10}, "name": "x"}\n',
    "c.toml": 'name = "x"\n[train]\nlr = 0.5\nsteps = 10\n',
}


@pytest.mark.parametrize(
    "load",
    [
        "import yaml\nwith open('c.yaml') as f:\n    c = yaml.safe_load(f)",
        "import yaml\nc = yaml.load(open('c.yaml'), Loader=yaml.FullLoader)",
        "import yaml\nc = yaml.safe_load(open('c.yaml').read())",
        "import yaml\nwith open('c.yaml', 'r') as f:\n    text = f.read()\nc = yaml.safe_load(text)",
        "import yaml\nfrom pathlib import Path\nc = yaml.safe_load(Path('c.yaml').read_text())",
        "import yaml\nfrom pathlib import Path\nwith Path('c.yaml').open() as f:\n    c = yaml.safe_load(f)",
        "import yaml, os\nf = open(os.path.join(os.path.dirname(__file__), 'c.yaml'))\nc = yaml.safe_load(f)",
        "import yaml\nfrom pathlib import Path\nc = yaml.safe_load((Path(__file__).parent / 'c.yaml').open())",
        "from ruamel.yaml import YAML\nc = YAML(typ='safe').load(open('c.yaml'))",
        "import json\nc = json.load(open('c.json'))",
        "import json\nc = json.loads(open('c.json').read())",
        "import json, pathlib\nc = json.loads(pathlib.Path('c.json').read_text())",
        "import tomllib\nwith open('c.toml', 'rb') as f:\n    c = tomllib.load(f)",
        "import tomllib, pathlib\nc = tomllib.loads(pathlib.Path('c.toml').read_text())",
        "import toml\nc = toml.load('c.toml')",
        "import toml\nc = toml.load(open('c.toml'))",
    ],
)
def test_documents_are_read_with_their_places(load: str) -> None:
    run = process(f"{load}\nprint(c['train']['lr']); print(c.get('name'))\n", files=FILES)
    assert constants(run) == [0.5, "x"]
    place = printed(run)[0].trail[0]
    (path,) = run.documents
    assert place.at.path == path
    assert FILES[path][place.at.start : place.at.end] == "0.5"


def test_texts_that_are_not_files_of_the_workspace() -> None:
    text = "import yaml, json\nprint(yaml.safe_load('a: 3')['a']); print(json.loads('{\"a\": 4}')['a'])\n"
    text += "print(yaml.safe_load(open('missing.yaml'))['a'])\n"
    assert constants(process(text)) == [3, 4, ...]


HEAD = """
import argparse, dataclasses, types, yaml
from dataclasses import asdict, dataclass, field, replace
from types import SimpleNamespace

@dataclass
class Train:
    lr: float = 1.0
    steps: int = 1
    betas: list = field(default_factory=lambda: [0.9, 0.99])

@dataclass
class Long(Train):
    extra: int = 5

with open("c.yaml") as f:
    c = yaml.safe_load(f)
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print(Train(**c['train']).steps)", 10),
        ("print(Train(**c['train']).betas[0])", 0.9),
        ("print(Long(**c['train']).extra)", 5),
        ("print(Long(**c['train']).lr)", 0.5),
        ("print(argparse.Namespace(**c['train']).lr)", 0.5),
        ("print(SimpleNamespace(**c['train']).lr)", 0.5),
        ("print(types.SimpleNamespace(**c['train']).lr)", 0.5),
        ("print(replace(Train(), steps=4).steps)", 4),
        ("print(dataclasses.replace(Train(steps=3), lr=4).steps)", 3),
        ("print(asdict(Train(**c['train']))['steps'])", 10),
        ("print(vars(Train(**c['train']))['steps'])", 10),
        ("args = argparse.Namespace(lr=2)\nargs.__dict__.update(c['train'])\nprint(args.steps)", 10),
        ("args = argparse.Namespace(lr=2)\nvars(args).update(c['train'])\nprint(args.lr)", 0.5),
        ("args = Train(lr=2)\nfor k, v in c['train'].items():\n    setattr(args, k, v)\nprint(args.lr)", 0.5),
        ("args = argparse.Namespace(lr=2)\nargs.lr = 3\nprint(vars(args)['lr'])", 3),
        ("d = {**c['train'], 'lr': 7}\nprint(d['lr'] + d['steps'])", 17),
        ("d = c['train'] | {'lr': 7}\nprint(d['lr'] + d['steps'])", 17),
        ("p = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=9)\n"
         "p.set_defaults(**c['train'])\nprint(p.parse_args().lr)", 0.5),
    ],
)  # fmt: skip
def test_what_scripts_make_of_documents(text: str, expected: Any) -> None:
    assert constants(process(f"{HEAD}\n{text}\n", files=FILES)) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "args = argparse.Namespace(lr=2)\nfor k, v in load().items():\n    setattr(args, k, v)\nprint(args.lr)",
        "args = argparse.Namespace(lr=2)\nvars(args).update(load())\nprint(args.lr)",
        "args = argparse.Namespace(lr=2)\nargs.__dict__.update(**load())\nprint(args.lr)",
        "d = {'lr': 2}\nd.update(load())\nprint(d['lr'])",
        "d = {'lr': 2, **load()}\nprint(d['lr'])",
        "print(replace(Train(), **load()).lr)",
    ],
)
def test_what_is_not_seen_may_override_what_is(text: str) -> None:
    assert constants(process(f"from elsewhere import load\n{HEAD}\n{text}\n", files=FILES)) == [...]
