from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER
from dtlint.value import every, some, truth

NAME = "GLOO_SOCKET_IFNAME"
GROUPS = (INITIALISER, "torch.distributed.new_group")


def check(process: Process):
    listed = process.variable(NAME)
    if process.run is None or not listed.trail or not listed.options:
        return
    for event in process.run.called(*GROUPS):
        backend = event.argument("backend").as_text()
        if event.surely and not backend.is_absent:
            gloo = some((backend == "gloo", backend.contains("cpu:gloo")))
            caret = every(truth(str(option).startswith("^")) for option in listed.options)
            yield Finding(when=gloo & caret, at=listed, because=(("a Gloo group", event),), list=listed)
