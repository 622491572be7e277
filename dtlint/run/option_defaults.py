"""What an option of a script has where nobody gives it, though somebody could."""

from __future__ import annotations

from dtlint.run.script.trace import ScriptRun
from dtlint.value import How, Step, Term, Value


def default(run: ScriptRun, asked: Value) -> Value | None:
    """The default of the option whose value `asked` is, where that is not known; None where it is no such value."""
    content = asked.content
    symbol = content.symbol if isinstance(content, Term) else None
    key = symbol.key if symbol is not None and isinstance(symbol.key, tuple) else ()
    for facts in run.parsers:
        for option in facts.options:
            named = key[:1] == ("option",) and key[2:] == (option.dest,)
            if named and not option.default.is_absent and option.dest not in facts.defaults:
                told = f"{option.names[0]} is {option.default} by default"
                return Value(option.default.content, (Step(How.DEFAULT, told, option.at),))
    return None
