from itertools import combinations

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE, known

ENDS = frozenset({"stop", "rm", "kill", "wait", "restart", "compose", "attach", "logs", "exec", None})
"""Subcommands behind which a container may be gone."""


def check(run: Run):
    yield from in_compose(run)
    yield from in_shell(run)


def in_compose(run):
    for workload in run.workloads:
        if workload.kind != "compose":
            continue
        for group in workload.groups:
            for port in group.containers[0].published:
                # Swarm's replicas share one port of all machines; `scale` is compose's own.
                count = group.spec.field("scale").as_int()
                if port.host.integer and not count.is_absent and not hosted(group.containers[0]):
                    yield Finding(when=count > 1, at=port.host, because=(count,), port=port.host)
        sure = [group.containers[0] for group in workload.groups if group.count.integer == 1]
        yield from doubles(sure)


def in_shell(run):
    """Containers that stay in the background, with nothing between that may end one."""
    started = [
        launch
        for launch in run.launches
        if launch.container is not None and launch.container.kind == "docker" and launch.options.has("--detach")
    ]
    for one, other in combinations(started, 2):
        apart = one.exec.branches or other.exec.branches or one.exec.repeated or not one.host.is_(other.host)
        if not apart and not between(run, one.exec, other.exec):
            yield from doubles([one.container, other.container])


def between(run, first, second):
    places = [place for place, command in enumerate(run.commands) if command in (first, second)]
    inside = run.commands[places[0] : places[-1]] if len(places) > 1 else []
    return len(places) < 2 or any(may_end(*(word.string for word in (*command.argv[:2],))) for command in inside)


def may_end(command, subcommand=""):
    return command is None or (command == "docker" and subcommand in ENDS)


def doubles(containers):
    for one, other in combinations(containers, 2):
        if one.at == other.at or hosted(one) or hosted(other):
            continue
        for mine in one.published:
            for theirs in other.published:
                same = mine.host.integer and mine.host.integer == theirs.host.integer
                if same and (mine.interface is None or theirs.interface is None or mine.interface == theirs.interface):
                    yield Finding(
                        when=TRUE, at=theirs.host, because=(("and here", mine.host),), port=theirs.host
                    )


def hosted(container):
    """Ports are not published where the network is the host's; or that is not known."""
    return not (container.host_network == known(False)).surely
