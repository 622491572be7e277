from dtlint.job.launch import Launch
from dtlint.rule import Finding

OF_THE_IMAGE = frozenset(
    ("HOME", "PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "LANG", "LC_ALL", "PWD", "SHELL", "TERM", "USER", "TZ")
)
"""Variables whose values mean the inside of a container."""


def check(launch: Launch):
    for name, own in launch.overruled.items():
        exported = launch.environment.get(name) if launch.environment.set(name) else own
        if name not in OF_THE_IMAGE and exported.known and own.known and exported.trail:
            yield Finding(
                when=exported.as_text() != own.as_text(),
                at=exported,
                because=(("the image sets it", own), ("the tasks are started here", launch)),
                name=name,
                value=exported,
                own=own,
            )
