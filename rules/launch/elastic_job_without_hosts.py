from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE

FINDS = ("--host-discovery-script", "-hostfile", "--config-file")


def check(launch: Launch):
    options = launch.options
    if launch.tool != "horovodrun" or options.hidden or not options.has("--min-np"):
        return
    if any(options.has(name) for name in FINDS):
        return
    hosts = options.value("-H").string if options.has("-H") else ""
    if hosts is not None and "," not in hosts:
        at = options.given["--min-np"][-1].at
        yield Finding(when=TRUE, at=at, hosts="one host" if hosts else "no hosts")
