from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.objects import ListObject
from dtlint.run.wrapping import DDP
from dtlint.value import TRUE

# One process with several GPUs was given up in 1.9: pytorch/pytorch#54454.
REFUSES = 1_009


def check(process: Process):
    run, torch = process.run, process.torch
    for wrap in run.called(DDP) if run is not None else ():
        given = wrap.thing("device_ids")
        if wrap.surely and isinstance(given, ListObject) and given.complete and len(given.items) > 1:
            recent = TRUE if torch.is_absent else torch.mapped("release", number) >= REFUSES
            yield Finding(when=recent, at=wrap.argument_at("device_ids"), because=(torch,), count=len(given.items))


def number(release):
    """1.8.1 is 1008, 2.1 is 2001."""
    major, minor = [*str(release).split("."), "0"][:2]
    return int(major) * 1_000 + int(minor)
