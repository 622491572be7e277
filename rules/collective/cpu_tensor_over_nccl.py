from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.effects import Effect
from dtlint.run.groups import INITIALISER
from dtlint.run.residence import cpu_tensor
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    made = list(run.effects(Effect.INITIALISES)) if run is not None else []
    if len(made) != 1 or made[0].name != INITIALISER or made[0].argument("backend").string != "nccl":
        return
    for event in run.events:
        row = event.row
        if row is None or not event.name.startswith("torch.distributed.") or event.name.count(".") != 2:
            continue
        meets = row.effects & {Effect.COLLECTIVE, Effect.POINT_TO_POINT}
        if not meets or event.index < made[0].index or not event.argument("group").is_absent or "object" in event.name:
            continue
        born = cpu_tensor(event.thing(row.subject), run) if row.subject else None
        if born is not None and comes_about(event, run):
            yield Finding(
                when=TRUE,
                at=event.argument_at(row.subject),
                because=(("it is made here", born), made[0].argument("backend")),
                call=event.method,
            )
