"""Commands whose output is known, wholly or by name: what stands in `$(…)`, pipes and redirections.

Everything that is not understood gives None, and its caller an unknown that is the same for the same place.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dtlint.run.host import address_of
from dtlint.run.shell import addresses, arithmetic, cut_lists, digits, nodes
from dtlint.run.shell.chance import drawn
from dtlint.run.shell.filters import FILTERS, Filter, sed
from dtlint.run.shell.hostlist import hosts_of
from dtlint.run.shell.redirections import content as content_of
from dtlint.run.shell.redirections import write
from dtlint.run.shell.words import concatenated, from_lines, known_text, of_value
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Items, Reach, Term, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

Idiom = Callable[["Machine", Sequence[Word], Span], Word | None]

WRITING: Final = frozenset({"cat", "tee"})
"""These are nothing but their output, also where nobody listens."""
FREE_PORTS: Final = (1024, 65_535)
_RANDINT = re.compile(r"rand(?:int|range)\(\s*(\d+)\s*,\s*(\d+)\s*\)")
_PRINTED_RANDOM = re.compile(r"print\(\s*(?:random\.|np\.random\.)?rand(?:int|range)\(")
_NODE_LIST = re.compile(r"SLURM_(?:JOB_|STEP_)?NODELIST(?!_)")
_PERL = re.compile(
    r"\$_ *= *\$ENV\{[\"']?SLURM_(?:JOB_)?NODELIST[\"']?\} *; *((?:s/[^/;]*/[^/;]*/g? *;? *)+); *print;?"
)


def output(machine: Machine, name: str, words: Sequence[Word], at: Span) -> Word | None:
    """What the command prints; None where it is not understood."""
    if len(words) > 1 and known_text(words[1]) == "--":
        words = (words[0], *words[2:])
    idiom = IDIOMS.get(name)
    if idiom is not None:
        return idiom(machine, words, at)
    filtering = FILTERS.get(name)
    if filtering is None:
        return None
    stdin = machine.state.stdin
    texts = [known_text(word) for word in words[1:]]
    arguments = [text for text in texts if text is not None]
    if len(arguments) < len(texts):
        return None
    if stdin is None:
        # The last operand may be a file.
        if not arguments or arguments[-1].startswith("-"):
            return None
        content = content_of(machine, words[-1], at)
        printed = filtering(arguments[:-1], content, at)
        if printed is not None and name == "wc":
            printed = replace(printed, pieces=(*printed.pieces[:-1], Piece(f" {arguments[-1]}\n", at)))
        return printed
    count = _counted(machine, name, arguments, stdin)
    if count is not None:
        return of_value(count, at)
    made = filtering(arguments, stdin, at) or addresses.filtered(name, arguments, stdin, at)
    return made or _cut(machine, filtering, arguments, stdin, at)


def _cut(machine: Machine, filtering: Filter, arguments: list[str], stdin: Word, at: Span) -> Word | None:
    """What a filter makes of the list of nodes, tried on some."""
    values = [piece.content for piece in stdin.pieces if isinstance(piece.content, Value)]
    texts = [piece.content for piece in stdin.pieces if isinstance(piece.content, str)]
    if len(values) != 1 or "".join(texts).strip():
        return None
    found: list[str] = []
    for text in cut_lists.begun(machine, values[0]) or ():
        printed = filtering(arguments, Word((Piece(f"{text}\n", at),), at, ""), at)
        known = known_text(printed) if printed is not None else None
        if known is None:
            return None
        found.append(known.rstrip("\n"))
    return of_value(cut_lists.cut(machine, tuple(found), at).after(stdin.trail), at) if found else None


def _perl(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    """`perl -le '$_=$ENV{"SLURM_JOB_NODELIST"}; s/,.*//; print'`."""
    texts = [known_text(word) or "" for word in words[1:]]
    if len(texts) != 2 or not re.fullmatch(r"-[ln]*e", texts[0]):
        return None
    begun = _PERL.fullmatch(texts[1].strip())
    if begun is None:
        return None
    made: tuple[str, ...] = cut_lists.SAMPLES
    for step in begun[1].split(";"):
        printed = [sed([step.strip()], Word((Piece(f"{text}\n", at),), at, ""), at) for text in made]
        known = [known_text(word) if word is not None else None for word in printed]
        made = tuple(text.rstrip("\n") for text in known if text is not None)
        if len(made) < len(known):
            return None
    return of_value(cut_lists.cut(machine, made, at), at)


def _counted(machine: Machine, name: str, arguments: list[str], stdin: Word) -> Value | None:
    """Counting the lines that `nvidia-smi` or `scontrol` print."""
    lines = (name == "wc" and arguments in (["-l"], ["--lines"])) or (name == "grep" and "-c" in arguments)
    content = stdin.pieces[0].content if len(stdin.pieces) == 1 else ""
    if not isinstance(content, Value):
        return None
    if lines and isinstance(content.content, Items) and not content.content.complete:
        return nodes.count(machine)
    if isinstance(content.content, Term):
        symbol = content.content.symbol
        key = symbol.key if symbol is not None else None
        if isinstance(key, tuple) and key[:1] == ("gpu lines",):
            if lines:
                return machine.context.host.gpus
            return content if name in ("sort", "uniq") else None
    return None


def _hostname(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    flags = {known_text(word) for word in words[1:]}
    if flags & {"-I", "-i", "--ip-address", "--all-ip-addresses"}:
        return of_value(address_of(machine.context.host.name), at)
    if flags <= {"-s", "-f", "--short", "--fqdn", "--long", "-A", "--all-fqdns"}:
        return of_value(machine.context.host.name, at)
    return None


def _scontrol(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    if len(words) < 3 or known_text(words[1]) != "show" or known_text(words[2]) not in ("hostname", "hostnames"):
        return None
    if len(words) > 3:
        listed = known_text(words[3])
        if listed:
            names = hosts_of(listed)
            if names is not None:
                return from_lines([Word((Piece(name, words[3].at),), at, "", words[3].trail) for name in names], at)
            return None
        if not _NODE_LIST.search(words[3].written) and not _is_node_list(machine, words[3]):
            return None
    return of_value(nodes.names(machine), at)


def _is_node_list(machine: Machine, word: Word) -> bool:
    environment = machine.context.environment
    value = word.value
    if any(_NODE_LIST.search(step.text) for step in value.trail):
        return True
    return any(value.same(environment.get(name)) for name in cut_lists.LISTS)


def _srun(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    texts = [known_text(word) for word in words]
    if "hostname" not in texts:
        return None
    place = texts.index("hostname")
    node: Value | None = None
    once = False
    for number, text in enumerate(texts[:place]):
        word = words[number]
        head = word.pieces[0].content if word.pieces else ""
        if text in ("-w", "--nodelist") and number + 1 < place:
            node = words[number + 1].value
        elif isinstance(head, str) and head.startswith("--nodelist="):
            node = word.cut(len("--nodelist=")).value
        elif isinstance(head, str) and head.startswith("-w") and len(head) > 2:
            node = word.cut(2).value
        once = once or text in ("--ntasks=1", "-n1", "--ntasks-per-node=1")
        once = once or (text in ("-n", "--ntasks", "--ntasks-per-node") and texts[number + 1] == "1")
    flags = set(texts[place + 1 :])
    if node is None:
        return None
    if flags & {"-I", "-i", "--ip-address", "--all-ip-addresses"}:
        return of_value(address_of(node), at)
    return of_value(node, at) if once and flags <= {"-s", "-f", "--short", "--fqdn"} else None


def _nvidia_smi(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    texts = [known_text(word) or "" for word in words[1:]]
    listing = any(text in ("-L", "--list-gpus") or text.startswith("--query-gpu") for text in texts)
    if not listing or any(text.startswith(("-i", "--id")) for text in texts):
        return None
    return of_value(unknown("the GPUs", key=("gpu lines", machine.context.scope, machine.context.host.index)), at)


def _nproc(machine: Machine, _words: Sequence[Word], at: Span) -> Word:
    return of_value(machine.context.host.cpus, at)


def _getconf(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    return _nproc(machine, words, at) if [known_text(word) for word in words[1:]] == ["_NPROCESSORS_ONLN"] else None


def _python(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    if len(words) != 3 or known_text(words[1]) != "-c":
        return None
    code = known_text(words[2])
    if code is None or "print" not in code:
        return None
    if "device_count()" in code and code.count("(") <= 4:
        return of_value(_visible(machine), at)
    if "socket" in code and "bind" in code and "getsockname" in code:
        return of_value(drawn(machine, "a free port", at, *FREE_PORTS), at)
    found = _RANDINT.search(code)
    if found and code.count("print") == 1 and _PRINTED_RANDOM.search(code):
        return of_value(drawn(machine, "a random number", at, int(found.group(1)), int(found.group(2))), at)
    return None


def _visible(machine: Machine) -> Value:
    """The GPUs that CUDA shows here."""
    environment = machine.environment()
    if not environment.set("CUDA_VISIBLE_DEVICES"):
        return machine.context.host.gpus
    value = environment.get("CUDA_VISIBLE_DEVICES")
    listed = value.string
    if value.is_absent:
        return machine.context.host.gpus
    if listed is not None:
        return known(len([name for name in listed.split(",") if name.strip()])).after(value.trail)
    return unknown("the visible GPUs", key=("visible", machine.context.scope, str(value)), low=0, whole=True)


def _date(machine: Machine, words: Sequence[Word], at: Span) -> Word:
    forms = {text for word in words[1:] if (text := known_text(word) or "").startswith("+")}
    if forms in ({"+%s"}, {"+%s%N"}, {"+%s%3N"}):
        return of_value(drawn(machine, "the time", at, 1_700_000_000, 2**63), at)
    bounds = digits.dated(next(iter(forms))) if len(forms) == 1 else None
    if bounds is not None:
        return of_value(digits.padded(drawn(machine, "the time", at, *bounds)), at)
    return of_value(drawn(machine, "the date", at, whole=False), at)


def _fresh(name: str) -> Idiom:
    def idiom(machine: Machine, _words: Sequence[Word], at: Span) -> Word:
        return of_value(drawn(machine, name, at, whole=False), at)

    return idiom


def _shuf(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    texts = [known_text(word) or "" for word in words[1:]]
    joined = " ".join(texts)
    bounds = re.search(r"(?:-i|--input-range=?)\s*(\d+)-(\d+)", joined)
    one = re.search(r"(?:-n|--head-count=?)\s*1(?:\s|$)", joined)
    if not bounds or not one:
        return None
    return of_value(drawn(machine, "a random number", at, int(bounds.group(1)), int(bounds.group(2))), at)


# -- paths


def _dirname(_machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    if len(words) != 2:
        return None
    text = known_text(words[1])
    if text is not None:
        folder = posixpath.dirname(text.rstrip("/") or text) or "."
        return of_value(known(folder).after(words[1].trail), at)
    last = words[1].pieces[-1] if words[1].pieces else None
    if last is not None and isinstance(last.content, str) and "/" in last.content.rstrip("/"):
        head = last.content.rstrip("/").rpartition("/")[0]
        pieces = (*words[1].pieces[:-1], *((Piece(head, last.at),) if head else ()))
        return replace(words[1], pieces=pieces, at=at)
    return None


def _basename(_machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    if len(words) not in (2, 3):
        return None
    last = known_text(words[1]) or (words[1].pieces[-1].content if words[1].pieces else "")
    suffix = known_text(words[2]) if len(words) == 3 else ""
    if not isinstance(last, str) or suffix is None:
        return None
    bare = last.rstrip("/")
    if known_text(words[1]) is None and "/" not in bare:
        return None
    name = bare.rpartition("/")[2]
    if suffix and name != suffix:
        name = name.removesuffix(suffix)
    return of_value(known(name).after(words[1].trail), at)


def _realpath(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    operands = [word for word in words[1:] if not (known_text(word) or "").startswith("-")]
    if len(operands) != 1:
        return None
    text = known_text(operands[0])
    if text is None:
        return operands[0]
    return of_value(known(posixpath.normpath(text)).after(operands[0].trail), at)


def _which(_machine: Machine, words: Sequence[Word], _at: Span) -> Word | None:
    return words[1] if len(words) == 2 else None


# -- text


def _cat(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    operands = [word for word in words[1:] if known_text(word) is None or not (known_text(word) or "").startswith("-")]
    if len(operands) < len(words) - 1:
        return None
    if not operands:
        return machine.state.stdin
    return concatenated([content_of(machine, word, at) for word in operands], at, "")


def _tee(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    stdin = machine.state.stdin
    if stdin is None:
        return None
    append = any(known_text(word) in ("-a", "--append") for word in words[1:])
    for word in words[1:]:
        if not (known_text(word) or "").startswith("-"):
            write(machine, word, (stdin,), at, append)
    return stdin


def _seq(_machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    texts = [known_text(word) or "" for word in words[1:]]
    separator = "\n"
    if len(texts) > 2 and texts[0] == "-s":
        separator, texts = texts[1], texts[2:]
    if not 1 <= len(texts) <= 3 or not all(re.match(r"-?\d{1,9}\Z", text, re.ASCII) for text in texts):
        return None
    numbers = [int(text) for text in texts]
    first, step, last = (1, 1, numbers[0]) if len(numbers) == 1 else (
        (numbers[0], 1, numbers[1]) if len(numbers) == 2 else (numbers[0], numbers[1], numbers[2])
    )
    if step == 0 or (last - first) // step > 4_000:
        return None
    made = [str(number) for number in range(first, last + (1 if step > 0 else -1), step)]
    trails = [step_ for word in words[1:] for step_ in word.trail]
    return Word((Piece(separator.join(made) + ("\n" if made else ""), at),), at, "", tuple(trails[:4]))


def _expr(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    if len(words) == 4 and known_text(words[2]) in ("+", "-", "*", "/", "%"):
        operands = []
        for word in (words[1], words[3]):
            text = known_text(word)
            operands.append(arithmetic.named(machine, text, at) if text is not None else arithmetic.integer(word.value))
        trails = (words[1].trail, words[3].trail)
        return of_value(arithmetic.binary(known_text(words[2]) or "", *operands).after(*trails), at)
    texts = [known_text(word) for word in words[1:]]
    if None in texts or not all(re.match(r"-?\d+\Z|[-+*/%()]\Z", text or "", re.ASCII) for text in texts):
        return None
    return of_value(arithmetic.named(machine, " ".join(text or "" for text in texts), at), at)


def _bc(machine: Machine, words: Sequence[Word], at: Span) -> Word | None:
    stdin = machine.state.stdin
    text = known_text(stdin) if stdin is not None else None
    if text is None or len(words) > 1 or not re.match(r"[\d\s()+*-]+\Z", text, re.ASCII):
        return None
    return of_value(arithmetic.named(machine, text.strip(), at), at)


def _whoami(machine: Machine, _words: Sequence[Word], at: Span) -> Word:
    return of_value(unknown("$USER", key=("user", machine.context.scope), reach=Reach.UNIFORM), at)


IDIOMS: Final[dict[str, Idiom]] = {
    "hostname": _hostname, "scontrol": _scontrol, "srun": _srun, "nvidia-smi": _nvidia_smi, "nproc": _nproc,
    "getconf": _getconf, "python": _python, "python3": _python, "date": _date, "mktemp": _fresh("a temporary file"),
    "uuidgen": _fresh("a random name"), "shuf": _shuf, "dirname": _dirname, "basename": _basename,
    "realpath": _realpath, "readlink": _realpath, "which": _which, "cat": _cat, "tee": _tee, "seq": _seq,
    "expr": _expr, "bc": _bc, "whoami": _whoami, "perl": _perl, "ip": addresses.ip, "ifconfig": addresses.ifconfig,
    "getent": addresses.getent, "dig": addresses.dig, "curl": addresses.curl,
}  # fmt: skip
