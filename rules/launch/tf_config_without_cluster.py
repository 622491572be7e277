from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.task_clusters import reader, told
from dtlint.value import TRUE, Fields


def check(process: Process):
    found, reads = told(process), reader(process.run)
    content = found.record.content if found is not None else None
    if reads is None or not isinstance(content, Fields) or not content.complete or "cluster" in content.entries:
        return
    near = [name for name in content.entries if "cluster" in name.lower()]
    if near:
        yield Finding(when=TRUE, at=found.at, because=(("it is read here", reads),), name=near[0])
