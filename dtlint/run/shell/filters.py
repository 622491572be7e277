"""Commands that make text of text: `head`, `cut`, `sed` and their like, for what they do to known lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dtlint.run.host import names_host
from dtlint.run.shell import digits
from dtlint.run.shell.words import from_lines, known_text, lines, of_value
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Value

Filter = Callable[["list[str]", Word, Span], Word | None]
"""Arguments, input, place; None where it is not understood."""

MOST_LINES: Final = 20_000
_PRINT_LINE = re.compile(r"(\d+)p\Z")
_QUIT = re.compile(r"(\d+)q\Z")
_SUBSTITUTE = re.compile(r"s(.)((?:(?!\1).)*)\1((?:(?!\1).)*)\1(g?)\Z")
_SIMPLE = re.compile(r"\^?[\w\s.,:=@%/<>~\"'#-]*\$?\Z")
_COMMON = re.compile(r"\^?(?:(?:[\w\s.,:=@%#-]|\\[\[\].]|\[\^?[\w,.:-]+\])\*?)*\$?\Z")
"""What means the same in sed, perl and Python: letters, `.`, classes, escaped brackets, and any of them repeated."""
_AWK = re.compile(r"(?:NR\s*==\s*(\d+)\s*)?\{\s*print\s+\$(\d+|NF)\s*;?\s*\}\Z")
_AWK_FIELDS = re.compile(r"\{\s*print\s+NF\s*;?\s*\}\Z")


def _members(stdin: Word) -> list[str] | None:
    """The lines, if all are known."""
    listed = lines(stdin)
    if listed is None or not listed[1] or len(listed[0]) > MOST_LINES:
        return None
    texts = [known_text(member) for member in listed[0]]
    found = [text for text in texts if text is not None]
    return found if len(found) == len(texts) else None


def _printed(members: list[str], stdin: Word, at: Span) -> Word:
    text = "".join(f"{member}\n" for member in members)
    return Word((Piece(text, at),) if text else (), at, "", stdin.trail)


def _mapped(stdin: Word, at: Span, change: Callable[[str], str]) -> Word | None:
    members = _members(stdin)
    return None if members is None else _printed([change(member) for member in members], stdin, at)


def _one_name(stdin: Word) -> bool:
    """A host's name or address: the first word of its first line is itself."""
    names = [piece.content for piece in stdin.pieces if isinstance(piece.content, Value)]
    texts = [piece.content for piece in stdin.pieces if isinstance(piece.content, str)]
    return len(names) == 1 and names_host(names[0]) and not "".join(texts).strip("\n")


def _count(arguments: list[str]) -> int | None:
    """The number of lines that `head` and `tail` are asked for."""
    joined = " ".join(arguments)
    found = re.match(r"(?:-n\s*|-|--lines[ =])(\d+)\Z", joined)
    if found:
        return int(found.group(1))
    return 10 if not arguments else None


