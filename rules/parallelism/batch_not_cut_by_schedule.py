from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.pipeline_schedules import HOME, cuts_rows, parts, rows
from dtlint.run.script.objects import Instance


def check(process: Process):
    for event in process.events:
        made = event.receiver.made_by if isinstance(event.receiver, Instance) else None
        if event.method != "step" or made is None or not made.name.startswith(HOME + "Schedule"):
            continue
        given = event.positional[0] if event.positional else event.keywords.get("target")
        if given is None or not cuts_rows(made) or not event.some_day or event.open or event.caught:
            continue
        batch, count = rows(given), parts(made)
        if not batch.is_absent:
            yield Finding(
                when=(batch % count != 0) & (count > 0),
                at=event,
                because=(batch, count, ("the schedule is made here", made)),
                batch=batch,
                parts=count,
            )
