from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import truth


def check(launch: Launch):
    options, meeting = launch.options, launch.rendezvous
    if launch.tool != "torchrun" or meeting.kind != "static" or options.hidden or not options.has("--nnodes"):
        return
    # A variable may name the kind of the rendezvous in place of the option.
    if launch.environment.set("PET_RDZV_BACKEND") or options.value("--rdzv-backend").string not in (None, "static"):
        return
    given = options.given["--nnodes"][-1]
    low, colon, high = (options.value("--nnodes").string or "").partition(":")
    if colon and low.isdigit() and high.isdigit():
        yield Finding(when=truth(0 < int(low) < int(high)), at=given.at, range=given.written, most=high)
