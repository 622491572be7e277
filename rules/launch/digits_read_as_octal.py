import re

from dtlint.job.run import Run
from dtlint.mend import FirstOf, Replaced
from dtlint.rule import Finding
from dtlint.run.shell.digits import misread
from dtlint.value import truth

NAMED = re.compile(r"\$\(\(\s*(\d+)\s*\+\s*([A-Za-z_]\w*)\s*\)\)")
BY_NAME = r"$((\1 + 10#$\2))"
EXPANDED = re.compile(r"\$\(\(\s*\d+\s*\+\s*(?=\$[\w{(])")
BASH = re.compile(r"\A#!.*\bbash\b")
"""Other shells do not know `10#`."""


def check(run: Run):
    assigned = [(setting.value, setting) for setting in run.settings]
    ports = [(launch.rendezvous.port, launch) for launch in run.launches]
    seen = set()
    for value, place in (*assigned, *ports):
        digits = misread(value)
        if digits is not None and digits.key not in seen:
            seen.add(digits.key)
            named = Replaced(place.at, NAMED, BY_NAME, BASH)
            expanded = Replaced(place.at, EXPANDED, r"\g<0>10#", BASH)
            yield Finding(when=truth(True), at=place, edits=(FirstOf((named, expanded)),), digits=digits.name)
