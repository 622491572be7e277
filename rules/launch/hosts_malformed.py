import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE

HOST = re.compile(r"[\w.-]+:\d+")
"""As `parse_hosts_and_slots` of horovod/runner/common/util/hosts.py reads it."""

BLANKS = re.compile(rf"\s*{HOST.pattern}(\s+{HOST.pattern})+\s*")


def check(launch: Launch):
    if launch.tool != "horovodrun" or not launch.options.has("-H"):
        return
    given = launch.options.given["-H"][-1]
    hosts, rest = launch.options.value("-H").string, launch.options.rest
    program = rest[0].string if rest else None
    if hosts and HOST.fullmatch(program or ""):
        problem = f"the blank ends the list, and {program} is taken for the program"
        yield Finding(when=TRUE, at=rest[0], because=((given.written, given.at),), problem=problem)
        return
    if hosts and BLANKS.fullmatch(hosts):
        yield Finding(when=TRUE, at=given.at, because=(launch.options.value("-H"),), problem=f"here it is {hosts!r}")
        return
    wrong = next((part for part in (hosts or "").split(",") if not HOST.fullmatch(part.strip())), None)
    # Only a plain name without its number: what has other signs in it may be a place to fill in.
    if wrong is not None and re.fullmatch(r"[\w.-]+", wrong.strip()):
        yield Finding(when=TRUE, at=given.at, problem=f"{wrong.strip()} has no number of slots")
