from dtlint.job.addresses import meetings, policies
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import every


def check(run: Run):
    for workload in run.workloads:
        for group in workload.groups:
            found = policies(run, workload, group)
            rules = [rule for policy in found for rule in policy.field("spec").field("ingress").content.items]
            ports = [port for rule in rules for port in getattr(rule.field("ports").content, "items", ())]
            if not rules or any(rule.field("ports").is_absent or rule.field("ports").is_unknown for rule in rules):
                continue  # it names no port, or lets some peers in at all of them
            if any(not port.field("endPort").is_absent for port in ports):
                continue
            numbers = [port.field("port").as_int() for port in ports]
            for address, number in meetings(run):
                if number.integer is None or not (group.count > 1).always:
                    continue
                yield Finding(
                    when=every(number != one for one in numbers),
                    at=number if number.trail else address,
                    because=(found[0].field("spec").field("ingress"), address),
                    port=number,
                    policy=str(found[0].field("metadata").field("name")),
                    ports=", ".join(map(str, numbers)),
                )
