from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.script.objects import ListObject, Unread
from dtlint.value import TRUE, Value

TAKES_ONE = ("all_reduce", "broadcast", "reduce", "all_gather", "gather", "scatter", "send", "recv", "isend", "irecv")
"""Their `tensor` must be one (`_check_single_tensor` of torch/distributed/distributed_c10d.py)."""
HOROVOD = ("allreduce", "allreduce_", "allgather", "broadcast", "broadcast_")
"""They make the result with `tensor.new(tensor.shape)` (horovod/torch/mpi_ops.py)."""
TAKE_ONE = (*(f"torch.distributed.{name}" for name in TAKES_ONE), *(f"horovod.torch.{name}" for name in HOROVOD))


def check(process: Process):
    for event in process.events:
        if event.name not in TAKE_ONE or event.caught:
            continue
        given = plain(event.thing("tensor"))
        if given and not event.open and comes_about(event, process.run):
            yield Finding(
                when=TRUE,
                at=event.argument_at("tensor"),
                call=event.method,
                given=given,
            )


def plain(thing):
    """What it is, in words, if it surely is no tensor; a tensor may have been put in its place since."""
    match thing:
        case Value() if thing.known and isinstance(thing.constant, int | float):
            return f"the number {thing.constant}"
        case Unread(made_by=made) if made is not None and made.method == "item" and made.result is thing:
            return "the number that .item() gives"
        case ListObject(kind="list" | "tuple"):
            return f"a {thing.kind}"
        case _:
            return ""
