from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.task_clusters import reader, told
from dtlint.value import TRUE


def check(process: Process):
    found, reads = told(process), reader(process.run)
    if found is None or reads is None or reads.name != STRATEGY or not found.lists:
        return
    lacking = [name for name in ("type", "index") if found.record.get(f"task.{name}").is_absent]
    if lacking:
        yield Finding(when=TRUE, at=found.at, because=(("it is read here", reads),), lacking=" and no ".join(lacking))
