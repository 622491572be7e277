"""The commands, each imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

from dtlint import __version__

_COMMANDS = {
    "check": ("dtlint.cli.check", "Find what breaks the training jobs in these files or folders."),
    "preflight": ("dtlint.cli.preflight", "Lint a command line, and start it if nothing stands against it."),
    "ranks": ("dtlint.cli.ranks", "Show the jobs as tables: hosts, ranks, GPUs, where they meet."),
    "graph": ("dtlint.cli.graph", "Draw the jobs: who starts whom, on which host, and what was found there."),
    "explain": ("dtlint.cli.explain", "Explain a rule: why it is a mistake, and how to mend it."),
    "rules": ("dtlint.cli.rules", "List the rules."),
    "lsp": ("dtlint.cli.lsp", "Serve an editor: diagnostics while typing, and what mends them."),
    "new-rule": ("dtlint.cli.new_rule", "Write the card and the check of a new rule."),
    "cards": ("dtlint.cli.cards", "Try the examples of cards; rewrite what dtlint prints for them."),
}
_HIDDEN = {"cards"}


class _Lazy(click.Group):
    """A group that knows the names of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items() if name not in _HIDDEN])


@click.command(cls=_Lazy, name="dtlint", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s", prog_name="dtlint")
def app() -> None:
    """Finds what breaks distributed training jobs, before they are launched.

    Exit status: 0 nothing found, 1 something found, 2 wrong use.
    """
