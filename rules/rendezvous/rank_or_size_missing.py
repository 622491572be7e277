from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import INITIALISER
from dtlint.value import TRUE


def check(process: Process):
    for event in process.called(INITIALISER):
        url = event.argument("init_method")
        elsewhere = url.starts_with("tcp://") | url.starts_with("file://")
        if event.open or not event.surely or url.contains("?").always or event.argument("backend").string == "mpi":
            continue
        if url.string is None and not elsewhere.always:
            continue
        missing = [name for name in ("rank", "world_size") if lacks(event.argument(name))]
        if missing and elsewhere.always:
            yield Finding(when=TRUE, at=event, because=(url,), missing=" and ".join(missing), scheme=scheme(url))


def lacks(value):
    return value.is_absent or value.integer == -1


def scheme(url):
    return "tcp://" if url.starts_with("tcp://").always else "file://"
