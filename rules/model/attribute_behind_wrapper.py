from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.members import lacks
from dtlint.run.script.trace import some_day
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None or process.run.truncated:
        return
    for asked in process.run.asked:
        wrapper = asked.wrapper
        if asked.surely and some_day(asked.branches) and lacks(process.run, asked):
            yield Finding(
                when=TRUE,
                at=asked,
                because=(("the module is put into the wrapper", wrapper.made_by),),
                name=asked.name,
                wrapper=wrapper.cls.rpartition(".")[2],
            )
