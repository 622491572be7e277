from dtlint.job.launch import Launch
from dtlint.rule import Finding, near


def check(launch: Launch):
    if launch.offered.is_absent:
        return
    yield Finding(
        when=launch.total > launch.offered,
        at=near(launch.total, launch),
        because=(launch.offered,),
        tool=launch.tool,
        started=launch.total,
        slots=launch.offered,
    )
