from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.epochs import passes
from dtlint.run.likeness import alike
from dtlint.run.paddle_loaders import LOADER, goes_over_all, joins


def check(world: World):
    followed = world.finished[:2]
    if len(followed) < 2 or not all(joins(process) for process, _ in followed):
        return
    (first, mine), (second, theirs) = followed
    elsewhere = passes(theirs, LOADER)
    for one in passes(mine, LOADER):
        made = one.loader.made_by
        if not one.trains or made is None or one.loader.unseen or not goes_over_all(made):
            continue
        others = [other.loader for other in elsewhere if other.loop.at == one.loop.at and other.trains]
        dataset = one.loader.attributes.get("dataset")
        if others and all(alike(dataset, other.attributes.get("dataset")) for other in others):
            yield Finding(
                when=world.size > 1,
                at=made,
                because=(("trained on here", one.loop.at), ("the model is wrapped", joins(first))),
                first=first.label,
                second=second.label,
            )
