from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.task_clusters import in_turn, reader
from dtlint.value import TRUE


def check(run: Run):
    for mine, theirs in in_turn(run):
        waits = reader(mine.process.run)
        listed = mine.place is not None and theirs.place is not None and mine.address(theirs.place) is not None
        if waits is not None and waits.name == STRATEGY and listed and mine.place != theirs.place:
            yield Finding(
                when=TRUE,
                at=mine.process,
                because=(("here it waits", waits), ("the other one", theirs.process)),
                first=" ".join(map(str, mine.place)),
                second=" ".join(map(str, theirs.place)),
            )
            return
