from dtlint.job.launch import Launch
from dtlint.mend import Removed
from dtlint.rule import Finding

COUNT = r"--num_(?:gpus|nodes)[= ]\S+"


def check(launch: Launch):
    if launch.tool != "deepspeed":
        return
    for filtered in ("--include", "--exclude"):
        for counted in ("--num_gpus", "--num_nodes"):
            if not (launch.options.has(filtered) and launch.options.has(counted)):
                continue
            hosts, count = launch.options.value(filtered), launch.options.value(counted)
            yield Finding(
                when=(hosts != "") & (count.as_int() >= 0),
                at=hosts,
                because=(count,),
                edits=(Removed(count.at, COUNT),),
                filter=filtered,
                count=counted,
            )
