from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.draws import drawn, own_port
from dtlint.run.jax_processes import joined as jax_joined


def check(world: World):
    for place, meeting, when, (first, second) in (*by_torch(world), *by_jax(world)):
        yield Finding(
            when=when,
            at=place,
            because=(("they are to meet here", meeting),),
            call=place.method,
            first=first.label,
            second=second.label,
        )


def by_torch(world: World):
    joined = [next(joinings(process), None) for process, _ in world.followed]
    if len(joined) < 2 or None in joined:
        return
    places = [own_port(one) for one in joined]
    if None not in places and len({one.event.at for one in joined}) == 1:
        # A rank above 0 says as well that there are several.
        several = (joined[1].size > 1) | (joined[1].rank > 0)
        yield places[0], joined[0].event, several, [one.process for one in joined[:2]]


def by_jax(world: World):
    joined = [(jax_joined(process), run) for process, run in world.followed]
    if len(joined) < 2 or any(one is None for one, _ in joined):
        return
    places = [drawn(run, one.event, one.coordinator) for one, run in joined]
    if None not in places and len({one.event.at for one, _ in joined}) == 1:
        several = (joined[1][0].count > 1) | (joined[1][0].index > 0)
        yield places[0], joined[0][0].event, several, [one.process for one, _ in joined[:2]]
