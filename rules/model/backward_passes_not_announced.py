from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_steps import averaged_steps, passes_between_steps


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    for found in averaged_steps(run):
        count = passes_between_steps(found.backward, found.step)
        waits = any(event.method == "synchronize" and event.receiver is not None for event in run.events)
        if count is not None and not waits and not found.backward.caught:
            yield Finding(
                when=count > found.passes,
                at=found.wrap,
                because=(("the gradients are computed here", found.backward), ("and used here", found.step), count),
                count=count,
                expected=found.passes,
            )
            return
