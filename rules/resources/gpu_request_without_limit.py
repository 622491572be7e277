from dtlint.job.run import Run
from dtlint.rule import Finding


def check(run: Run):
    for container in () if run.put_together else run.containers():
        asked, limit = container.gpus_requested, container.gpus
        if container.kind != "pod" or not asked.known:
            continue
        yield Finding(
            when=asked > 0 if limit.is_absent else asked != limit,
            at=asked,
            because=() if limit.is_absent else (limit,),
            asked=asked,
            reason="is not set" if limit.is_absent else f"is {limit}",
        )
