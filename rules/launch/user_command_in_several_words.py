from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import truth


def check(launch: Launch):
    words = launch.options.rest
    # A first word that is not known may be an option, and the next one its value.
    unclear = launch.options.hidden or any(word.many for word in words) or any(one.string is None for one in words[:1])
    if launch.tool == "dgl launch.py" and not unclear:
        yield Finding(when=truth(len(words) > 1), at=launch)
