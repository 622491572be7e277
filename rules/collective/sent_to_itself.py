from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import global_rank

PEERS = {"send": "dst", "recv": "src"}
"""`isend` and `irecv` may meet in one process."""


def check(process: Process):
    own = global_rank(process)
    for event in process.events:
        parameter = PEERS.get(event.method)
        if parameter is None or event.name != f"torch.distributed.{event.method}" or own.integer is None:
            continue
        peer = event.argument(parameter)
        if peer.integer is not None and event.surely:
            yield Finding(
                when=peer == own, at=event.argument_at(parameter), call=event.method, rank=own, parameter=parameter
            )
