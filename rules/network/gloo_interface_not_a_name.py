import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER
from dtlint.value import some

NAME = "GLOO_SOCKET_IFNAME"
GROUPS = (INITIALISER, "torch.distributed.new_group")
BEGINNINGS = frozenset({"eth", "en", "ens", "eno", "enp", "ib", "bond", "docker", "veth", "virbr"})
"""What the kernel and systemd put in front of a number."""
NO_NAME = re.compile(r"=|.*\s|\d{1,3}(\.\d{1,3}){3}")


def check(process: Process):
    listed = process.variable(NAME)
    if process.run is None or not listed.trail or listed.string is None:
        return
    entries = [entry for entry in listed.string.split(",") if entry in BEGINNINGS or NO_NAME.match(entry)]
    for event in process.run.called(*GROUPS) if entries else ():
        backend = event.argument("backend").as_text()
        if event.surely and not backend.is_absent:
            gloo = some((backend == "gloo", backend.contains("cpu:gloo")))
            yield Finding(
                when=gloo, at=listed, because=(("a Gloo group", event),), entry=f'"{entries[0]}"', list=listed
            )
