from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.tensor_shards import misfits
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for one in misfits(process.run):
        cut = one.cut
        yield Finding(
            when=TRUE,
            at=one.at,
            because=(("cut here", cut.event), cut.degree, cut.outputs),
            degree=cut.degree,
            part=one.part,
            outputs=cut.outputs,
            layer=cut.name,
            heads=f"heads of {one.size}" if one.heads is None else f"{one.heads} heads of {one.size}",
        )
