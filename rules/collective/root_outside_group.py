from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.devices import global_rank
from dtlint.run.groups import ranks_of
from dtlint.value import TRUE, known

ROOTS = {
    "broadcast": "src",
    "broadcast_object_list": "src",
    "scatter": "src",
    "scatter_object_list": "src",
    "reduce": "dst",
    "gather": "dst",
    "gather_object": "dst",
    "send": "dst",
    "isend": "dst",
    "recv": "src",
    "irecv": "src",
}
"""The parameter that names a process by its rank in the whole world, whatever the group."""
BY_DEFAULT = frozenset({"broadcast_object_list", "scatter", "scatter_object_list", "gather", "gather_object"})
"""Their root is rank 0 of the world where none is given."""


def check(process: Process):
    own = global_rank(process).integer
    for event in process.events:
        parameter = ROOTS.get(event.method)
        if parameter is None or event.name != f"torch.distributed.{event.method}" or event.open:
            continue
        ranks = ranks_of(event.thing("group"), process)
        root = event.argument(parameter)
        if root.is_absent and event.method in BY_DEFAULT:
            root = known(0)
        if ranks is None or own not in ranks or event.thing(f"group_{parameter}") is not None:
            continue
        outside = root.integer is not None and root.integer >= 0 and root.integer not in ranks
        if outside and comes_about(event, process.run):
            yield Finding(
                when=TRUE,
                at=event,
                because=(("the group is made here", event.thing("group").made_by), root),
                parameter=parameter,
                root=root,
                call=event.method,
                rank=own,
                group="[" + ", ".join(map(str, ranks[:8])) + (", …]" if len(ranks) > 8 else "]"),
            )
