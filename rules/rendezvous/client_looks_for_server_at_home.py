from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.federations import ANYWHERE, federation
from dtlint.run.host import is_loopback
from dtlint.value import TRUE, known, truth


def check(run: Run):
    found = federation(run)
    tunnel = any("-" in word.written and "L" in word.written for command in run.commands for word in command.argv[1:3])
    for client in found.clients if found is not None and not tunnel else ():
        host, _ = client.address
        here, there = client.process.host, found.server.process.host
        yield Finding(
            when=(is_loopback(host) | host.one_of(*ANYWHERE)) & truth(not here.is_(there)) & apart(here, there),
            at=near(client.event.argument("server_address"), client.event),
            because=(("the client is started here", client.process), ("the server", found.server.process)),
            here=called(here),
            host=host,
            there=called(there, "another one"),
        )


def apart(here, there):
    """They have other names, or are pods, each of which has a network of its own."""
    pods = [host.container for host in (here, there) if host.container is not None and host.container.kind == "pod"]
    alone = len(pods) == 2 and all((pod.host_network == known(False)).always for pod in pods)
    return TRUE if alone else here.name != there.name


def called(host, otherwise="a pod of its own"):
    """Its name, where one is given to it."""
    return host.name if host.name.known or host.container is None else otherwise
