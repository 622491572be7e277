from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE

TUNE = "tune"


def check(launch: Launch):
    options = launch.options
    command = launch.exec.argv[0].string if launch.exec.argv else None
    if launch.tool != "torchrun" or (command or "").rpartition("/")[2] != TUNE or options.hidden or not options.rest:
        return
    word = options.rest[0]
    recipe = word.string or ""
    # What is not torchtune's own is named by a path; one of its own under development starts its workers by Ray.
    if "." in recipe or "/" in recipe or launch.exec.environment.set("RANK"):
        return
    if options.given and recipe.endswith("_single_device"):
        behind = "runs in one process, and torchtune refuses to start it with options of torchrun"
        yield Finding(when=TRUE, at=word.at, recipe=recipe, outcome=behind)
    if not options.given and recipe.endswith("_distributed"):
        alone = "wants several processes, and without options of torchrun in front of it one is started, which fails"
        yield Finding(when=TRUE, at=word.at, recipe=recipe, outcome=alone)