def head(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    count = _count(arguments)
    listed = lines(stdin)
    if count is None:
        return None
    if count == 1 and _one_name(stdin):
        return stdin
    if listed is None:
        return None
    members, complete = listed
    if len(members) < count and not complete:
        return None
    return from_lines(members[:count], at)


def tail(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    if found := re.match(r"(?:-c\s*|--bytes[ =])(\d+)\Z", " ".join(arguments)):
        return _ending(stdin, int(found.group(1)), at)
    listed = lines(stdin)
    if listed is None or not listed[1]:
        return None
    members = listed[0]
    joined = " ".join(arguments)
    if found := re.match(r"-n\s*\+(\d+)\Z", joined):
        return from_lines(members[max(int(found.group(1)) - 1, 0) :], at)
    count = _count(arguments)
    return None if count is None else from_lines(members[-count:] if count else (), at)


def _ending(stdin: Word, count: int, at: Span) -> Word | None:
    """The last characters of an only line, of which the line end is one."""
    contents = [piece.content for piece in stdin.pieces]
    if contents[1:] == ["\n"]:
        count -= 1
    elif len(contents) != 1:
        return None
    value = contents[0]
    if isinstance(value, str):
        return None
    found = digits.last(value.after(stdin.trail), count)
    return None if found is None else of_value(found, at)


def sed(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    scripts = [argument for argument in arguments if argument not in ("-n", "-e", "-E", "-r")]
    if len(scripts) != 1:
        return None
    script = scripts[0].strip()
    found = _PRINT_LINE.match(script) if "-n" in arguments else None
    if found:
        place = int(found.group(1)) - 1
        listed = lines(stdin)
        if listed is None or (place >= len(listed[0]) and not listed[1]):
            return None
        return from_lines(listed[0][place : place + 1] if place >= 0 else (), at)
    if quitting := _QUIT.match(script):
        return head(["-n", quitting.group(1)], stdin, at)
    substitution = _SUBSTITUTE.match(script)
    if not substitution or "-n" in arguments:
        return None
    _separator, wanted, given, everywhere = substitution.groups()
    if not _SIMPLE.match(given) or "&" in given:
        return None
    if _SIMPLE.match(wanted):
        expression = re.compile(wanted.replace("\\", ""))
    elif _COMMON.match(wanted):
        expression = re.compile(wanted)
    else:
        return None
    return _mapped(stdin, at, lambda line: expression.sub(lambda _found: given, line, count=0 if everywhere else 1))


def awk(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    separator: str | None = None
    rest = list(arguments)
    if rest and rest[0] == "-F" and len(rest) > 1:
        separator, rest = rest[1], rest[2:]
    elif rest and rest[0].startswith("-F"):
        separator, rest = rest[0][2:], rest[1:]
    if len(rest) != 1 or (separator is not None and (len(separator) != 1 or separator in "\\[.*+?^$|(")):
        if separator not in (r"\.", "[.]", "."):
            return None
        separator = "."
    script = rest[0].strip() if len(rest) == 1 else ""
    if _AWK_FIELDS.match(script):
        return _mapped(stdin, at, lambda line: str(len(line.split(separator)) if line else 0))
    found = _AWK.match(script)
    if not found:
        return None
    line_number, wanted = found.groups()
    if wanted == "1" and _one_name(stdin):
        return stdin
    listed = lines(stdin)
    if listed is not None and line_number is not None:
        place = int(line_number) - 1
        if place < len(listed[0]):
            stdin = from_lines(listed[0][place : place + 1], at)
        elif not listed[1]:
            return None
    if wanted == "1" and separator is None and listed is not None and not listed[1]:
        # Names of hosts have no blanks.
        return stdin

    def field(line: str) -> str:
        parts = line.split(separator)
        if wanted == "NF":
            return parts[-1] if parts else ""
        number = int(wanted)
        return line if number == 0 else parts[number - 1] if number <= len(parts) else ""

    return _mapped(stdin, at, field)


def cut(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    joined = "\0".join(arguments)
    delimiter = re.search(r"(?:^|\0)(?:-d|--delimiter=)\0?([^\0])", joined)
    chosen = re.search(r"(?:^|\0)(?:-f|--fields=)\0?(\d+)(-?)(?:\0|\Z)", joined)
    characters = re.search(r"(?:^|\0)-c\0?(\d+)?(-)?(\d+)?\Z", joined)
    if characters:
        first, dash, last = characters.groups()
        start = int(first or 1) - 1
        stop = int(last) if last else None if dash else start + 1
        return _mapped(stdin, at, lambda line: line[start:stop])
    if not chosen or (not delimiter and len(arguments) > 2):
        return None
    number, further = int(chosen.group(1)), bool(chosen.group(2))
    separator = delimiter.group(1) if delimiter else "\t"
    if number == 1 and not further and separator in (" ", ".") and _one_name(stdin):
        return stdin

    def field(line: str) -> str:
        parts = line.split(separator)
        if len(parts) == 1:
            return line
        return separator.join(parts[number - 1 :]) if further else parts[number - 1] if number <= len(parts) else ""

    return _mapped(stdin, at, field)


def tr(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    text = known_text(stdin)
    if text is None:
        return None
    flags = [argument for argument in arguments if re.match(r"-[dsc]+\Z", argument)]
    sets = [_characters(argument) for argument in arguments if argument not in flags]
    if any(members is None for members in sets) or not sets:
        return None
    letters = "".join(flag[1:] for flag in flags)
    first = sets[0] or ""
    if letters == "d" and len(sets) == 1:
        changed = "".join(char for char in text if char not in first)
    elif letters in ("cd", "dc") and len(sets) == 1:
        changed = "".join(char for char in text if char in first)
    elif letters == "s" and len(sets) == 1:
        changed = re.sub(f"([{re.escape(first)}])\\1+", r"\1", text) if first else text
    elif not letters and len(sets) == 2 and sets[1]:
        second = sets[1] + sets[1][-1] * max(0, len(first) - len(sets[1]))
        changed = text.translate({ord(char): second[place] for place, char in enumerate(first)})
    else:
        return None
    return Word((Piece(changed, at),) if changed else (), at, "", stdin.trail)


def _characters(text: str) -> str | None:
    classes = {
        "[:upper:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "[:lower:]": "abcdefghijklmnopqrstuvwxyz", "[:digit:]": "0123456789",
        "[:space:]": " \t\n\r\f\v",
    }  # fmt: skip
    if text in classes:
        return classes[text]
    if "[" in text and ":" in text:
        return None
    text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\\\\", "\\")
    return re.sub(
        r"(.)-(.)", lambda found: "".join(map(chr, range(ord(found.group(1)), ord(found.group(2)) + 1))), text
    )


def wc(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    listed = lines(stdin)
    if listed is None or not listed[1] or len(arguments) != 1:
        return None
    text = known_text(stdin)
    if arguments[0] in ("-l", "--lines"):
        number = text.count("\n") if text is not None else len(listed[0])
    elif text is not None and arguments[0] in ("-w", "--words"):
        number = len(text.split())
    elif text is not None and arguments[0] in ("-c", "-m", "--bytes", "--chars"):
        number = len(text)
    else:
        return None
    return Word((Piece(str(number), at), Piece("\n", at)), at, "", stdin.trail)


def grep(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    flags = [argument for argument in arguments if re.match(r"-[cvEFiwo]+\Z", argument)]
    wanted = [argument for argument in arguments if argument not in flags]
    members = _members(stdin)
    letters = "".join(flag[1:] for flag in flags)
    if members is None or len(wanted) != 1 or not _SIMPLE.match(wanted[0]) or set(letters) - set("cvEF"):
        return None
    expression = re.compile(re.escape(wanted[0]) if "F" in letters else wanted[0])
    kept = [member for member in members if bool(expression.search(member)) != ("v" in letters)]
    return _printed([str(len(kept))] if "c" in letters else kept, stdin, at)


def sort(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    members = _members(stdin)
    if members is None or arguments not in ([], ["-u"]) or any(not member.isalnum() for member in members):
        return None
    return _printed(sorted(set(members) if arguments else members), stdin, at)


def uniq(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    members = _members(stdin)
    if members is None or arguments:
        return None
    return _printed([m for place, m in enumerate(members) if place == 0 or members[place - 1] != m], stdin, at)


def paste(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    found = re.match(r"(?:-s\0-d|-sd|-d\0?(?=.\0-s))\0?(.)(?:\0-s)?(?:\0-)?\Z", "\0".join(arguments))
    listed = lines(stdin)
    if not found or listed is None or not listed[1]:
        return None
    pieces: list[Piece] = []
    for member in listed[0]:
        pieces.extend((*((Piece(found.group(1), at),) if pieces else ()), *member.pieces))
    return Word((*pieces, Piece("\n", at)), at, "", stdin.trail)


def xargs(arguments: list[str], stdin: Word, at: Span) -> Word | None:
    text = known_text(stdin)
    if arguments or text is None or set(text) & set("'\"\\"):
        return None
    return Word((Piece(" ".join(text.split()) + "\n", at),), at, "", stdin.trail)


FILTERS: Final[dict[str, Filter]] = {
    "head": head, "tail": tail, "sed": sed, "awk": awk, "gawk": awk, "mawk": awk, "cut": cut, "tr": tr, "wc": wc,
    "grep": grep, "sort": sort, "uniq": uniq, "paste": paste, "xargs": xargs,
}  # fmt: skip
