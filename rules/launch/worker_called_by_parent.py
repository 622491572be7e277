from dtlint.facts.script import Call
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.layers import nodes_of
from dtlint.run.script.objects import as_value
from dtlint.value import TRUE


def check(process: Process):
    # The script that starts processes is one itself, or the one that this one was started by.
    parent = process.spawned_by or process
    for event in parent.effects(Effect.SPAWNS):
        given = event.thing(event.row.function) if event.row.function else None
        value = as_value(given) if given is not None else None
        if value is not None and value.known and value.constant is None and not event.caught:
            at = event.argument_at(event.row.function)
            written = (node for program in parent.run.programs for node in nodes_of(program.body))
            if any(isinstance(node, Call) and node.at.overlaps(at) and node.at.end == at.end for node in written):
                yield Finding(when=TRUE, at=at, parameter=event.row.function)
