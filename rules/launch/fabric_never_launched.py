from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.lightning import FABRIC, strategy

NEEDS = tuple(f"{FABRIC}.{name}" for name in ("setup", "setup_module", "setup_dataloaders", "setup_optimizers", "run"))


def check(process: Process):
    run = process.run
    if run is None or run.truncated or run.unread:
        return
    # `fabric run` (once `lightning run model`) launches it from outside, and nothing here shows who starts it.
    if process.exec.at.path == process.script:
        return
    made = list(run.called(FABRIC))
    if len(made) != 1 or not made[0].surely or seen_elsewhere(made[0]) or any(run.called(f"{FABRIC}.launch")):
        return
    first = next((event for event in run.called(*NEEDS) if event.surely and event.receiver is made[0].result), None)
    left_open = made[0].argument("strategy").is_absent
    if first is not None and not made[0].open and (left_open or strategy(made[0]) is not None):
        devices = made[0].argument("devices").as_int()
        yield Finding(when=devices > 1, at=first, because=(devices,), devices=devices, method=first.method)


def seen_elsewhere(event):
    """Code that was not read had the object, and may have launched it."""
    return getattr(event.result, "unseen", True)
