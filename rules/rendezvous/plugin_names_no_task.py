from dtlint.job.workload import Workload
from dtlint.rule import Finding
from dtlint.value import every


def check(workload: Workload):
    tasks = workload.record.get("spec.tasks")
    names = [one.field("name") for one in getattr(tasks.content, "items", ())]
    for role, name in workload.astray:
        if any(one.is_absent for one in names):
            continue  # tasks without names are called default0, default1 …
        yield Finding(
            when=every(name != one for one in names),
            at=name,
            because=(("the tasks stand here", tasks),),
            role=role,
            name=name,
            tasks=", ".join(str(one) for one in names),
        )
