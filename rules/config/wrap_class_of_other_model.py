from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.architectures import BLOCKS, loaded
from dtlint.run.saving import happens
from dtlint.value import Items, absent

NAME = "fsdp_transformer_layer_cls_to_wrap"
POLICY = "fsdp_auto_wrap_policy"
PLUGIN = "FullyShardedDataParallelPlugin"
FAMILIES = {block: family for family, blocks in BLOCKS.items() for block in blocks}


def check(world: World):
    process = next(iter(world.processes), None)
    if process is None or process.run is None or process.run.truncated:
        return
    classes = of_accelerate(world.first, process) if world.first.tool == "accelerate" else of_trainer(process)
    models = list(loaded(process.run))
    families = {family for _, family in models}
    if len(families) != 1 or None in families:
        return
    event, family = models[0]
    for name in (part.strip() for text in texts(classes) for part in text.split(",")):
        if FAMILIES.get(name, family) != family:
            yield Finding(
                when=happens(event),
                at=classes,
                because=(("the model is loaded here", event),),
                name=name,
                family=family,
                blocks=" and ".join(BLOCKS[family]),
            )


def of_accelerate(launch, process):
    if any(event.method == PLUGIN for event in process.run.events):
        return absent()
    policy = asked(launch, POLICY)
    return asked(launch, NAME) if (policy.string or "").upper() == "TRANSFORMER_BASED_WRAP" else absent()


def of_trainer(process):
    """What the Trainer is told, where its FSDP wraps layer by layer."""
    trainer = process.trainer
    asks = trainer is not None and "auto_wrap" in (trainer.fsdp.string or "")
    return trainer.wrapped_layers if asks else absent()


def texts(classes):
    """One text or a list of them."""
    items = classes.content.items if isinstance(classes.content, Items) else (classes,)
    return [item.string for item in items if item.string]


def asked(launch, name):
    """The option of accelerate, else what its file says of FSDP."""
    given = launch.options.value(f"--{name}")
    if not given.is_absent:
        return given
    section = launch.config.field("fsdp_config")
    return section.field(name) if launch.config.field("distributed_type").string == "FSDP" else given
