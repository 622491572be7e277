from dtlint.job import spelling
from dtlint.job.nccl import meant
from dtlint.job.run import Setting
from dtlint.mend import word
from dtlint.rule import Finding
from dtlint.value import truth

OF_CUDA = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING")


def check(setting: Setting):
    known = meant(setting.name) if setting.exported else None
    if setting.exported and known is None and setting.name.startswith("CUDA") and unasked(setting):
        known = spelling.meant(setting.name, OF_CUDA)
    if known is not None:
        edits = (word(setting.at, setting.name, known),)
        yield Finding(when=truth(True), at=setting.at, edits=edits, name=setting.name, known=known)


def unasked(setting):
    """Every program of the job was read, and none asks for it, nor does a shell: it is no name of the project's own."""
    run = setting.run
    if not run.processes or any(process.run is None for process in run.processes):
        return False
    if any(exec.argv[0].string is None for exec in run.commands):
        return False
    reads = (read.name for process in run.processes for read in process.run.reads)
    steps = (step.at for exec in run.commands for each in exec.argv for step in each.trail)
    places = (piece.at for exec in run.commands for each in exec.argv for piece in each.pieces)
    return setting.name not in reads and not any(place.overlaps(setting.at) for place in (*steps, *places))
