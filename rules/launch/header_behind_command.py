from dtlint.job.launch import Allocation
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(allocation: Allocation):
    if not allocation.unread:
        return
    first = allocation.unread[0]
    yield Finding(
        when=TRUE,
        at=first,
        because=[(f"nor {word.written}", word) for word in allocation.unread[1:4]],
        option=first.written,
    )
