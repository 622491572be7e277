from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import known


def check(launch: Launch):
    standalone = launch.options.value("--standalone")
    if launch.tool != "torchrun" or not launch.options.has("--standalone"):
        return
    above = next((each.nodes for each in launch.chain()[1:] if each.spreads), known(1))
    nodes = launch.nodes if launch.options.has("--nnodes") else above
    yield Finding(when=nodes > 1, at=standalone, nodes=nodes)
