from dtlint.job.launch import Launch
from dtlint.rule import Finding

BY_HOSTFILE = ("pdsh", "openmpi", "mvapich", "mpich", "nossh")


def check(launch: Launch):
    if launch.tool != "accelerate" or launch.ranks or launch.options.hidden or not launch.children:
        return
    config = launch.config.field("deepspeed_config")
    told = [launch.options.value(f"--deepspeed_{name}") for name in ("hostfile", "multinode_launcher")]
    hostfile, launcher = (
        config.field(f"deepspeed_{name}") if value.is_absent else value
        for value, name in zip(told, ("hostfile", "multinode_launcher"), strict=True)
    )
    left_out = hostfile.is_absent or (hostfile.known and hostfile.constant is None)
    unsaid = launcher.is_absent or (launcher.known and launcher.constant is None)
    if left_out and (unsaid or launcher.string in BY_HOSTFILE):
        yield Finding(
            when=launch.nodes > 1,
            at=launch,
            because=(launch.nodes,) if unsaid else (launch.nodes, launcher),
            nodes=launch.nodes,
            launcher="pdsh" if unsaid else launcher,
        )
