from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.draws import own_port


def check(world: World):
    joined = [next(joinings(process), None) for process, _ in world.followed]
    if len(joined) < 2 or None in joined:
        return
    drawn = [own_port(one) for one in joined]
    if None not in drawn and len({one.event.at for one in joined}) == 1:
        yield Finding(
            # A rank above 0 says as well that there are several.
            when=(joined[1].size > 1) | (joined[1].rank > 0),
            at=drawn[0],
            because=(("they are to meet here", joined[0].event),),
            call=drawn[0].method,
            first=joined[0].process.label,
            second=joined[1].process.label,
        )
