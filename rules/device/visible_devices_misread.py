import re

from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import TRUE

DEVICE = re.compile(r"\d+|(GPU|MIG)-.*", re.DOTALL)
NOTHING = re.compile(r"|-\d+|none|void|no\w*", re.IGNORECASE)
"""An end of the list that somebody means."""


def check(run: Run):
    for variable in variables(run):
        read = misread(variable.text) if variable.name == "CUDA_VISIBLE_DEVICES" else None
        if read is not None:
            yield Finding(when=TRUE, at=variable.at, list=variable.text, read=read)


def misread(text: str) -> str | None:
    """What CUDA makes of a list that is none; None for one that it reads as it is meant."""
    seen: list[str] = []
    for part in (each.strip() for each in text.split(",")):
        if NOTHING.fullmatch(part):
            return None
        if DEVICE.fullmatch(part):
            if part in seen:
                return f"no GPU, since {part} is there twice"
            seen.append(part)
            continue
        number = re.match(r"\d+", part)
        if number is not None and number[0] not in seen:
            seen.append(number[0])
        return f"GPU {','.join(seen)} alone" if seen else "no GPU"
    return None
