from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.effects import Effect

RANKS = ("RANK", "WORLD_SIZE")
HOSTS = ("SM_HOSTS", "SM_CURRENT_HOST", "SM_RESOURCE_CONFIG", "SM_TRAINING_ENV", "SM_CURRENT_INSTANCE", "MASTER_")
"""Variables, or how they begin, by which a script may find the other instances itself."""


def check(world: World):
    launch = world.first
    if launch.tool != "SageMaker" or launch.config.field("started_by").string != "" or not world.followed:
        return
    asked = [asks_in_vain(run) for _, run in world.followed]
    if None not in asked:
        read, step = asked[0]
        yield Finding(
            when=world.nodes > 1,
            at=launch,
            because=(("it is not set", read), ("and each trains here", step), world.nodes),
            nodes=world.nodes,
            name=read.name,
        )


def asks_in_vain(run):
    """Where a script asks for a rank that nothing sets, and goes on to train alone; None for all others."""
    if not run.complete or run.truncated or run.unread or run.reads_unknown_names:
        return None
    if any(run.effects(Effect.INITIALISES, Effect.SPAWNS)) or any(read.name.startswith(HOSTS) for read in run.reads):
        return None
    read = next((read for read in run.reads if read.name in RANKS and read.value.is_absent), None)
    step = next((event for event in run.effects(Effect.STEPS, Effect.BACKWARD) if event.surely), None)
    return (read, step) if read is not None and step is not None else None
