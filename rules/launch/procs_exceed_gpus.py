from dtlint.job.launch import Launch
from dtlint.job.visibility import mask, visible
from dtlint.mend import written
from dtlint.rule import Finding, near


def check(launch: Launch):
    if not launch.one_gpu_each or mask(launch.environment) is not None:
        return
    started, granted = launch.per_node, visible(launch.environment, launch.host)
    yield Finding(
        when=(granted > 0) & (started > granted),
        at=near(started, launch),
        edits=(written(started, str(granted)),) if granted.known else (),
        started=started,
        granted=granted,
    )
