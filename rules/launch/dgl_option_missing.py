from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE

NEEDED = ("--workspace", "--num_trainers", "--num_servers", "--part_config", "--ip_config")


def check(launch: Launch):
    options = launch.options
    if launch.tool != "dgl launch.py" or options.hidden or options.has("--server_count"):
        return
    lacking = [name for name in NEEDED if not options.has(name)]
    unclear = any(word.many for word in options.rest) or any(word.string is None for word in options.rest[:-1])
    if lacking and not unclear:
        yield Finding(when=TRUE, at=launch, lacking=" and ".join(lacking))
