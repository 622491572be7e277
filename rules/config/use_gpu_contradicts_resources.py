from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.ray_clusters import asked
from dtlint.value import known


def check(process: Process):
    for one in asked(process):
        if not one.named.is_absent:
            without = (one.with_gpu == known(False)) & (one.named > 0)
            none = (one.with_gpu == known(True)) & (one.named == 0)
            yield Finding(
                when=without | none,
                at=near(one.named, one.scaling),
                because=(one.with_gpu,),
                flag=one.with_gpu,
                named=one.named,
            )
