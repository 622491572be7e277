from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.objects import ListObject, RangeObject
from dtlint.run.wrapping import DDP
from dtlint.value import TRUE

# One process with several GPUs was given up in 1.9: pytorch/pytorch#54454.
REFUSES = 1_009


def check(process: Process):
    run, torch = process.run, process.torch
    for wrap in run.called(DDP) if run is not None else ():
        given = wrap.thing("device_ids")
        if not wrap.surely or not isinstance(given, ListObject):
            continue
        recent = TRUE if torch.is_absent else torch.mapped("release", number) >= REFUSES
        at = wrap.argument_at("device_ids")
        chosen = beyond_first(process, wrap) if lists_all(given, process) else None
        if given.complete and len(given.items) > 1:
            yield Finding(when=recent, at=at, because=(torch,), count=len(given.items))
        elif chosen is not None:
            yield Finding(when=recent, at=at, because=(("this process works on another than the first", chosen), torch),
                          count="all")  # fmt: skip


def lists_all(given, process):
    """It is as long as there are GPUs, whose number is not known."""
    source = given.sources[0] if len(given.sources) == 1 and not given.items else None
    whole = isinstance(source, RangeObject) and source.start.integer == 0 and source.step.integer == 1
    return whole and source.stop.is_unknown and source.stop.same(process.visible_gpus)


def beyond_first(process, wrap):
    """Where it chose a GPU that is not the first: there are several."""
    for event in process.run.called("torch.cuda.set_device"):
        index = event.argument("device").integer
        if event.surely and event.index < wrap.index and index is not None and index > 0:
            return event
    return None


def number(release):
    """1.8.1 is 1008, 2.1 is 2001."""
    major, minor = [*str(release).split("."), "0"][:2]
    return int(major) * 1_000 + int(minor)
