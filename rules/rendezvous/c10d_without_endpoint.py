from dtlint.job.launch import Launch
from dtlint.mend import whole
from dtlint.rule import Finding

ENDPOINT = r"\g<0> --rdzv_endpoint=$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1):29500"


def check(launch: Launch):
    rendezvous = launch.rendezvous
    if launch.tool != "torchrun" or rendezvous.kind not in ("c10d", "etcd", "etcd-v2"):
        return
    slurm = launch.allocation is not None and launch.allocation.scheduler == "slurm"
    backend = launch.options.value("--rdzv-backend")
    yield Finding(
        when=(launch.nodes > 1) & rendezvous.address.absent,
        at=backend if launch.options.has("--rdzv-backend") else launch,
        because=(launch.nodes,),
        edits=(whole(backend.at, r"\S+[= ]\w+", ENDPOINT, needs=r"^#SBATCH "),) if slurm and backend.trail else (),
        backend=rendezvous.kind,
        nodes=launch.nodes,
    )
