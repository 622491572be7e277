from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.federations import ANYWHERE, federation
from dtlint.run.host import is_loopback
from dtlint.value import truth


def check(run: Run):
    found = federation(run)
    tunnel = any("-" in word.written and "L" in word.written for command in run.commands for word in command.argv[1:3])
    for client in found.clients if found is not None and not tunnel else ():
        host, _ = client.address
        here, there = client.process.host, found.server.process.host
        yield Finding(
            when=(is_loopback(host) | host.one_of(*ANYWHERE)) & truth(not here.is_(there)) & (here.name != there.name),
            at=near(client.event.argument("server_address"), client.event),
            because=(("the client is started here", client.process), ("the server", found.server.process)),
            here=here.name,
            host=host,
            there=there.name,
        )
