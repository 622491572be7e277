from dtlint.job.launch import Launch
from dtlint.job.ssh import named_port
from dtlint.rule import Finding
from dtlint.run.mca import settings

ARGUMENTS = ("plm_rsh_args", "pls_rsh_args", "plm_ssh_args")


def check(launch: Launch):
    served = {one.port for one in launch.ssh_servers}
    if launch.tool != "mpirun" or not served:
        return
    told = settings(launch)
    given = next((told[name] for name in ARGUMENTS if name in told), None)
    asked = named_port(given.string or "") if given is not None else None
    if asked is not None and int(asked[1]) not in served:
        yield Finding(
            when=launch.nodes > 1,
            at=given,
            because=(("an SSH server is started here", launch.ssh_servers[0].at), launch.nodes),
            asked=asked[1],
            served=" and ".join(map(str, sorted(served))),
        )
