from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.replica_steps import mean_of_replica, replica_steps
from dtlint.value import TRUE


def check(process: Process):
    for step in replica_steps(process.run) if process.run is not None else ():
        mean = mean_of_replica(process.run, step)
        if mean is not None:
            yield Finding(
                when=TRUE,
                at=mean,
                because=(
                    ("its gradient is taken here", step.gradient),
                    ("summed over the replicas here", step.apply),
                    ("each replica runs the step", step.run),
                ),
            )
