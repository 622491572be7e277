from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

OF_PARSERS = frozenset({"srun", "torchrun", "accelerate", "deepspeed", "horovodrun"})
"""Launchers that refuse an option that they do not know."""


def check(run: Run):
    told = [(launch.tool, launch.options) for launch in run.launches if launch.tool in OF_PARSERS]
    if run.allocation is not None and run.allocation.header is not None:
        told.append(("sbatch", run.allocation.header))
    seen = set()
    for tool, options in told:
        for given in options.strange:
            if given.meant and given.at not in seen:
                seen.add(given.at)
                yield Finding(when=TRUE, at=given.at, tool=tool, option=given.name, meant=given.meant)
