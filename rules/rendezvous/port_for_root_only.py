from dtlint.job.launch import Launch
from dtlint.rule import Finding

FREE_TO_ALL = 1024


def check(launch: Launch):
    port = launch.rendezvous.port
    if launch.rendezvous.chosen or port.is_absent or port.integer == 0 or not port.trail:
        return
    yield Finding(
        when=(port > -1) & (port < FREE_TO_ALL), at=port, port=port, verb="is" if port.known else "is sometimes"
    )
