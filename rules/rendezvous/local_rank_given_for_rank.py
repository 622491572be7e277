from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE, How


def check(process: Process):
    if process.launch is None or process.launch.tool != "presumed":
        return  # how many hosts a launcher means is known, and whether ranks then come twice
    if process.run is None or not any(map(of_training, process.run.events)):
        return  # what only infers or converts is meant for one host more often than not
    for joining in joinings(process):
        given = joining.event.argument("rank")
        # A meeting point that the script chooses itself may be one for each host.
        launched = joining.address.same(process.environment.get("MASTER_ADDR"))
        if launched and 0 < process.local == given.integer and given.trail and all(map(of_local_rank, given.trail)):
            yield Finding(
                when=TRUE,
                at=joining.event.argument_at("rank"),
                because=[value for value in (given, joining.size) if value.trail],
                process=process.label,
            )
            return


def of_training(event):
    return event.method == "backward" or event.name.startswith("torch.optim.")


def of_local_rank(step):
    """It leads to the local rank as a launcher gives it, with nothing added for the host."""
    option = step.text.startswith(("--local_rank", "--local-rank"))
    return option or step.text == "$LOCAL_RANK" or step.how is How.PRESUMED
