from dtlint.job.launch import Launch
from dtlint.rule import Finding

LOWEST, HIGHEST = 1, 65535


def check(launch: Launch):
    port = launch.rendezvous.port
    if launch.rendezvous.chosen or port.is_absent or not port.trail:
        return
    yield Finding(
        when=(port < LOWEST) | (port > HIGHEST),
        at=port,
        port=port,
        verb="is not" if port.known else "is not always",
        highest=HIGHEST,
    )
