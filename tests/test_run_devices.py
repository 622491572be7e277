"""Which GPU a designator names, in all forms that torch takes."""

from __future__ import annotations

import pytest

from dtlint.run.devices import gpu
from dtlint.run.script.objects import External, Instance, Thing, listing, mapping
from dtlint.value import absent, known, text, unknown

PLACE = unknown("--device", key="device")
NUMBER = unknown("the rank", key="rank", low=0, whole=True)


@pytest.mark.parametrize(
    ("thing", "index"),
    [
        (known(3), "3"),
        (known("cuda:3"), "3"),
        (text(("cuda:", NUMBER)), "the rank"),
        (Instance("torch.device", value=known("cuda:1")), "1"),
        (listing("list", (known(2),)), "2"),
        (mapping({"cuda:0": known("cuda:5")}), "5"),
    ],
)
def test_a_gpu_with_its_number(thing: Thing, index: str) -> None:
    found = gpu(thing)
    assert found is not None
    assert str(found) == index


@pytest.mark.parametrize("thing", [known("cuda"), absent()])
def test_the_current_gpu_has_no_number(thing: Thing) -> None:
    found = gpu(thing)
    assert found is not None
    assert found.is_absent


@pytest.mark.parametrize(
    "thing",
    [
        known("cpu"),
        known(None),
        known(-1),
        known(True),
        External("torch.float16"),
        text(("xpu:", NUMBER)),
        listing("list", (known(0), known(1))),
    ],
)
def test_what_is_no_single_gpu(thing: Thing) -> None:
    assert gpu(thing) is None


@pytest.mark.parametrize("thing", [PLACE, text((PLACE, ":", NUMBER)), Instance("torch.device")])
def test_a_device_that_is_not_known(thing: Thing) -> None:
    found = gpu(thing)
    assert found is not None
    assert not found.known
    assert not found.is_absent
