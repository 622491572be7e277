from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.shell.digits import misread
from dtlint.value import truth


def check(run: Run):
    assigned = [(setting.value, setting) for setting in run.settings]
    ports = [(launch.rendezvous.port, launch) for launch in run.launches]
    seen = set()
    for value, place in (*assigned, *ports):
        digits = misread(value)
        if digits is not None and digits.key not in seen:
            seen.add(digits.key)
            yield Finding(when=truth(True), at=place, digits=digits.name)
