"""Files from which Open MPI takes parameters and variables: `mpirun --tune FILE` (`--am` and `--amca` are older names),
and those of the parameter `mca_base_param_files`.

A command line wins over the environment, the environment over a tuning file, and that over configuration files:
https://docs.open-mpi.org/en/v5.0.x/mca.html.  A tuning file holds `-x` and `--mca` options, or `name=value`
(`process_tune_files` of src/mca/schizo/ompi/schizo_ompi.c of https://github.com/openpmix/prrte); a configuration file
has `name = value` on each line, without quotes (opal/util/keyval/keyval_lex.l of https://github.com/open-mpi/ompi),
the first of several files winning.  The files of a home folder or an installation are not in a workspace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.site import Site
from dtlint.record import record
from dtlint.run.word import Exec, Word, plain
from dtlint.source import Source, Span
from dtlint.tools.options import Options
from dtlint.value import How, Step, Value, known

CONFIGURED: Final = "mca_base_param_files"
ENVIRONMENT: Final = "mca_base_env_list"
"""The parameter that lists variables to be handed on."""
_ASSIGNED: Final = re.compile(r"[ \t]*([A-Za-z_][\w]*)[ \t]*=[ \t]*([^\r\n]*?)[ \t\r]*")
_WORD: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S+)")


@record
class Tuned:
    """What files give."""

    parameters: dict[str, Value]
    exported: dict[str, Value | None]
    """Variables of `-x`: None for one that is handed on as it is."""
    complete: bool
    """Nothing further is handed on: all of the files are in the workspace, and none has a list of variables."""


def tuned(options: Options, exec: Exec, site: Site) -> Tuned:
    """What the files of a command hold."""
    tuning = [given for name in ("--tune", "--am", "--amca") for given in options.given.get(name, ())]
    named = [(word, True) for given in tuning for word in given.values]
    named += [(word, False) for word in _configured(options, exec)]
    parameters: dict[str, Value] = {}
    exported: dict[str, Value | None] = {}
    complete = not options.hidden
    for word, tunes in named:
        sources = _files(word, exec, site)
        complete &= bool(sources) and None not in sources
        for source in sources:
            if source is not None:
                _read(source, tunes, parameters, exported)
    return Tuned(parameters, exported, complete and ENVIRONMENT not in parameters)


def _configured(options: Options, exec: Exec) -> Iterator[Word]:
    """The words that name configuration files, on the command line or in the environment."""
    pairs = [given.values for given in options.given.get("--mca", ()) if len(given.values) == 2]
    words = [values[1] for values in pairs if values[0].string == CONFIGURED]
    variable = f"OMPI_MCA_{CONFIGURED}"
    if words:
        yield words[-1]
    elif exec.environment.set(variable):
        value = exec.environment.get(variable)
        if value.string is not None and value.trail:
            yield plain(value.string, value.at, value.trail)


def _files(word: Word, exec: Exec, site: Site) -> list[Source | None]:
    """The files of a list with commas in between; None for one that is not in the workspace."""
    listed = word.string
    words = [word] if listed is None else [plain(part, word.at) for part in listed.split(",") if part]
    paths = [site.find(each, exec) for each in words]
    return [site.files.source(path) if path is not None else None for path in paths]


def _read(
    source: Source, tunes: bool, parameters: dict[str, Value], exported: dict[str, Value | None]
) -> None:
    """Fill in what a file adds to what those before it say."""
    for start in source.starts:
        line = source.text[start:].split("\n", 1)[0]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        assigned = _ASSIGNED.fullmatch(line)
        if assigned is not None:
            at = Span(source.path, start + assigned.start(1), start + assigned.end(2))
            parameters.setdefault(*_parameter(assigned[1], assigned[2], at))
        elif tunes:
            _options(source.path, start, line, parameters, exported)


def _options(
    path: str, start: int, line: str, parameters: dict[str, Value], exported: dict[str, Value | None]
) -> None:
    words = [(next(part for part in match.groups() if part is not None), match) for match in _WORD.finditer(line)]
    place = 0
    while place < len(words):
        word, match = words[place]
        if word.startswith("#"):
            return
        if word == "-x" and place + 1 < len(words):
            name, equals, content = words[place + 1][0].partition("=")
            at = Span(path, start + match.start(), start + words[place + 1][1].end())
            exported.setdefault(name, known(content, Step(How.WRITTEN, f"-x {name}", at)) if equals else None)
            place += 1
        elif word in ("--mca", "-mca") and place + 2 < len(words):
            at = Span(path, start + match.start(), start + words[place + 2][1].end())
            parameters.setdefault(*_parameter(words[place + 1][0], words[place + 2][0], at))
            place += 2
        place += 1


def _parameter(name: str, content: str, at: Span) -> tuple[str, Value]:
    name = name.removeprefix("OMPI_MCA_")
    return name, known(content, Step(How.WRITTEN, f"{name} = {content}", at))
