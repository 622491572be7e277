from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.current_gpu import early
from dtlint.run.devices import INITIALISER
from dtlint.run.epochs import LOADER
from dtlint.value import TRUE


def check(process: Process):
    calls = tuple(early(process))
    if not calls or any(call.refused for call in calls) or not all(map(backend_known, process.run.called(INITIALISER))):
        return
    first = calls[0]
    group = next((event for event in process.run.called(INITIALISER) if event.surely), first.own.event)
    call = "pin_memory=True" if first.event.name == LOADER else f"{first.event.method}()"
    yield Finding(
        when=TRUE,
        at=first.choice or group,
        because=(
            (f"{call} takes the current GPU", first.event),
            (f"the process's own GPU is cuda:{first.own.index}", first.own.at),
        ),
        own=first.own.index,
        process=process.label,
        call=call,
    )


def backend_known(event):
    """Under NCCL the same call may be refused, which is another mistake."""
    backend = event.argument("backend")
    return backend.known or backend.is_absent
