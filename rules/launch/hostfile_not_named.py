from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import known


def check(launch: Launch):
    asked = launch.options.value("--num_nodes").as_int()
    address = launch.options.value("--master_addr")
    # A file that does not list the host where they meet may be there for another command.
    if asked.is_absent or not (address.is_absent or address.string in launch.unnamed):
        return
    listed = known(len(launch.unnamed))
    slots = [each for each in launch.unnamed.values() if each.trail]
    yield Finding(when=(asked > 1) & (asked <= listed), at=asked, because=slots[:2], asked=asked)
