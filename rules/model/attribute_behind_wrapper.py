from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.collectives import reached
from dtlint.run.members import lacks
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None or process.run.truncated:
        return
    for asked in process.run.asked:
        wrapper = asked.wrapper
        comes = all(reached(fork, side) for fork, side in asked.branches)
        if asked.surely and comes and lacks(process.run, asked):
            yield Finding(
                when=TRUE,
                at=asked,
                because=(("the module is put into the wrapper", wrapper.made_by),),
                name=asked.name,
                wrapper=wrapper.cls.rpartition(".")[2],
            )
