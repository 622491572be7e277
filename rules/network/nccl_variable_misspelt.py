from dtlint.job import spelling
from dtlint.job.nccl import meant
from dtlint.job.run import Setting
from dtlint.mend import word
from dtlint.rule import Finding
from dtlint.value import truth

OTHERS = (
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING",
    "MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "GLOO_SOCKET_IFNAME", "TORCH_DISTRIBUTED_DEBUG",
    "PYTORCH_CUDA_ALLOC_CONF", "OMP_NUM_THREADS", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE",
)  # fmt: skip
"""Of CUDA, PyTorch and the libraries of Hugging Face: a project may well have names of its own that are much like
these, and read them itself."""


def check(setting: Setting):
    known = meant(setting.name) if setting.exported else None
    if setting.exported and known is None:
        known = spelling.meant(setting.name, OTHERS)
        known = known if known is not None and unasked(setting) else None
    if known is not None:
        edits = (word(setting.at, setting.name, known),)
        yield Finding(when=truth(True), at=setting.at, edits=edits, name=setting.name, known=known)


def unasked(setting):
    """Every program of the job was read, and none asks for it, nor does a shell: it is no name of the project's own."""
    run = setting.run
    read = {process.script for process in run.processes if process.run is not None}
    # Of many processes of one script only some are run on paper.
    if not run.processes or None in read or any(process.script not in read for process in run.processes):
        return False
    if any(exec.argv[0].string is None for exec in run.commands):
        return False
    programs = [process.run for process in run.processes if process.run is not None]
    if any(program.reads_unknown_names for program in programs):
        return False
    reads = {one.name for program in programs for one in program.reads}
    steps = (step.at for exec in run.commands for each in exec.argv for step in each.trail)
    places = (piece.at for exec in run.commands for each in exec.argv for piece in each.pieces)
    return setting.name not in reads and not any(place.overlaps(setting.at) for place in (*steps, *places))
