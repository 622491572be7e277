import re

from dtlint.job.apart import on_several_machines
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import Items, known

ONE_POD = "ReadWriteOncePod"
OF_ONE = frozenset({"ReadWriteOnce", ONE_POD})
SHARED = re.compile(r"nfs|efs|lustre|fsx|ceph-?fs|gluster|azure-?file|beegfs|weka|gpfs|juicefs|vast|gcsfuse|blob|s3")
"""Storage classes whose volumes are attached to no node, so that nobody looks at the mode of their claims."""


def check(run: Run):
    if any(one.field("kind").string == "PersistentVolume" for one in run.documents):
        return  # the claim may be bound to that one
    for claim in run.documents:
        mode = only_mode(claim) if claim.field("kind").string == "PersistentVolumeClaim" else None
        if mode is not None:
            for workload in run.workloads:
                yield from mounted(claim, mode, workload)


def only_mode(claim):
    modes = claim.get("spec.accessModes").content
    if not isinstance(modes, Items) or not modes.complete or not modes.items:
        return None
    of_one = all(mode.string in OF_ONE for mode in modes.items)
    kind = claim.get("spec.storageClassName")
    shared = not kind.is_absent and (kind.string is None or SHARED.search(kind.string.lower()))
    return modes.items[0] if of_one and not shared else None


def mounted(claim, mode, workload):
    name, space = claim.get("metadata.name"), claim.get("metadata.namespace")
    if name.string is None or (space.string or "default") != (workload.namespace.string or "default"):
        return
    by = [(group, one) for group in workload.groups for one in volumes(group) if (one == name).always]
    groups = list({id(group): group for group, _ in by}.values())
    pods = sum((group.count for group in groups), known(0))
    apart = on_several_machines(workload, groups)
    if groups and (mode.string == ONE_POD or apart is not None):
        several = [("so they stand on several machines", apart)] if mode.string != ONE_POD else []
        yield Finding(
            when=pods > 1,
            at=mode,
            because=[("mounted here", by[0][1]), pods, *several],
            pods=pods,
            claim=name,
            mode=mode,
            alone="one pod" if mode.string == ONE_POD else "one node",
        )


def volumes(group):
    listed = group.spec.field("volumes").content
    for one in listed.items if isinstance(listed, Items) else ():
        yield one.get("persistentVolumeClaim.claimName")
