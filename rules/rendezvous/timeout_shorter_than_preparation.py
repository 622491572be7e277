from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.groups import INITIALISER
from dtlint.run.timeouts import seconds, timedelta
from dtlint.run.waits import long_waits
from dtlint.value import TRUE

SHORT = 10 * 60
"""Seconds that NCCL's own timeout has: a shorter one was chosen."""


def check(world: World):
    for wait in long_waits(world):
        made = [event for event in wait.busy.run.effects(Effect.INITIALISES) if event.index < wait.work.index]
        timeout = timedelta(made[0].thing("timeout")) if len(made) == 1 and made[0].name == INITIALISER else None
        patience = seconds(timeout) if timeout is not None else None
        if patience is not None and patience < SHORT:
            yield Finding(
                when=TRUE,
                at=made[0].argument_at("timeout"),
                because=(("the work begins here", wait.work), ("the others wait here", wait.meeting)),
                first=wait.busy.label,
                other=wait.waiting.label,
                call=wait.meeting.method,
                work="a whole file",
                minutes=f"{patience / 60:g}",
            )
            return
