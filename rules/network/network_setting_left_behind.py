from dtlint.job import clean_container
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import absent

CHOOSES = ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME", "NCCL_IB_DISABLE", "NCCL_IB_HCA",
           "NCCL_IB_GID_INDEX", "NCCL_NET", "NCCL_P2P_DISABLE", "NCCL_SHM_DISABLE", "NCCL_ALGO", "NCCL_PROTO",
           "UCX_NET_DEVICES", "UCX_TLS", "FI_PROVIDER")  # fmt: skip
"""What decides over which way the processes reach each other."""

WAYS = {
    "deepspeed": "a line in .deepspeed_env",
    "srun": "`srun --export=ALL`",
    "apptainer": "`--env {name}=…`",
    "singularity": "`--env {name}=…`",
    "ssh": "write it in front of the command, `ssh host {name}=… …`",
}


def check(run: Run):
    for process in run.processes:
        yield from lost(process, run)


def lost(process, job):
    launch, run = process.launch, process.run
    if launch is None or run is None or run.truncated or run.sets_unknown_names:
        return
    above = next((each for each in launch.chain() if each.spreads), launch)
    written = {write.name for write in run.writes}
    container = clean_container.starter(process, job)
    for name in CHOOSES:
        value = process.environment.left_behind(name) if name not in written else absent()
        if value.trail and value.known and value.constant != "":
            yield Finding(
                when=above.nodes > 1,
                at=value,
                because=(("started here", above),),
                tool=container or above.called,
                variable=name,
                text=value,
                whom="into its container" if container else "to the other hosts",
                way=WAYS.get(container or above.called, "`mpirun -x {name}`").format(name=name),
            )
