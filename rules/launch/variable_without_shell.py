import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE

VARIABLE = re.compile(r"\$\{?[A-Z_][A-Z0-9_]*\}?")
LAUNCHERS = frozenset({"accelerate", "deepspeed", "torchrun"})


def check(launch: Launch):
    """Launchers that a container runs without a shell: no word of theirs was expanded."""
    container, above = launch.host.container, launch.parent
    if container is None or launch.tool not in LAUNCHERS or above is None or launch.exec.at != first_of(above, launch):
        return
    if container.command is None or launch.exec.argv != container.command:
        return
    for name, given in launch.options.given.items():
        for one in given:
            for word in one.values:
                text = word.string or ""
                found = VARIABLE.search(text)
                if found is not None:
                    yield Finding(when=TRUE, at=one.at, name=name, variable=found.group())


def first_of(above, launch):
    return next((child.at for child in above.children if child.host.container is launch.host.container), None)
