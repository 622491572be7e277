from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.architectures import BLOCKS, loaded
from dtlint.run.saving import happens

NAME = "fsdp_transformer_layer_cls_to_wrap"
POLICY = "fsdp_auto_wrap_policy"
PLUGIN = "FullyShardedDataParallelPlugin"
FAMILIES = {block: family for family, blocks in BLOCKS.items() for block in blocks}


def check(world: World):
    launch, process = world.first, next(iter(world.processes), None)
    if launch.tool != "accelerate" or process is None or process.run is None or process.run.truncated:
        return
    if any(event.method == PLUGIN for event in process.run.events):
        return
    classes, policy = asked(launch, NAME), asked(launch, POLICY)
    if (policy.string or "").upper() != "TRANSFORMER_BASED_WRAP":
        return
    models = list(loaded(process.run))
    families = {family for _, family in models}
    if len(families) != 1 or None in families or not classes.string:
        return
    event, family = models[0]
    for name in (part.strip() for part in classes.string.split(",")):
        if FAMILIES.get(name, family) != family:
            yield Finding(
                when=happens(event),
                at=classes,
                because=(("the model is loaded here", event),),
                name=name,
                family=family,
                blocks=" and ".join(BLOCKS[family]),
            )


def asked(launch, name):
    """The option of accelerate, else what its file says of FSDP."""
    given = launch.options.value(f"--{name}")
    if not given.is_absent:
        return given
    section = launch.config.field("fsdp_config")
    return section.field(name) if launch.config.field("distributed_type").string == "FSDP" else given
