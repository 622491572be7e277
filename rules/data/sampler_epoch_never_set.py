from dtlint.job.process import Process
from dtlint.mend import FirstOf, HeadOfLoop, HeadOfLoopAround
from dtlint.rule import Finding
from dtlint.run.epochs import passes, prepared
from dtlint.run.script import Instance
from dtlint.run.script.flows import chooser
from dtlint.value import known

SAMPLER = "torch.utils.data.distributed.DistributedSampler"
TELL = "{name}.set_epoch({variable})"


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    told = [event for event in run.events if event.method == "set_epoch"]
    if not all(isinstance(event.receiver, Instance) for event in told):
        return
    for one in passes(run):
        by_ray = prepared(run, one.loader)
        epochs = one.epochs(one.loader.made_by) if by_ray is not None else None
        if epochs is not None and one.trains and not told:
            yield Finding(
                when=(one.loader.made_by.argument("shuffle") == True) & (process.world.size > 1),  # noqa: E712
                at=by_ray,
                because=(("the loop that goes over it", one.loop.at), ("in each round of this one", epochs.at)),
                told="never called on this sampler",
            )
        sampler = chooser(one.loader)
        if sampler is None or sampler.cls != SAMPLER or sampler.made_by is None:
            continue
        epochs = one.epochs(sampler.made_by)
        if epochs is None or not one.trains or one.loader.prepared:
            continue
        if sampler.unseen or one.loader.unseen or "epoch" in sampler.attributes:
            continue
        here = [event for event in told if event.receiver in (sampler, one.loader)]
        if here and (one.again or any(loop in one.around for event in here for loop in event.loops)):
            continue
        yield Finding(
            when=sampler.made_by.argument("shuffle").or_default(known(True)) != False,  # noqa: E712 - a Truth
            at=sampler.made_by,
            because=(
                *(("told the epoch here", event) for event in here),
                ("the loop that goes over it", one.loop.at),
                ("in each round of this one", epochs.at),
            ),
            edits=(told_by(one, epochs, sampler),) if not here else (),
            told="called on this sampler outside the loop over the epochs" if here else "never called on this sampler",
        )


def told_by(one, epochs, sampler):
    """The call at the head of the loop over the epochs: on the sampler's name, or on that of the loader."""
    named = HeadOfLoop(epochs.at, epochs is one.loop, sampler.made_by.at, TELL)
    if one.loop.iterable is not one.loader or sampler is not one.loader.attributes.get("sampler"):
        return named
    outer = None if epochs is one.loop else epochs.at
    return FirstOf((named, HeadOfLoopAround(outer, one.loop.at, TELL.replace(".", ".sampler.", 1))))
