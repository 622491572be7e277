from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

CALLS = (
    "torch.distributed.init_process_group",
    "torch.distributed.new_group",
    "torch.distributed.new_subgroups",
    "deepspeed.init_distributed",
)


def check(process: Process):
    for event in process.called(*CALLS):
        value = event.argument("timeout")
        number = value.known and isinstance(value.constant, int | float) and not isinstance(value.constant, bool)
        if number and event.surely:
            yield Finding(
                when=TRUE, at=event.argument_at("timeout"), because=(value,), call=event.method, timeout=value
            )
