from dtlint.job.visibility import MASKS
from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.quantized import pinned


def check(world: World):
    if world.first.tool == "presumed" or (world.above is not None and world.above.first.tool == "presumed"):
        return
    found = [(process, one) for process in world.processes if sees_all(process) for one in pinned(process)]
    for first, mine in found:
        for second, theirs in found:
            beside = first.host.is_(second.host) and first.local < second.local
            if beside and mine.load.at == theirs.load.at and mine.index == theirs.index:
                yield Finding(
                    when=world.per_node > 1,
                    at=mine.load.argument_at("device_map"),
                    because=(("it is trained here", mine.use), world.per_node),
                    first=first.label,
                    second=second.label,
                    index=mine.index,
                )
                return


def sees_all(process):
    """Nobody hides the GPUs of the other processes from it."""
    if process.run is None or process.run.truncated or process.run.sets_unknown_names:
        return False
    written = any(write.name in MASKS for write in process.run.writes)
    return not written and not any(process.environment.set(name) for name in MASKS) and process.host.allocation is None
