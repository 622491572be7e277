from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.containers import addresses, on_default_bridge
from dtlint.value import TRUE


def check(run: Run):
    started = [container for container in run.containers() if container.kind == "docker"]
    if any(connects(command) for command in run.commands):
        return
    named = {container.name.string: container for container in started if container.name.string is not None}
    for container in started:
        for address in addresses(run, container) if on_default_bridge(container) else ():
            other = named.get(address.string)
            if other is None or resolved(container, address.string):
                continue
            yield Finding(
                when=TRUE,
                at=near(address, container.at),
                because=(("this container is to be met", other.at), ("by this one", container.at)),
                name=address,
            )
            break


def resolved(container, name):
    """Its own hostname, and names that options give, stand in its file of hosts."""
    options = container.options
    given = [*options.values("--link"), *options.values("--add-host")]
    own = container.hostname.string == name or container.hostname.is_unknown
    return own or options.has("--dns") or any(value.string is None or name in value.string for value in given)


def connects(command):
    """The command is, or may be, `docker network connect`."""
    words = [word.string for word in command.argv[:3]]
    return len(words) == 3 and all(
        word in (wanted, None) for word, wanted in zip(words, ("docker", "network", "connect"), strict=True)
    )
