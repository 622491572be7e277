import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.run.mca import settings

ARGUMENTS = ("plm_rsh_args", "pls_rsh_args", "plm_ssh_args")
PORT = re.compile(r"(?<!\S)-(?:p\s*|o\s*[\"']?Port[ =])(\d{1,5})(?!\w)")


def check(launch: Launch):
    served = {one.port for one in launch.ssh_servers}
    if launch.tool != "mpirun" or not served:
        return
    told = settings(launch)
    given = next((told[name] for name in ARGUMENTS if name in told), None)
    asked = PORT.findall(given.string) if given is not None else []
    if len(asked) == 1 and int(asked[0]) not in served:
        yield Finding(
            when=launch.nodes > 1,
            at=given,
            because=(("an SSH server is started here", launch.ssh_servers[0].at), launch.nodes),
            asked=asked[0],
            served=" and ".join(map(str, sorted(served))),
        )
