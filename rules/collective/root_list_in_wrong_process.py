from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import global_rank
from dtlint.run.script.objects import ListObject
from dtlint.value import known

CALLS = {
    "gather": ("gather_list", "dst"),
    "gather_object": ("object_gather_list", "dst"),
    "scatter": ("scatter_list", "src"),
}
"""The parameter that holds one entry for each process, and the one that names the process which has it."""


def check(process: Process):
    own = global_rank(process)
    for event in process.events:
        if event.method not in CALLS or event.name != f"torch.distributed.{event.method}" or event.open:
            continue
        parameter, role = CALLS[event.method]
        root = event.argument(role).or_default(known(0))
        by_group = event.thing("group") is not None or event.thing(f"group_{role}") is not None
        if by_group or root.integer is None or own.integer is None or not event.surely:
            continue
        given = event.thing(parameter)
        filled = isinstance(given, ListObject) and given.complete and bool(given.items)
        empty = given is None or (given is event.argument(parameter) and event.argument(parameter).known)
        if filled or empty:
            yield Finding(
                when=(own != root) if filled else (own == root),
                at=event.argument_at(parameter),
                call=event.method,
                parameter=parameter,
                rank=own,
                verb="gives" if filled else "lacks",
                root=root,
            )
