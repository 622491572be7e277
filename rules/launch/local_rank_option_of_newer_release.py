import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

LEAST = re.compile(r"torch\s*(?:>=?|==)\s*1\.\d+[\w.]*")
"""The launcher of 2.0 is the first that passes the option with a dash (torch/distributed/launch.py)."""
IMAGE = re.compile(r"torch(nvcr\.io/nvidia/pytorch:(?:1\d|2[0-2])\.\d\d\S*)")
"""Images of before 2023 hold 1.14 or less (NVIDIA's release notes)."""


def check(process: Process):
    launch, run = process.launch, process.run
    if run is None or launch is None or launch.tool != "presumed":
        return
    old = next((step for step in process.torch.trail if LEAST.fullmatch(step.text) or IMAGE.fullmatch(step.text)), None)
    # With the variable it may be started by torchrun, which passes no option.
    if old is None or run.sets_unknown_names or any(read.name == "LOCAL_RANK" for read in run.reads):
        return
    for parser in run.parsers:
        if parser.open or parser.parsed_at is None or parser.accepts("--local_rank"):
            continue
        for option in parser.options:
            if "--local-rank" in option.names:
                image = IMAGE.fullmatch(old.text)
                pin = image[1] if image else old.text
                yield Finding(when=TRUE, at=option.at, because=((pin, old.at),), release=pin)
