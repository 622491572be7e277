"""Which release runs: the nearest pin decides, an open end is the current one, and doubt stays doubt."""

from __future__ import annotations

import pytest
from memory_files import MemoryFiles

from dtlint.run.releases import least, release


@pytest.mark.parametrize(
    ("files", "exact"),
    [
        ({"requirements.txt": "torch==1.13.1\n"}, "1.13.1"),
        ({"requirements.txt": "torch==2.1.0\n", "jobs/requirements.txt": "torch==1.13.1\n"}, "1.13.1"),
        ({"other/requirements.txt": "torch==1.13.1\n", "requirements.txt": "torch==2.1.0\n"}, "2.1.0"),
    ],
)
def test_the_nearest_exact_pin_is_the_release(files: dict[str, str], exact: str) -> None:
    assert release(MemoryFiles({**files, "jobs/train.py": ""}), "torch", "jobs/train.py").string == exact


@pytest.mark.parametrize("pinned", ["numpy==1.26\n", "torch\n", "torch>=1.7\n"])
def test_what_is_not_pinned_from_above_is_the_current_release(pinned: str) -> None:
    assert release(MemoryFiles({"requirements.txt": pinned, "train.py": ""}), "torch", "train.py").is_absent


@pytest.mark.parametrize("files", [{"requirements.txt": "torch<2\n"}, {"requirements.txt": "torch>=1.7,<3\n"},
                                   {"requirements.txt": "torch==1.13.1\n", "requirements-dev.txt": "torch==2.1.0\n"}])
def test_several_releases_are_not_one(files: dict[str, str]) -> None:
    assert release(MemoryFiles({**files, "train.py": ""}), "torch", "train.py").is_unknown


@pytest.mark.parametrize("path", ["README.md", "jobs/INSTALL.md", "docs.rst"])
def test_a_document_that_names_an_older_release_leaves_it_open(path: str) -> None:
    told = {path: "Tested with PyTorch 1.10.\n", "jobs/train.py": ""}
    assert release(MemoryFiles(told), "torch", "jobs/train.py").is_unknown
    pinned = {**told, "requirements.txt": "torch==2.4.0\n"}
    assert release(MemoryFiles(pinned), "torch", "jobs/train.py").string == "2.4.0"


@pytest.mark.parametrize(
    ("pins", "lowest"),
    [
        ("lightning==2.1.0\n", "2.1.0"),
        ("lightning>=2.0,<3\n", "2.0"),
        ("pytorch-lightning~=2.2\n", "2.2"),
        ("lightning>=2.4\npytorch-lightning==1.9.5\n", "1.9.5"),
        ("lightning>=1.8,!=2.0.1\n", "1.8"),
        ("lightning\n", None),
        ("lightning<2\n", None),
        ("lightning>=2.0\npytorch-lightning\n", None),
        ("torch==2.1.0\n", None),
    ],
)
def test_the_lowest_release_that_the_pins_allow(pins: str, lowest: str | None) -> None:
    files = MemoryFiles({"requirements.txt": pins, "train.py": ""})
    assert least(files, ("lightning", "pytorch-lightning"), "train.py").string == lowest
