from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.jax_devices import takes_one


def check(process: Process):
    event, launch = takes_one(process), process.launch
    if event is not None and launch is not None:
        gpus = process.visible_gpus
        yield Finding(
            when=gpus > launch.per_node,
            at=event,
            because=(("started here", launch), gpus, launch.per_node),
            gpus=gpus,
            tasks=launch.per_node,
        )
