import re
from itertools import pairwise

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

ESCAPED_BLANK = re.compile(r"\\\s")
"""What a backslash with a blank behind it makes: a blank that belongs to the word."""
OPTION = re.compile(r"--?[A-Za-z]")


def check(run: Run):
    starters = {launch.at: launch for launch in run.launches} | {one.at: one.launch for one in run.processes}
    called = {launch.at: launch.called for launch in reversed(run.launches)}
    own = {}
    for exec in run.commands:
        own.setdefault(exec.at, exec)  # the command itself; what a launcher starts stands at its place too
    commands = sorted(own.values(), key=lambda exec: (exec.at.path, exec.at.start))
    behind = {before.at: after for before, after in pairwise(commands) if follows(before, after)}
    for exec in commands:
        if exec.at not in starters:
            continue
        blank = next((word for word in exec.argv[1:] if begins_with_blank(word)), None)
        lost = behind.get(exec.at)
        lost = lost if lost is not None and (begins_with_option(lost) or is_program(lost, starters[exec.at])) else None
        command = called.get(exec.at) or (exec.argv[0].string or "").rpartition("/")[2]
        if blank is not None and (lost is not None or (blank.string or "").strip()):
            yield Finding(
                when=TRUE,
                at=blank.at,
                because=[("the command begins here", exec)] + ([("a command of its own", lost)] if lost else []),
                command=command,
                where=f'at "{shown(blank)}", a blank with a backslash in front, which does not end the line',
            )
        elif lost is not None:
            yield Finding(
                when=TRUE,
                at=lost.argv[0].at,
                because=[("the command begins here", exec)],
                command=command,
                where=f"in front of {lost.argv[0].string}, which the shell takes for a command of its own",
            )


def begins_with_blank(word):
    return ESCAPED_BLANK.match(word.written) is not None and (word.string or "")[:1].isspace()


def follows(before, after):
    """The one stands behind the other in one text, and was started next."""
    return before.at.path == after.at.path and before.at.end <= after.at.start and after.started == before.started + 1


def begins_with_option(exec):
    first = exec.argv[0]
    return OPTION.match(first.string or "") is not None and OPTION.match(first.written) is not None


def is_program(exec, launch):
    """It is the script for which the launcher in front of it was started, and which that one lacks."""
    lacking = launch is not None and launch.ranks and not launch.options.hidden
    lacking = lacking and not any((word.string or "?").strip() for word in launch.options.rest)
    return lacking and (exec.argv[0].string or "").endswith(".py")


def shown(word):
    written = " ".join(word.written.split())
    return written if len(written) < 24 else f"{written[:20]}…"
