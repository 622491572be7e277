"""Commands that print addresses of hosts, and what is taken of their output.

`ip -o addr` has the address in the fourth field of a line, `ip -br addr` in the third, `ip addr` and `ifconfig` behind
the word `inet` (ip-address(8) of iproute2, ifconfig(8) of net-tools); `getent hosts NAME` begins with it, `dig +short`
is it, and so is the answer of services that tell who asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dtlint.run.shell.words import known_text, of_value
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.value import Term, Value, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

_LISTED: Final = "lines with addresses"
_SERVICES: Final = re.compile(
    r"(?:https?://)?(?:(?:www\.|ipv4\.|v4\.)?(?:ifconfig\.(?:me|co|io)|icanhazip\.com|ipinfo\.io/ip|ident\.me"
    r"|checkip\.amazonaws\.com)"
    r"|api\.ipify\.org|169\.254\.169\.254/latest/meta-data/(?:local|public)-ipv4)/?(?:ip)?"
)
_INET: Final = re.compile(r"\\?b?inet(?:\\?b|\\s.*|\s.*)?")
_AWK: Final = re.compile(r"(?P<inet>/[^/]*inet[^/]*/)?\s*\{\s*print\s+\$(?P<field>\d+)\s*;?\s*(?:exit\s*;?)?\s*\}")


def address(host: Value) -> Value:
    """The address of a host: unknown, and the same whenever it is asked for."""
    content = host.content if isinstance(host.content, Term) else str(host)
    return unknown(f"the address of {host}", key=("address", content))


def ip(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    """`ip addr` and `ip address show dev NAME`, in its forms."""
    texts = [known_text(word) or "?" for word in words[1:]]
    objects = [text for text in texts if not text.startswith("-")]
    if not objects or not "address".startswith(objects[0]) or set(objects[1:2]) - {"show", "list", "ls", "s"}:
        return None
    flags = {text for text in texts if text.startswith("-")}
    if flags & {"-j", "-json"}:
        return None
    field = 4 if flags & {"-o", "-oneline"} else 3 if flags & {"-br", "-brief"} else 2
    return _lines(machine, field, at)


def ifconfig(machine: Machine, _words: Sequence[Word], at: Span) -> Word | None:
    return _lines(machine, 2, at)


def getent(_machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    """Its first field: what comes behind is the name, which hardly anybody asks for."""
    if len(words) != 3 or known_text(words[1]) not in ("hosts", "ahosts", "ahostsv4"):
        return None
    return of_value(address(words[2].value), at)


def dig(_machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    texts = [known_text(word) for word in words[1:]]
    names = [word for word, text in zip(words[1:], texts, strict=True) if not (text or "").startswith(("+", "-", "@"))]
    return of_value(address(names[0].value), at) if "+short" in texts and len(names) == 1 else None


def curl(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    texts = [known_text(word) or "" for word in words[1:]]
    if not any(_SERVICES.fullmatch(text) for text in texts):
        return None
    host = machine.context.host.name
    return of_value(unknown(f"the address of {host}", key=("address", "as seen from outside", str(host))), at)


def filtered(name: str, arguments: list[str], stdin: Word, at: Span) -> Word | None:
    """What a filter makes of lines with addresses; None for other input, and where that is not followed."""
    content = stdin.pieces[0].content if len(stdin.pieces) == 1 else ""
    symbol = content.content.symbol if isinstance(content, Value) and isinstance(content.content, Term) else None
    key = symbol.key if symbol is not None else None
    if not isinstance(key, tuple) or key[:1] != (_LISTED,):
        return None
    _, host, field, chosen = key
    match name:
        case "grep" | "egrep":
            words = [argument for argument in arguments if not argument.startswith("-")]
            flags = {argument for argument in arguments if argument.startswith("-")}
            if len(words) != 1 or flags - {"-v", "-w", "-E", "-F", "-i", "-m1"}:
                return None
            picks = _INET.fullmatch(words[0].strip()) is not None and "-v" not in flags
            return _listed(host, field, chosen or picks, at)
        case "head" | "tail" | "sort" | "uniq":
            return stdin
        case "awk" | "gawk" | "mawk":
            program = _AWK.fullmatch(arguments[0].strip()) if len(arguments) == 1 else None
            sure = program is not None and (field != 2 or chosen or program["inet"])
            return of_value(_of(host), at) if program is not None and sure and int(program["field"]) == field else None
        case _:
            return None


def _lines(machine: Machine, field: int, at: Span) -> Word:
    return _listed(str(machine.context.host.name), field, False, at)


def _listed(host: object, field: object, chosen: object, at: Span) -> Word:
    return of_value(unknown(f"the addresses of {host}", key=(_LISTED, host, field, chosen)), at)


def _of(host: object) -> Value:
    """An address of a host that has several: which one is not known."""
    return unknown(f"an address of {host}", key=("address", "one of", host))
