from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.effects import Effect

SENDING = ("torch.distributed.send", "torch.distributed.send_object_list")


def check(world: World):
    runs = world.runs
    first = [first_message(run) for run in runs]
    if len(first) < 2 or any(event is None or event.name not in SENDING for event in first):
        return
    event = first[0]
    peers = [one.argument("dst") for one in first]
    # Who sends is told apart by its rank alone: the first, the second and the last do the same.
    alike = all(one.at == event.at and one.stack == event.stack and one.surely for one in first)
    unfollowed = any(run.truncated or run.unread for run in runs)
    if alike and not unfollowed and not by_mpi(runs[0]) and apart(peers):
        behind = next((one for one in runs[0].events[event.index + 1 :] if receives(one)), None)
        if behind is not None:
            yield Finding(
                when=world.size > 1,
                at=event,
                because=(("only behind it is anything received", behind),),
                call=event.method,
                first=world.processes[0].label,
                peer=peers[0],
            )


def first_message(run):
    """The first call that meets one other process."""
    return next((event for event in run.effects(Effect.POINT_TO_POINT)), None)


def receives(event):
    return event.name in ("torch.distributed.recv", "torch.distributed.recv_object_list")


def by_mpi(run):
    """MPI takes small messages before anybody asks for them."""
    backends = [event.argument("backend") for event in run.called("torch.distributed.init_process_group")]
    return any(backend.string == "mpi" or (not backend.is_absent and not backend.known) for backend in backends)


def apart(peers):
    """They do not all send to one process, which could be the one that receives."""
    return peers[0].integer is not None and not peers[0].same(peers[1])
