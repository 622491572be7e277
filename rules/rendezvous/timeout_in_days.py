from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.timeouts import given_in_days
from dtlint.value import TRUE

LONGEST = 30
"""Days that a run may surely wait for one process: nobody means more."""


def check(process: Process):
    for event in process.events:
        days = given_in_days(event.thing("timeout")) if event.name.startswith("torch.distributed.") else None
        if days is not None and days.integer is not None and days.integer >= LONGEST:
            yield Finding(when=TRUE, at=event.argument_at("timeout"), because=(days,), days=days)
