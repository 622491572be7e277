"""What of a job is worth showing where it is written: what a launch comes to, and which files its command names."""

from __future__ import annotations

from dtlint.diagnostic import Cause
from dtlint.job.launch import Launch
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.files import Files
from dtlint.run.word import Exec, Word
from dtlint.source import Span
from dtlint.value import How, Value


@record
class Number:
    """A number of a launch in words, and the places that it comes from, nearest first."""

    text: str
    """`8`, or `$PROCS` where its value is not known."""
    count: int | None
    because: tuple[Cause, ...] = ()


@record
class Started:
    """One launcher command, and how many processes it starts."""

    at: Span
    tool: str
    nodes: Number
    per_node: Number
    total: Number


@record
class Named:
    """A word of a command that names a file of the workspace."""

    at: Span
    path: str


@record
class Outline:
    started: tuple[Started, ...] = ()
    named: tuple[Named, ...] = ()


def outline(run: Run, files: Files) -> Outline:
    """Of a run that is complete; each command once, however many processes run it."""
    started: dict[Span, Started] = {}
    for launch in run.launches:
        # What a script starts by itself, and what is presumed, stands in no command.
        if launch.ranks and launch.tool != "presumed" and launch.at not in started:
            started[launch.at] = _started(launch)
    named: dict[Span, Named] = {}
    for exec in run.commands:
        for word in exec.argv:
            if word.at not in named:
                found = _named(word, exec, files)
                if found is not None:
                    named[word.at] = found
    return Outline(tuple(started.values()), tuple(named.values()))


def _started(launch: Launch) -> Started:
    return Started(launch.at, launch.called, _number(launch.nodes), _number(launch.per_node), _number(launch.total))


def _number(value: Value) -> Number:
    count = value.integer
    causes = tuple(Cause(step.text, step.at) for step in value.trail if step.how is not How.PRESUMED)
    return Number(str(count) if count is not None else str(value), count, causes)


def _named(word: Word, exec: Exec, files: Files) -> Named | None:
    """The word names a file with a dot in its name; after `--config=`, what stands behind the sign."""
    text, start = word.string, word.at.start
    if text is None or word.at.end - start != len(word.written):
        return None
    if text.startswith("-") and "=" in text:
        start += word.written.find("=") + 1
        text = text.partition("=")[2]
    if "." not in text.rpartition("/")[2] or len(text) > 400 or "\n" in text:
        return None
    path = files.resolve(text, exec.directory.string, exec.at.path)
    return None if path is None else Named(Span(word.at.path, start, word.at.end), path)
