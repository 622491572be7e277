from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.epochs import fed
from dtlint.run.likeness import alike
from dtlint.run.streams import described, same_for_all
from dtlint.run.wrapping import DDP, FSDP
from dtlint.value import TRUE


def check(world: World):
    followed = world.finished[:2]
    if len(followed) < 2 or not all(any(run.called(DDP, FSDP)) for _, run in followed):
        return
    (first, mine), (second, theirs) = followed
    trained = [one for one in fed(theirs) if one.trains]
    for one in fed(mine):
        made, dataset = one.loader.made_by, one.loader.attributes.get("dataset")
        if not one.trains or one.again or made is None or made.open or one.loader.unseen or one.loader.prepared:
            continue
        if made.thing("worker_init_fn") is not None or not same_for_all(dataset):
            continue
        others = [other.loader.attributes.get("dataset") for other in trained if other.loop.at == one.loop.at]
        if others and all(same_for_all(other) and alike(dataset, other) for other in others):
            stream, place = described(dataset)
            yield Finding(
                when=TRUE,
                at=made,
                because=(
                    *((("the stream knows its loader's worker at most", place),) if place is not None else ()),
                    ("trained on here", one.loop.at),
                ),
                first=first.label,
                second=second.label,
                stream=stream,
            )
