import re

from dtlint.job.launch import Allocation
from dtlint.rule import Finding
from dtlint.value import TRUE

COUNTS = ("--nodes", "--ntasks", "--ntasks-per-node", "--cpus-per-task", "--gpus", "--gpus-per-node", "--gpus-per-task",
          "--gres", "--array", "--mem", "--time")  # fmt: skip
VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*|\d)\}?")


def check(allocation: Allocation):
    if allocation.header is None:
        return
    for name in COUNTS:
        for given in allocation.header.given.get(name, ()):
            text = given.values[0].string if given.values else None
            found = VARIABLE.search(text or "")
            # A template is filled in before it is submitted: by the names of its shell, not by the arguments of it.
            if found is not None and found.group(1).isdigit():
                yield Finding(when=TRUE, at=given.at, option=given.written, variable=found.group())
                return
