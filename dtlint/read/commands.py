"""Commands in documentation: what of a code block a reader would type, and which parts of it they are to fill in.

A console block shows prompts and output, an example in a README has placeholders (`<num_gpus>`, `[--resume FILE]`,
`NUM_GPUS`, `…`) and is continued as it suits the page.  A `Passage` is what is left: text with its places, and gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.read.markdown import Block, blocks
from dtlint.record import record
from dtlint.source import Source, Span


@record
class Part:
    """A stretch of a passage."""

    text: str | None
    """What a shell reads; None for what the reader fills in."""
    at: Span
    exact: bool = False
    """The text stands letter for letter at `at`."""


@record
class Line:
    text: str
    start: int
    goes_on: bool
    """The next line belongs to it."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@record
class Passage:
    """The commands of one code block."""

    at: Span
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """As it is written, with what is to be filled in."""
        return "\n".join(line.text for line in self.lines)

    def parts(self) -> Iterator[Part]:
        """What a shell reads, piece by piece."""
        return _parts(self.at.path, self.lines)


SHELLS: Final = frozenset(
    ("bash", "sh", "shell", "zsh", "ksh", "console", "shell-session", "shellsession", "sh-session", "terminal",
     "prompt")
)  # fmt: skip
"""Languages of a block in which commands stand."""
PLAIN: Final = frozenset(("", "text", "txt", "none", "plain", "plaintext", "bashs", "default", "cmd"))
"""Languages that say nothing: a block is read where one of its lines starts something."""

STARTS: Final = re.compile(
    r"(?:[A-Za-z_]\w*=\S*[ \t]+)*(?:sudo[ \t]+)?(?:\./)?"
    r"(?:torchrun|deepspeed|accelerate[ \t]+launch|horovodrun|mpirun|mpiexec|srun|sbatch|composer|colossalai[ \t]+run"
    r"|llamafactory-cli|axolotl[ \t]+train|tune[ \t]+run|fairseq-\w+"
    r"|python[\d.]*[ \t]+(?:-m[ \t]+)?[\w./]|(?:ba)?sh[ \t]+\S|\S+\.sh\b)"
)
"""A line that begins so is a command."""
_SETS: Final = re.compile(r"(?:export[ \t]+[A-Za-z_]\w*=|cd[ \t]+\S|[A-Za-z_]\w*=\S*[ \t]*$)")
"""A line that changes what the commands behind it find."""
_PROMPT: Final = re.compile(r"[ \t]*(?:\([\w.-]+\)[ \t]*)?(?:[\w.-]+@[\w.-]+[^\s$#]*[ \t]*\S*)?[$❯➜][ \t]+")
_SECOND_PROMPT: Final = re.compile(r"[ \t]*>[ \t]?")
_CONTINUED: Final = re.compile(r"\\[ \t]*(?:[ \t]#.*)?$")
"""A backslash that is meant to continue the command: blanks and comments behind it are the page's."""
_OTHER_LANGUAGE: Final = re.compile(
    r"^[ \t]*(?:import \w|from [\w.]+ import|def \w+\(|class \w+[(:]|usage:|>>> |@\w+$|PS [A-Z]:|[A-Z]:\\|%%?\w)",
    re.MULTILINE,
)

_KEYWORDS: Final = (
    "NUM|NUMBER|N|K|M|X|Y|YOUR|MY|PATH|IP|PORT|FREEPORT|HOST|HOSTNAME|HOSTS|HOSTFILE|NODE|NODES|NNODES|NODEID|GPU|GPUS"
    "|NGPUS|NPROC|PROCS|PROC|RANK|ADDR|ADDRESS|MASTER|SERVER|DIR|DIRECTORY|ROOT|NAME|FILE|FOLDER|DATA|DATASET|MODEL"
    "|CHECKPOINT|CKPT|CONFIG|WORLD|SIZE|BATCH|ID|JOB|COUNT|SCRIPT|PROGRAM|TRAINING|ARGS|OPTIONS|OUTPUT|INPUT|VALUE"
)
_GAPS: Final = re.compile(
    rf"""
      (?P<words>(?<![^\s])\[(?![\d\s,'"\[!-]*\])(?![ \t\[])[^\[\]\n]*\](?:\.\.\.)?      # [--resume FILE], [args...]
        |(?<![^\s])(?:\.\.\.|…)(?![^\s]))                                              # … as a word
    |(?P<value>(?<![<\w])<[A-Za-z_$\#][^<>\n|;&]*>                                     # <num_gpus>
        |(?<![$\w\\])\{{[A-Za-z_][\w \t./-]*\}}                                         # {{num_gpus}}
        |\{{\d+(?:,[ ]?\d+)+\}}                                                          # {{0, 1}}
        |(?<=[^\s.])(?:\.\.\.|…)|(?:\.\.\.|…)(?=\w)                                     # /data/...
        |(?:~|[\w.-]*)/?\bpath[/_-]to[\w./-]*                                           # /path/to/data
        |\b(?:your|my)[_-]\w[\w./-]*
        |(?<![\w.])(?:\d+|[xX*]{{1,3}}|[A-Za-z])(?:\.(?:\d+|[xX*]{{1,3}}|[A-Za-z])){{3}}(?<![\d.]{{7}})(?![\w.])
        |\?\?+|(?<![\w$-])[xX]{{2,}}\b
        |(?<![\w${{.-])(?:[A-Z0-9]+_)*(?:{_KEYWORDS})\d*(?:_[A-Z0-9]+)*(?![\w=]|\+=|\.(?:py|sh)\b))
    """,
    re.VERBOSE,
)
_FORWARDED: Final = re.compile(
    r"(?:(?:^|[ \t])(?:-x|-genv|-genvlist|-envlist|-e|--env|export|unset)[ \t]+|--export=[\w,=]*)$"
)
"""What stands behind it is the name of a variable."""


