from dtlint.job.launch import Launch
from dtlint.rule import Finding


def check(launch: Launch):
    if launch.tool != "deepspeed":
        return
    for filtered in ("--include", "--exclude"):
        for counted in ("--num_gpus", "--num_nodes"):
            if not (launch.options.has(filtered) and launch.options.has(counted)):
                continue
            hosts, count = launch.options.value(filtered), launch.options.value(counted)
            yield Finding(
                when=(hosts != "") & (count.as_int() >= 0), at=hosts, because=(count,), filter=filtered, count=counted
            )
