import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding, near
from dtlint.value import known, truth

LISTED = re.compile(r"\d+(?:[-,]\d+)*")


def check(launch: Launch):
    parts = launch.allocation.parts if launch.allocation is not None else ()
    group = launch.options.value("--het-group")
    if launch.tool != "srun" or not parts or not LISTED.fullmatch(group.string or ""):
        return
    asked = max(map(int, re.findall(r"\d+", group.string)))
    yield Finding(
        when=truth(asked >= len(parts)),
        at=near(group, launch),
        because=tuple((f"component {number}", part.at) for number, part in enumerate(parts)),
        asked=known(asked),
        parts=len(parts),
        last=len(parts) - 1,
    )
