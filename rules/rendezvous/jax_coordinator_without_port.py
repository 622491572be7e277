from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.jax_processes import joined
from dtlint.value import truth


def check(process: Process):
    one = joined(process)
    text = one.coordinator.string if one is not None else None
    if text:
        yield Finding(when=truth(":" not in text), at=near(one.coordinator, one.event), address=text)
