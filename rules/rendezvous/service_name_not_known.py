from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.containers import addresses
from dtlint.value import TRUE, Fields, Items

OWN_RESOLVER = ("extra_hosts", "external_links", "links", "dns", "hostname")
"""Keys with which a service may know further names."""


def check(run: Run):
    for workload in run.workloads:
        if workload.kind != "compose":
            continue
        services = {group.role: group for group in workload.groups}
        for group in workload.groups:
            mine = networks(group, services)
            for address in addresses(run, group.containers[0]) if mine is not None else ():
                target = services.get(address.string)
                theirs = networks(target, services) if target is not None else None
                if theirs is None or mine & theirs:
                    continue
                yield Finding(
                    when=TRUE,
                    at=near(address, group.at),
                    because=((f"the service {target.role}", target.at),),
                    name=address,
                    service=group.role,
                    network=" or ".join(sorted(mine)) or "the machine's network",
                )
                break


def networks(group, services):
    """Networks in which its name and those of others are known; None where that is not known."""
    record = group.spec
    if record.content is None or not isinstance(record.content, Fields) or not record.content.complete:
        return None
    if any(not record.field(name).is_absent for name in OWN_RESOLVER):
        return None
    mode, listed = record.field("network_mode"), record.field("networks")
    if not mode.is_absent:
        return frozenset() if mode.string in ("host", "bridge", "none") else None
    if listed.is_absent:
        return frozenset({"default"})
    if isinstance(listed.content, Fields) and listed.content.complete:
        return frozenset(listed.content.entries)
    if isinstance(listed.content, Items) and listed.content.complete:
        names = [one.string for one in listed.content.items]
        return None if None in names else frozenset(names)
    return None
