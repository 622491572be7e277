from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_steps import averaged_steps, passes_between_steps
from dtlint.run.script.trace import Event


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    for found in averaged_steps(run):
        count = passes_between_steps(found.backward, found.step)
        waits = any(event.method == "synchronize" and not _with(event, found.step) for event in run.events)
        if count is not None and not waits and not found.backward.caught:
            yield Finding(
                when=count > found.passes,
                at=found.wrap,
                because=(("the gradients are computed here", found.backward), ("and used here", found.step), count),
                count=count,
                expected=found.passes,
            )
            return


def _with(event: Event, step: Event) -> bool:
    """It comes where the step comes, and nowhere else."""
    return event.loops == step.loops and set(step.branches) <= set(event.branches)
