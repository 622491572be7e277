from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.json_text import fault
from dtlint.run.task_clusters import reader, told
from dtlint.value import TRUE


def check(process: Process):
    found, reads = told(process), reader(process.run)
    if found is not None and reads is not None and found.record.is_absent:
        yield Finding(when=TRUE, at=found.at, because=(("it is read here", reads),), fault=fault(found.text))
