from dtlint.job.launch import Launch
from dtlint.rule import Finding


def check(launch: Launch):
    rendezvous = launch.rendezvous
    if launch.tool != "torchrun" or rendezvous.kind not in ("c10d", "etcd", "etcd-v2"):
        return
    yield Finding(
        when=(launch.nodes > 1) & rendezvous.address.absent,
        at=launch.options.value("--rdzv-backend") if launch.options.has("--rdzv-backend") else launch,
        because=(launch.nodes,),
        backend=rendezvous.kind,
        nodes=launch.nodes,
    )
