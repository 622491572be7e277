from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import INITIALISER
from dtlint.value import TRUE


def check(process: Process):
    for event in process.called(INITIALISER):
        for name in ("rank", "world_size"):
            value = event.argument(name)
            if value.string is not None and event.surely and event.argument("store").is_absent:
                at = event.argument_at(name)
                yield Finding(when=TRUE, at=at, because=(value,), parameter=name, value=repr(value.string))
                break
