import re

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

TAKES = re.compile(r"\$[@*0-9]|\$\{[@*0-9]|\bshift\b|\bgetopts\b")


def check(run: Run):
    for container in run.containers():
        words = container.command or ()
        if len(words) < 4 or [word.string for word in words[:2]] != ["/bin/sh", "-c"]:
            continue
        shell, text, first = words[0], words[2].string, words[3]
        if not in_dockerfile(shell) or in_dockerfile(first) or text is None or TAKES.search(text):
            continue
        yield Finding(
            when=TRUE,
            at=first.at,
            because=(("an ENTRYPOINT in shell form", shell.at),),
            words=" ".join(word.written for word in words[3:]),
        )


def in_dockerfile(word):
    name = word.at.path.rpartition("/")[2].lower()
    return "dockerfile" in name or "containerfile" in name
