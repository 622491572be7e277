from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.epochs import passes
from dtlint.run.handing import goes_over_all
from dtlint.run.likeness import alike
from dtlint.run.script.flows import indexed
from dtlint.run.sharing import joins
from dtlint.value import TRUE


def check(world: World):
    followed = world.finished[:2]
    if len(followed) < 2 or not all(joins(process) for process, _ in followed):
        return
    (first, mine), (second, theirs) = followed
    elsewhere = passes(theirs)
    for one in passes(mine):
        made = one.loader.made_by
        if not one.trains or made is None or one.loader.unseen or one.loader.prepared or shares(made):
            continue
        dataset = one.loader.attributes.get("dataset")
        if not indexed(dataset):
            continue
        others = [other.loader for other in elsewhere if other.loop.at == one.loop.at and other.trains]
        same = [other for other in others if other.made_by is not None and other.made_by.at == made.at]
        if same and all(alike(dataset, other.attributes.get("dataset")) for other in same):
            yield Finding(
                when=TRUE,
                at=made,
                because=(("trained on here", one.loop.at), ("the model is wrapped", joins(first))),
                first=first.label,
                second=second.label,
            )


def shares(made):
    """A sampler (or a generator that draws for this rank) may decide who gets what; not one that goes over all."""
    sampler = made.thing("sampler")
    chosen = sampler is not None and not goes_over_all(sampler)
    return made.open or chosen or any(made.thing(name) is not None for name in ("batch_sampler", "generator"))
