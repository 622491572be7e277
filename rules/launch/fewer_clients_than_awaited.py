from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.federations import MINIMUM, federation
from dtlint.value import known


def check(run: Run):
    found = federation(run)
    if found is None or not found.complete or not found.clients:
        return
    told, strategy = found.server.event, found.strategy
    if strategy is None and not told.argument("strategy").is_absent:
        return
    if not told.argument("client_manager").is_absent or not told.argument("server").is_absent:
        return
    given = strategy.argument("min_available_clients") if strategy is not None else MINIMUM
    awaited = given.or_default(MINIMUM)
    started = known(len(found.clients))
    yield Finding(
        when=started < awaited,
        at=near(awaited, strategy or told),
        because=(("a client is started here", found.clients[0].process),),
        awaited=awaited,
        started=started,
    )
