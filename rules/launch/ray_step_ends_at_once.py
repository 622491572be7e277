from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import truth


def check(launch: Launch):
    step, options = launch.parent, launch.options
    if launch.tool != "ray start" or step is None or step.tool != "srun" or launch.exec.within is not step.exec.within:
        return
    hidden = options.hidden or any(word.string is None for word in options.rest)
    if not hidden:
        yield Finding(when=truth(not options.has("--block")), at=launch, because=(("the step", step),))
