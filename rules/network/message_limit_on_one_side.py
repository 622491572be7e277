from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.federations import federation


def check(run: Run):
    found = federation(run)
    for client in found.clients if found is not None else ():
        for large, small, names in (
            (found.server, client, ("server", "client")),
            (client, found.server, ("client", "server")),
        ):
            if not large.event.argument("grpc_max_message_length").is_absent:
                yield Finding(
                    when=large.limit > small.limit,
                    at=small.event,
                    because=(large.limit, ("the other side", large.event)),
                    large=names[0],
                    small=names[1],
                    most=large.limit,
                    least=small.limit,
                )
