from dtlint.job.launch import Launch
from dtlint.job.visibility import mask, visible
from dtlint.mend import word
from dtlint.rule import Finding, near


def check(launch: Launch):
    if not launch.one_gpu_each or mask(launch.environment) is not None:
        return
    started, granted = launch.per_node, visible(launch.environment, launch.host)
    fewer = started.known and granted.known and bool(started.trail)
    yield Finding(
        when=(granted > 0) & (started > granted),
        at=near(started, launch),
        edits=(word(started.at, str(started), str(granted)),) if fewer else (),
        started=started,
        granted=granted,
    )
