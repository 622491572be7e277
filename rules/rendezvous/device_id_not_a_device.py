import re

from dtlint.job.process import Process
from dtlint.mend import whole
from dtlint.rule import Finding
from dtlint.run.groups import INITIALISER
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
        index = value.integer is not None and older(process.torch)
        at = event.argument_at("device_id")
        if text or index:
            yield Finding(
                when=TRUE,
                at=at,
                because=(process.torch,) if index else (),
                edits=(whole(at, *(A_TEXT if text else A_NUMBER), needs=r"^import torch\b"),),
                kind="a text" if text else "a number",
            )


def older(release):
    """The pinned release does not take a bare index yet."""
    found = re.match(r"(\d+)\.(\d+)", release.string or "")
    return found is not None and (int(found[1]), int(found[2])) < TAKES_NUMBERS
