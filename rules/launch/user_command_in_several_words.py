from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import truth


def check(launch: Launch):
    words = launch.options.rest
    if launch.tool == "dgl launch.py" and not launch.options.hidden and not any(word.many for word in words):
        yield Finding(when=truth(len(words) > 1), at=launch)
