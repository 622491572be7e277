import re

from dtlint.job.launch import Launch
from dtlint.mend import FirstOf, Replaced, written
from dtlint.rule import Finding

LOWEST, HIGHEST = 1, 65535
DRAWN = re.compile(r"\$\(\(\s*\d+\s*\+\s*\$?RANDOM\s*\)\)")
BOUNDED = "$((20000 + RANDOM % 10000))"
"""Below the ports that Linux gives to clients, which begin at 32768."""
DEFAULT = "29500"
"""What torchrun, accelerate and deepspeed take where nobody names a port."""


def check(launch: Launch):
    port = launch.rendezvous.port
    if launch.rendezvous.chosen or port.is_absent or not port.trail:
        return
    yield Finding(
        # A drawn port that is 0 once in 32768 jobs is below 1024 far more often, which is another rule's.
        when=(port < (LOWEST if port.known else 0)) | (port > HIGHEST),
        at=port,
        edits=(FirstOf((written(port, DEFAULT), *(Replaced(step.at, DRAWN, BOUNDED) for step in port.trail))),),
        port=port,
        verb="is not" if port.known else "is not always",
        highest=HIGHEST,
    )
