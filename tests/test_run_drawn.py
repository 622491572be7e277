"""Whose parameters an optimizer is given, however a script sorts them."""

import pytest
from test_run_script import process

from dtlint.run.script.objects import Instance
from dtlint.run.wrapping import drawn_from

WAYS = {
    "all": "net.parameters()",
    "a list": "list(net.parameters())",
    "those that are trained": "filter(lambda p: p.requires_grad, net.parameters())",
    "picked": "[p for p in net.parameters() if p.requires_grad]",
    "picked by name": "(p for name, p in net.named_parameters() if 'bias' not in name)",
    "one group": "[{'params': net.parameters(), 'lr': 0.1}]",
    "two groups": "[{'params': [p for n, p in net.named_parameters() if p.ndim > 1]}, {'params': net.parameters()}]",
    "from a dict": "[p for n, p in {n: p for n, p in net.named_parameters()}.items() if p.dim() > 1]",
}


def owner(given: str, before: str = "") -> object:
    text = (
        f"import torch\nnet, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)\n{before}\ntorch.optim.SGD({given})\n"
    )
    (made,) = process(text).called("torch.optim.SGD")
    return drawn_from(made.thing("params"))


@pytest.mark.parametrize("way", WAYS)
def test_parameters_come_from_the_module_that_was_asked_for_them(way: str) -> None:
    found = owner(WAYS[way])
    assert isinstance(found, Instance)
    assert found.cls == "torch.nn.Linear"


def test_parameters_that_a_loop_sorts_come_from_its_module() -> None:
    sorting = """
kept, rest = [], []
for p in net.parameters():
    if p.ndim > 1:
        kept.append(p)
    else:
        rest.append(p)
"""
    assert isinstance(owner("[{'params': kept}, {'params': rest}]", sorting), Instance)


@pytest.mark.parametrize(
    "given",
    [
        "[{'params': net.parameters()}, {'params': other.parameters()}]",
        "[*net.parameters(), *other.parameters()]",
        "[net.weight]",
        "[]",
        "unknown()",
    ],
)
def test_of_several_modules_or_of_what_is_not_known_there_is_none(given: str) -> None:
    assert owner(given) is None
