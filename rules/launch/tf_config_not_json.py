import json

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.task_clusters import reader, told
from dtlint.value import TRUE


def check(process: Process):
    found, reads = told(process), reader(process.run)
    if found is not None and reads is not None and found.record.is_absent:
        yield Finding(when=TRUE, at=found.at, because=(("it is read here", reads),), fault=fault(found.text.string))


def fault(text):
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.msg[0].lower() + error.msg[1:]
