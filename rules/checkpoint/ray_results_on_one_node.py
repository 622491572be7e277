from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.ray_storage import stored_on_one_node


def check(run: Run):
    for found in stored_on_one_node(run):
        yield Finding(
            when=found.needed > found.offered,
            at=found.config.argument_at("storage_path"),
            because=(("its workers are asked for here", found.asked.scaling), found.path, found.offered),
            path=found.path,
            workers=found.asked.workers,
            needed=found.needed,
            offered=found.offered,
        )
        return
