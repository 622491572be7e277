from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_names import refusal
from dtlint.run.horovod_steps import OPTIMIZER
from dtlint.value import TRUE


def check(process: Process):
    for wrap in process.called(OPTIMIZER):
        found = refusal(wrap)
        if found is not None and wrap.surely and not wrap.caught:
            yield Finding(
                when=TRUE,
                at=wrap.argument_at("named_parameters"),
                because=[("these are trained", found.made)] if found.made is not None else (),
                reason=found.reason,
            )
