from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.ray_clusters import asked
from dtlint.value import known


def check(process: Process):
    for one in asked(process):
        if not one.named.is_absent:
            yield Finding(
                when=(one.with_gpu == known(False)) & (one.named > 0),
                at=near(one.named, one.scaling),
                because=(one.with_gpu,),
                flag=one.with_gpu,
                named=one.named,
            )
