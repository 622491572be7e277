from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.run.mca import settings
from dtlint.value import truth

NAME = "btl_tcp_if_exclude"
LOOPBACK = ("lo", "lo0")


def check(launch: Launch):
    given = settings(launch) if launch.tool == "mpirun" else {}
    listed = given.get(NAME)
    if listed is None or listed.string is None or "btl_tcp_if_include" in given:
        return
    parts = [part.strip() for part in listed.string.split(",")]
    kept = not any(part in LOOPBACK or part.startswith("127.") for part in parts)
    yield Finding(
        when=(launch.nodes > 1) & truth(kept),
        at=listed,
        because=(launch.nodes,),
        name=NAME,
        listed=listed.string,
        nodes=launch.nodes,
    )
