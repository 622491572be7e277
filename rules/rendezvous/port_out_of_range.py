from dtlint.job.launch import Launch
from dtlint.mend import written
from dtlint.rule import Finding

LOWEST, HIGHEST = 1, 65535
DEFAULT = "29500"
"""What torchrun, accelerate and deepspeed take where nobody names a port."""


def check(launch: Launch):
    port = launch.rendezvous.port
    if launch.rendezvous.chosen or port.is_absent or not port.trail:
        return
    yield Finding(
        when=(port < LOWEST) | (port > HIGHEST),
        at=port,
        edits=(written(port, DEFAULT),),
        port=port,
        verb="is not" if port.known else "is not always",
        highest=HIGHEST,
    )
