"""Shell programs run on paper: the commands that they would start, and what these would find."""

from dtlint.run.shell.context import Budget, Context, Outcome, VariableSet, Written
from dtlint.run.shell.execute import execute, run_text
from dtlint.run.shell.paths import joined_path

__all__ = ["Budget", "Context", "Outcome", "VariableSet", "Written", "execute", "joined_path", "run_text"]
