from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.mapped_sizes import beyond_process


def check(process: Process):
    run, world = process.run, process.world
    if run is None or run.truncated or world is None:
        return
    joined = next((one for one in run.effects(Effect.INITIALISES) if one.name.startswith("jax.") and one.surely), None)
    for found in beyond_process(run) if joined is not None else ():
        yield Finding(
            when=world.size > 1,
            at=found.count,
            because=(("this array has a slice for each", found.array), ("pmap is given it", found.call), world.size),
            processes=world.size,
        )
        return
