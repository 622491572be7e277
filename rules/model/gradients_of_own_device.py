from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.mapped_steps import unmet
from dtlint.value import truth


def check(process: Process):
    seen = process.visible_gpus.integer
    for found in unmet(process.run) if process.run is not None else ():
        yield Finding(
            when=truth(seen is None or seen > 1),
            at=found.gradients,
            because=(("the step is mapped over the devices here", found.mapped),),
            function=found.function,
        )
