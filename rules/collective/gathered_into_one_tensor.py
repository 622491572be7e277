from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.objects import ListObject, Unread
from dtlint.value import TRUE


def check(process: Process):
    for event in process.called("torch.distributed.all_gather"):
        given = event.thing("tensor_list")
        if not isinstance(given, ListObject) or not given.complete or len(given.items) < 2 or not event.surely:
            continue
        first = given.items[0]
        if isinstance(first, Unread) and first.made_by is not None and all(one is first for one in given.items):
            yield Finding(
                when=TRUE,
                at=event.argument_at("tensor_list"),
                because=(("the one tensor is made here", first.made_by),),
                entries=len(given.items),
            )
