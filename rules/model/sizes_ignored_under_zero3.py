from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.zero3_loading import cut_up_on_the_way, loads

OPTION = "ignore_mismatched_sizes"
MENDED = 5
"""The release of transformers from which on sizes are not compared under stage 3."""


def check(plan: Plan):
    process = plan.process
    if process is None or process.run is None or release_is_newer(process.transformers):
        return
    for load in loads(process.run):
        told = cut_up_on_the_way(plan, load)
        if told is not None:
            event, surely = told
            yield Finding(
                when=surely & (load.argument(OPTION) == True) & happens(load),  # noqa: E712 - a Truth
                at=load.argument_at(OPTION),
                because=(plan.zero_stage, ("transformers is told of it here", event)),
            )


def release_is_newer(release):
    """It is not known to be older, where somebody says which one it is."""
    if release.is_absent:
        return False
    first = (release.string or "").partition(".")[0]
    return not first.isdigit() or int(first) >= MENDED
