"""The command line."""

from __future__ import annotations

import os
import sys

FOUND, MISUSED, FAILED, INTERRUPTED, PIPE_BROKEN = 1, 2, 70, 130, 141
"""Exit statuses; a failure of dtlint itself must never look like a finding."""


def main() -> int:
    """Runs the command line; returns the exit status.

    Asking for the version, which hooks and editors do often, imports nothing.
    """
    if sys.argv[1:] == ["--version"]:
        from dtlint import __version__

        print(f"dtlint {__version__}")
        return 0
    try:
        return _run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output is gone; what is still buffered must not raise when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_BROKEN
    except Exception:
        import traceback

        traceback.print_exc()
        print("dtlint itself failed: please report this, with what you linted", file=sys.stderr)
        return FAILED


def _run() -> int:
    import click

    from dtlint.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        # Not app.main(), which ends a broken pipe with the status of a finding.
        with app.make_context("dtlint", sys.argv[1:]) as context:
            status = app.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as misuse:
        misuse.show()
        return MISUSED
    return status if isinstance(status, int) else 0
