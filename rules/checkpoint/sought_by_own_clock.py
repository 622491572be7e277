from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.clocks import sought, told
from dtlint.value import TRUE


def check(world: World):
    for one in sought(world):
        yield Finding(
            when=TRUE,
            at=one.clock,
            because=(("it is written here", one.write), ("it is looked for here", one.read)),
            format=told(one.clock),
            writer=one.writer.label,
            reader=one.reader.label,
        )
