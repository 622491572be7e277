from dtlint.job.launch import Launch
from dtlint.rule import Finding, near

DEALING = ("--npernode", "--pernode", "--bynode", "--host", "--rankfile", "-H", "--oversubscribe")
"""Options by which the command says itself how many processes a host gets, or which hosts."""


def check(launch: Launch):
    granted = launch.allocation
    if granted is None or granted.slots.is_absent or launch.tool not in ("mpirun", "horovodrun"):
        return
    mapping = launch.options.value("--map-by")
    if launch.options.hidden or any(launch.options.has(name) for name in DEALING):
        return
    if not mapping.is_absent and mapping.string not in ("slot", "core", "socket"):
        return
    slots, gpus = granted.slots, granted.gpus_per_node
    yield Finding(
        when=(gpus > 0) & (slots > gpus) & (launch.total > gpus),
        at=near(slots, launch),
        because=(gpus, launch.total, ("started here", launch)),
        slots=slots,
        gpus=gpus,
    )
