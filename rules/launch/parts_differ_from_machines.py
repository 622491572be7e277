from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.partitions import cuts


def check(run: Run):
    for cut in cuts(run):
        yield Finding(
            when=cut.parts != cut.launch.nodes,
            at=near(cut.parts, cut.event),
            because=(("the machines are listed here", cut.launch.nodes), ("the launcher", cut.launch)),
            parts=cut.parts,
            machines=cut.launch.nodes,
        )
