from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.stopping import lone_stops
from dtlint.value import TRUE

MENDS = {
    "should_stop": "decide by trainer.strategy.reduce_boolean_decision(stop, all=False) in all processes",
    "should_training_stop": "let all processes come to the question, and broadcast the answer of one",
}


def check(world: World):
    for one in lone_stops(world):
        yield Finding(
            when=TRUE,
            at=one.told,
            because=(("only asked in some processes", one.fork), ("the training that it ends", one.fit)),
            flag=one.flag,
            mend=MENDS[one.flag],
            leaves=one.leaves.label,
            stays=one.stays.label,
        )
