from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

TOLD = "TORCHELASTIC_USE_AGENT_STORE"


def check(process: Process):
    launch, joining = process.launch, next(joinings(process), None)
    if launch is None or launch.tool != "torchrun" or process.spawned_by is not None or joining is None:
        return
    agent = launch.rendezvous
    complete = not joining.needs and not joining.rank.is_absent and not joining.size.is_absent
    elsewhere = joining.port.known and joining.event.argument("backend").string != "mpi"
    if complete and elsewhere and shared(process) and (agent.chosen or agent.kind == "static"):
        served = () if agent.port.is_absent else (("the agent serves this one", agent.port),)
        yield Finding(
            when=TRUE if agent.chosen else agent.port != joining.port,
            at=joining.event,
            because=(joining.port, *served, ("started here", launch)),
            port=joining.port,
        )


def shared(process):
    """The processes use the agent's store: torchrun tells them to, and the script lets it."""
    launch = process.launch
    legacy = bool(launch.passes) or launch.options.has("--use-env")
    off = launch.environment.set("TORCH_DISABLE_SHARE_RDZV_TCP_STORE")
    written = process.run.sets_unknown_names or any(write.name == TOLD for write in process.run.writes)
    return not legacy and not off and not written and process.torch.is_absent
