from dtlint.job.launch import Launch
from dtlint.rule import Finding

SPREADING = frozenset({"MULTI_GPU", "FSDP", "MEGATRON_LM"})


def check(launch: Launch):
    if launch.tool != "accelerate" or not launch.ranks or launch.options.hidden:
        return
    kind = launch.config.field("distributed_type").string
    # DeepSpeed's own launchers, of which pdsh is the default, find out where the first machine is.
    standard = launch.config.field("deepspeed_config").field("deepspeed_multinode_launcher").string == "standard"
    if kind in SPREADING or (kind == "DEEPSPEED" and standard):
        yield Finding(
            when=(launch.nodes > 1) & launch.rendezvous.address.absent,
            at=launch,
            because=(launch.nodes,),
            nodes=launch.nodes,
        )
