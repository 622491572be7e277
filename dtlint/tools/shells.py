"""Commands that run a text or a file as a program: shells, Python, ssh.

Options by `bash --help` (5.2), `python --help` (3.11) and the usage of OpenSSH (9.2), which reads options behind the
host too (the label `again` of https://github.com/openssh/openssh-portable/blob/master/ssh.c).
"""

from __future__ import annotations

import re

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.record import record
from dtlint.run.host import Host
from dtlint.run.word import Exec, Piece, Word
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import absent, known

SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh"})
PYTHON = re.compile(r"python(\d(\.\d+)?)?$|pypy3?$")

_SSH = Spec(
    tuple(option(f"-{letter}") for letter in "BbcDEeFIiJLlmOopQRSWw")
    + tuple(flag(f"-{letter}") for letter in "46AaCfGgKkMNnPqsTtVvXxYy"),
    abbreviations=False,
    joined=True,
    positional=True,
)


@record
class ShellCommand:
    """A text (`-c`) or a script, and the positional parameters that it gets."""

    text: Word | None
    script: Word | None
    arguments: tuple[Word, ...] | None
    host: Word | None = None
    """Where it runs, for ssh."""
    sends: bool = False
    """It is told to hand variables on (`SendEnv`, `SetEnv`), or may be."""

    def as_launch(self, exec: Exec, host: Host, site: Site) -> Launch:
        """A launch that starts one shell on another host."""
        child = Child(
            host=host,
            environment=exec.environment,
            argv=(),
            node=host.index,
            local=0,
            at=exec.at,
            directory=exec.directory,
        )
        return Launch(
            tool="ssh",
            exec=exec,
            options=Options(),
            nodes=known(1),
            per_node=known(1),
            total=known(1),
            node_rank=absent(),
            rendezvous=Rendezvous("none", absent(), absent(), absent()),
            children=(child,),
            spreads=True,
            ranks=False,
            allocation=site.allocation,
        )


@record
class PythonCommand:
    script: Word | None
    module: Word | None
    arguments: tuple[Word, ...]


def read_shell(exec: Exec, command: str) -> ShellCommand | None:
    """`bash script args`, `sh -c text name args`; None for what is no shell."""
    if command not in SHELLS:
        return None
    words = list(exec.argv[1:])
    text = False
    while words:
        content = words[0].string
        if content is None or content in ("-", "--") or content[:1] not in "-+" or not content:
            break
        words.pop(0)
        if content.startswith("--"):
            del words[: content in ("--rcfile", "--init-file")]
            continue
        # Letters may stand together, and each `o` takes a word: `-euo pipefail -c`.
        del words[: content.count("o") + content.count("O")]
        text = text or (content.startswith("-") and "c" in content)
    if words and words[0].string == "--":
        words.pop(0)
    if not words:
        return ShellCommand(exec.stdin, None, ())
    if text:
        return ShellCommand(words[0], None, tuple(words[2:]))
    return ShellCommand(None, words[0], tuple(words[1:]))


def read_python(exec: Exec, command: str) -> PythonCommand | None:
    """`python [options] script args` or `-m module args`; None for anything else, `-c` and standard input too."""
    if not PYTHON.match(command):
        return None
    words = exec.argv[1:]
    i = 0
    while i < len(words):
        content = words[i].string
        if content is None:
            if words[i].many and i + 1 < len(words):
                i += 1
                continue
            break
        if not content.startswith("-"):
            break
        i += 1
        if content.startswith("--"):
            i += content == "--check-hash-based-pycs"
            continue
        if content == "-":
            return None
        for at, letter in enumerate(content[1:], 1):
            behind = content[at + 1 :]
            if letter == "c":
                return None
            if letter == "m":
                if behind:
                    return PythonCommand(None, words[i - 1].cut(at + 1), tuple(words[i:]))
                return PythonCommand(None, words[i], tuple(words[i + 1 :])) if i < len(words) else None
            if letter in "XW":
                i += not behind
                break
    if i >= len(words):
        return None
    return PythonCommand(words[i], None, tuple(words[i + 1 :]))


def remote_shell(exec: Exec, command: str) -> ShellCommand | None:
    """`ssh [options] host words…`: the words joined by blanks are the text of a shell there."""
    if command != "ssh":
        return None
    options = parse(exec.argv[1:], _SSH)
    if not options.rest:
        return None
    host = options.rest[0]
    # Options may stand behind the host as well.
    behind = parse(options.rest[1:], _SSH)
    words = behind.rest
    told = [*options.values("-o"), *behind.values("-o"), *options.values("-F")]
    sends = any("env" in (value.string or "env").lower() for value in told)
    content = host.string
    if content is not None and "@" in content:
        host = host.cut(content.index("@") + 1)
    if not words:
        return ShellCommand(exec.stdin, None, (), host, sends)
    pieces: list[Piece] = []
    for word in words:
        if pieces:
            pieces.append(Piece(" ", word.at))
        pieces += word.pieces
    text = Word(tuple(pieces), words[0].at, " ".join(word.written for word in words), words[0].trail)
    return ShellCommand(text, None, (), host, sends)