def passages(source: Source) -> Iterator[Passage]:
    """The commands of each block of a document that has any."""
    for block in blocks(source):
        known = block.language in SHELLS
        if not known and block.language not in PLAIN:
            continue
        lines = list(_lines(source, block))
        prompted = any(_PROMPT.match(line.text) for line in lines)
        if not known and not prompted and _OTHER_LANGUAGE.search(source.text[block.at.start : block.at.end]):
            continue
        if prompted:
            kept = _typed(lines)
        elif known:
            kept = lines
        else:
            kept = _commands(lines)
        if any(STARTS.match(line.text.lstrip()) for line in kept):
            yield Passage(Span(source.path, kept[0].start, kept[-1].end), tuple(kept))


def _lines(source: Source, block: Block) -> Iterator[Line]:
    """The lines of a block without indentation, comments and blanks behind a continuation."""
    start, text = block.at.start, source.text[block.at.start : block.at.end]
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        indent = min(block.indent, len(bare) - len(bare.lstrip()))
        bare = bare[indent:]
        continued = _CONTINUED.search(bare)
        if continued is not None:
            bare = bare[: continued.start()]
        yield Line(bare, start + indent, continued is not None)
        start += len(line)


def _typed(lines: list[Line]) -> list[Line]:
    """What stands behind prompts, with the lines that continue it."""
    kept: list[Line] = []
    goes_on = False
    for line in lines:
        prompt = (_SECOND_PROMPT if goes_on else _PROMPT).match(line.text)
        if prompt is not None:
            line = Line(line.text[prompt.end() :], line.start + prompt.end(), line.goes_on)
        elif not goes_on:
            continue
        kept.append(line)
        goes_on = line.goes_on
    return kept


def _commands(lines: list[Line]) -> list[Line]:
    """The lines that are surely commands, with those that continue them."""
    kept: list[Line] = []
    goes_on = False
    for index, line in enumerate(lines):
        bare = line.text.lstrip()
        follows = bool(kept) and kept[-1] is lines[index - 1] and _adds(bare)
        if goes_on or follows or STARTS.match(bare) or _SETS.match(bare):
            kept.append(line)
            goes_on = line.goes_on
    return kept


def _adds(bare: str) -> bool:
    """The line can only be more options for the command in front of it."""
    return bare.startswith("--") and len(bare) > 2


def _parts(path: str, lines: tuple[Line, ...]) -> Iterator[Part]:
    quote = ""
    for index, line in enumerate(lines):
        yield from _line_parts(path, line, quote)
        quote = _quote_after(line.text, quote)
        following = lines[index + 1].text.lstrip() if index + 1 < len(lines) else ""
        joined = not quote and (line.goes_on or (bool(line.text.strip()) and _adds(following)))
        # Where the next line goes on, the shell sees one line; elsewhere the line ends as it does on the page.
        yield Part(" " if joined else "\n", Span(path, line.end, line.end + 1))


def _line_parts(path: str, line: Line, quote: str) -> Iterator[Part]:
    text, at = line.text, 0
    if text.lstrip().startswith("#") and not quote:
        yield Part(text, Span(path, line.start, line.end), True)
        return
    for gap in _GAPS.finditer(text):
        if gap.lastgroup == "value" and _FORWARDED.search(text[: gap.start()]):
            continue
        before = text[at : gap.start()]
        if before:
            yield Part(before, Span(path, line.start + at, line.start + gap.start()), True)
        quote = _quote_after(before, quote)
        place = Span(path, line.start + gap.start(), line.start + gap.end())
        # A gap that stands for one word is quoted, so that no shell takes it for several.
        around = {"": '"', "'": "'\""}.get(quote, "") if gap.lastgroup == "value" or quote else ""
        if around:
            yield Part(around, place)
        yield Part(None, place)
        if around:
            yield Part(around[::-1], place)
        at = gap.end()
    if at < len(text):
        yield Part(text[at:], Span(path, line.start + at, line.end), True)


def _quote_after(text: str, quote: str) -> str:
    """The quotation that is open behind the text, if one was open in front of it: `'`, `"` or nothing."""
    escaped = False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif not quote and char == "#" and (index == 0 or text[index - 1].isspace()):
            break
    return quote
