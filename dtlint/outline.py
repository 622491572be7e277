"""What of a job is worth showing where it is written: values, what launches come to, which files commands name."""

from __future__ import annotations

from dtlint.job.launch import Launch
from dtlint.job.run import Run
from dtlint.readings import Number, Reading, number, product, readings
from dtlint.record import record
from dtlint.run.files import Files
from dtlint.run.word import Exec, Word
from dtlint.source import Span


@record
class Started:
    """One launcher command, and how many processes it starts."""

    at: Span
    tool: str
    nodes: Number
    per_node: Number
    total: Number

    @property
    def words(self) -> str:
        if self.total.count is None and self.nodes.count is None and self.per_node.count is None:
            return f"{self.tool}: the number of ranks is not known here"
        return product(self.nodes, self.per_node, self.total)


@record
class Named:
    """A word of a command that names a file of the workspace."""

    at: Span
    path: str


@record
class Outline:
    started: tuple[Started, ...] = ()
    named: tuple[Named, ...] = ()
    readings: tuple[Reading, ...] = ()


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
    return Outline(tuple(started.values()), tuple(named.values()), readings(run, files.source))


def _started(launch: Launch) -> Started:
    return Started(launch.at, launch.called, number(launch.nodes), number(launch.per_node), number(launch.total))


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
