from dtlint.job.process import Process
from dtlint.mend import Beside
from dtlint.rule import Finding
from dtlint.run.script import Instance
from dtlint.run.steps import scaled
from dtlint.value import known


def check(process: Process):
    run = process.run
    if run is None or not run.complete:
        return
    updates = [event.receiver for event in run.events if event.method == "update"]
    if not all(isinstance(receiver, Instance) for receiver in updates):
        return
    for step in run.events:
        found = scaled(step) if step.method == "step" and step.surely and step.loops else None
        if found is None or any(receiver is found[0] for receiver in updates) or found[1].open:
            continue
        enabled = found[1].argument("enabled").or_default(known(True))
        yield Finding(
            when=(enabled == True) & (step.loops[-1].count != 1),  # noqa: E712 - a Truth
            at=step,
            edits=(Beside(step.at, step.at, r"([\w.]+)\.step\(.*\)", r"\1.update()", behind=True),),
            because=(("the scaler", found[1]), ("each round of this loop steps", step.loops[-1].at)),
        )
