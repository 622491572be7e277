from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import size_of
from dtlint.run.script.objects import ListObject
from dtlint.value import known

CALLS = {"all_gather": "tensor_list", "all_to_all": "output_tensor_list", "reduce_scatter": "input_list"}
"""The parameter that holds one tensor for each member of the group."""


def check(process: Process):
    for event in process.events:
        parameter = CALLS.get(event.method)
        if parameter is None or event.name != f"torch.distributed.{event.method}" or not event.surely:
            continue
        given, size = event.thing(parameter), size_of(event, process)
        if isinstance(given, ListObject) and given.complete and given.items:
            length = known(len(given.items))
            yield Finding(
                when=length != size,
                at=event.argument_at(parameter),
                because=(size,),
                call=event.method,
                length=length,
                size=size,
            )
