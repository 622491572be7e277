from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.effects.flower import STRATEGIES
from dtlint.run.federations import MINIMUM
from dtlint.value import known


def check(process: Process):
    for event in process.events:
        if not event.name.startswith(STRATEGIES) or event.row is None or not event.surely:
            continue
        awaited = event.argument("min_available_clients").or_default(MINIMUM)
        for task in ("fit", "evaluate"):
            needed = event.argument(f"min_{task}_clients")
            share = event.argument(f"fraction_{task}").or_default(known(1.0))
            if not needed.is_absent:
                yield Finding(
                    when=(needed > awaited) & (share > 0),
                    at=near(needed, event),
                    because=(awaited,),
                    needed=needed,
                    awaited=awaited,
                    name=f"min_{task}_clients",
                )
