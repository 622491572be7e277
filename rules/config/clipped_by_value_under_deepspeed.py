from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.lightning import TRAINER, strategy
from dtlint.run.saving import happens

ALGORITHM = "gradient_clip_algorithm"
RUNS = tuple(f"{TRAINER}.{name}" for name in ("fit", "validate", "test"))


def check(process: Process):
    if process.run is None or not any(process.called(*RUNS)):
        return
    for event in process.called(TRAINER):
        if (strategy(event) or "").startswith("deepspeed"):
            yield Finding(
                when=(event.argument(ALGORITHM) == "value") & happens(event),
                at=event.argument_at(ALGORITHM),
                because=(("the strategy", event.argument_at("strategy")),),
            )
