from itertools import combinations

from dtlint.job.run import Run
from dtlint.rule import Finding, span_of


def check(run: Run):
    waiting = [
        launch for launch in run.launches if launch.per_host and not launch.per_host_copies and not together(launch)
    ]
    for first, second in combinations(waiting, 2):
        if first.host.is_(second.host) or unplaced(first) or unplaced(second) or not blocks(first, second):
            continue
        mine, theirs = first.rendezvous, second.rendezvous
        # One command on two hosts, or two that name one meeting point.
        one = first.at == second.at or (
            not mine.chosen
            and first.nodes.same(second.nodes)
            and mine.address.same(theirs.address)
            and mine.port.same(theirs.port)
            and not mine.address.is_absent
        )
        if one and mine.kind != "none":
            started = first.exec.line()[0]
            yield Finding(
                when=first.nodes > 1,
                at=started,
                because=(first.nodes, *((("the next one", second),) if span_of(second) != span_of(first) else ())),
                tool=first.tool,
                nodes=first.nodes,
            )
            return


def together(launch):
    """A launcher above starts it on several hosts at once."""
    return any(above.spreads and (above.nodes > 1).always for above in launch.chain()[1:])


def unplaced(launch):
    """In a container of which it is not known whether it has a network of its own."""
    return any(above.container is not None and above.container.host_network.is_unknown for above in launch.chain())


def blocks(first, second):
    """The second command is only reached when the first has ended: no `&`, no ssh that goes to the background, and no
    container that is left to itself."""
    if any(above.container is not None and not above.options.value("--detach").is_absent for above in first.chain()):
        return False
    parting = [one for one in first.exec.line() if all(one is not other for other in second.exec.line())]
    return first.exec.precedes(second.exec) and not any(
        (word.string or "-f").startswith("-f") for one in parting for word in one.argv[1:3] if one is not first.exec
    )
