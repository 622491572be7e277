"""`dtlint lsp`: the language server, on standard input and output."""

from __future__ import annotations

import contextlib
import logging
import os
import sys

import click


@click.command(name="lsp")
@click.option("--tcp", type=click.IntRange(0, 65535), metavar="PORT", help="Listen on this port of 127.0.0.1 instead.")
@click.option("--stdio", is_flag=True, help="Serve on standard input and output, which is what happens anyway.")
@click.option("--verbose", is_flag=True, help="Write what happens to standard error.")
def command(tcp: int | None, stdio: bool, verbose: bool) -> None:
    """Serve an editor over the Language Server Protocol.

    docs/editors.md shows what to write into the settings of an editor.
    """
    if stdio and tcp is not None:
        raise click.UsageError("--stdio and --tcp are two ways of one thing")
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.ERROR,
        format="%(asctime)s %(name)s %(levelname)s %(message)s",
    )
    # asyncio speaks up where pygls ends.
    for name in ("pygls", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING if verbose else logging.CRITICAL)
    from dtlint.lsp.server import Server

    server = Server()
    if tcp is not None:
        # So ends pygls (2.1.1) when the client says that it is over.
        with contextlib.suppress(SystemExit):
            server.start_tcp("127.0.0.1", tcp)
        return
    stdin, stdout = os.fdopen(os.dup(sys.stdin.fileno()), "rb"), os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever else is printed, as by a rule of a site, would break what is said to the editor.
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server.start_io(stdin, stdout)
