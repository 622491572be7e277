from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script import Instance
from dtlint.run.script.objects import DictObject
from dtlint.value import known

HOME = "torch.distributed.checkpoint.state_dict."
SET = {"set_model_state_dict": (1, "model_state_dict"), "set_state_dict": (None, "model_state_dict")}
EXCUSED = ("cpu_offload", "ignore_frozen_params")


def check(process: Process):
    run, world = process.run, process.world
    if run is None or world is None:
        return
    for event in run.called(*(HOME + name for name in SET)):
        state = event.given(*SET[event.method])
        empty = isinstance(state, DictObject) and state.complete and not state.entries and not state.unseen
        if not empty or event.open or event.caught or not event.surely:
            continue
        options = event.thing("options")
        made = options.made_by if isinstance(options, Instance) else None
        if options is not None and (made is None or made.open or any(name in made.keywords for name in EXCUSED)):
            continue
        sent = made.argument("broadcast_from_rank0") if made is not None else known(False)
        strict = made.argument("strict") if made is not None else known(True)
        yield Finding(
            when=(world.size > 1) & ~(sent.or_default(known(False)) == True) & (strict.or_default(known(True)) == True),  # noqa: E712
            at=event,
            because=(sent,),
            call=event.method,
            process=process.label,
        )
        return
