from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ray_clusters import asked
from dtlint.run.script.objects import Instance, Unread, as_value
from dtlint.value import known


def check(process: Process):
    for one in asked(process):
        config = one.trainer.thing("torch_config")
        made = config.made_by if isinstance(config, Instance | Unread) else None
        if made is None or not made.name.endswith("TorchConfig") or not one.named.is_absent:
            continue
        backend = made.given(0, "backend")
        if backend is not None:
            nccl = as_value(backend) == known("nccl")
            yield Finding(
                when=nccl & (one.with_gpu == known(False)),
                at=one.scaling,
                because=(("the backend is chosen here", made),),
            )
