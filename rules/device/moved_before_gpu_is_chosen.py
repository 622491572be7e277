from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.current_gpu import GROUP_MAKERS, before_library
from dtlint.value import TRUE

SHOW_ALL = ("torchrun", "accelerate", "deepspeed", "presumed")
"""The processes that they start on one host see the same GPUs."""


def check(process: Process):
    found = before_library(process)
    if found is None or process.world is None:
        return
    moved, library = found
    group = next((event for event in process.called(*GROUP_MAKERS) if event.surely and event.index < moved.index), None)
    seen = process.visible_gpus
    alike = process.world.first.tool in SHOW_ALL and not seen.known
    yield Finding(
        when=TRUE if alike else seen > process.local,
        at=group or moved,
        because=(
            (f"{moved.method}() takes the current GPU, cuda:0", moved),
            (f"cuda:{process.local} becomes the current one", library),
        ),
        process=process.label,
        call=moved.method,
        library=library.name,
        own=process.local,
    )
