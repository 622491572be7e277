import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import known

EACH = ("--npernode", "--map-by", "--pernode")


def check(launch: Launch):
    options = launch.options
    if launch.tool != "mpirun" or not options.has("-np") or options.hidden:
        return
    # Elsewhere a scheduler that nobody sees here may say the hosts.
    if launch.allocation is None and not (options.has("--hostfile") or options.has("--host")):
        return
    given = next((options.given[name][-1] for name in EACH if options.has(name)), None)
    each = per_node(given)
    if each is None:
        return
    room = known(each) * launch.nodes
    yield Finding(
        when=(launch.total > room) & (launch.nodes > 0) & (launch.nodes < 4096),
        at=options.given["-np"][-1].at,
        because=((given.written, given.at), launch.nodes),
        total=launch.total,
        each=each,
        nodes=launch.nodes,
        room=room,
    )


def per_node(given):
    """How many processes a host gets at most, by options of Open MPI; None where that is not known."""
    spelt = given.name.lstrip("-") if given is not None else ""
    text = (given.values[0].string or "") if given is not None and given.values else ""
    if spelt == "pernode":
        return 1
    if spelt in ("npernode", "N"):
        return int(text) if text.isdigit() else None
    share = re.fullmatch(r"ppr:(\d+):node", text)
    return int(share.group(1)) if share is not None else None
