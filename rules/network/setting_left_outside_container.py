import re

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import processes, worlds

SETTINGS = re.compile(r"(?:NCCL|GLOO|UCX)_(?!DEBUG)\w+|FI_(?:PROVIDER|EFA_\w+)")


def check(run: Run):
    if not run.processes or any(process.host.container is None for process in run.processes):
        return  # others may use it
    if any(command.argv[0].string is None for command in run.commands):
        return  # so may what nobody knows
    for container in run.containers():
        options = container.options
        if options is None or options.hidden or options.has("--env-file") or options.has("--env-host"):
            continue
        if any(one.string is None for one in options.values("--env")):
            continue
        inside = processes(run, container)
        for name, value in container.outside.items():
            if not SETTINGS.fullmatch(name) or not value.trail or not value.known or name in container.variables:
                continue
            if any(process.environment.set(name) for process in inside):
                continue
            for world, _ in worlds(run, container):
                yield Finding(
                    when=world.nodes > 1,
                    at=value,
                    because=(("the container is started here", container.at), world.nodes),
                    name=name,
                    value=value,
                )
                break
