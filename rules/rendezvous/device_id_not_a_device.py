from dtlint.job.process import Process
from dtlint.mend import whole
from dtlint.rule import Finding
from dtlint.run.groups import INITIALISER
from dtlint.run.releases import minor
from dtlint.value import TRUE, Text

A_TEXT = (r"(device_id=)?(f?([\"']).*\3|\w+)", r"\1torch.device(\2)")
A_NUMBER = (r"(device_id=)?([\w.]+|int\(.*\))", r'\1torch.device("cuda", \2)')
"""What may stand there, and what is to."""
TAKES_NUMBERS = (2, 9)
"""The first release that takes a bare index (pytorch/pytorch#156214)."""


def check(process: Process):
    for event in process.called(INITIALISER):
        thing, value = event.thing("device_id"), event.argument("device_id")
        if thing is not value or not event.surely:
            continue  # an object, such as a `torch.device`
        text = value.string is not None or isinstance(value.content, Text)
        pinned = minor(process.torch)
        index = value.integer is not None and pinned is not None and pinned < TAKES_NUMBERS
        at = event.argument_at("device_id")
        if text or index:
            yield Finding(
                when=TRUE,
                at=at,
                because=(process.torch,) if index else (),
                edits=(whole(at, *(A_TEXT if text else A_NUMBER), needs=r"^import torch\b"),),
                kind="a text" if text else "a number",
            )
