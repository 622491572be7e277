from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.federations import federation
from dtlint.run.host import is_loopback


def check(run: Run):
    found = federation(run)
    for client in found.clients if found is not None else ():
        (_, served), (host, asked) = found.server.address, client.address
        # On the way to another host something may hand the connection on to another port.
        home = found.server.process.host
        here = is_loopback(host) if client.process.host.is_(home) else host == home.name
        yield Finding(
            when=(asked != served) & here,
            at=near(client.event.argument("server_address"), client.event),
            because=(served, ("the server", found.server.event)),
            asked=asked,
            served=served,
        )
