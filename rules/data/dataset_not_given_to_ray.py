from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ray_data import asked, given, trainer_of
from dtlint.value import TRUE


def check(process: Process):
    trainer = trainer_of(process)
    datasets = given(trainer) if trainer is not None else None
    for event, name in asked(process) if datasets is not None else ():
        if name.string not in datasets:
            yield Finding(
                when=TRUE,
                at=event,
                because=(("the trainer that starts the worker", trainer),),
                name=name.string,
                given=" and ".join(datasets) or "none",
            )
