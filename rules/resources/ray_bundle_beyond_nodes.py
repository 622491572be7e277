from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.ray_nodes import bundles, nodes, nowhere
from dtlint.value import some


def check(run: Run):
    for process in run.processes:
        among = nodes(process, run) if process.run is not None and process.spawned_by is None else []
        for bundle in bundles(process) if among else ():
            lacking = bundle.cpus if some(bundle.cpus > node.cpus for node in among).always else bundle.gpus
            larger = [node for node in among if not bundle.beyond_gpus(node)] or among
            if nowhere(bundle, among).always:
                yield Finding(
                    when=nowhere(bundle, among),
                    at=lacking if lacking.trail else bundle.event,
                    because=[value for node in larger for value in (node.cpus, node.gpus) if value.trail],
                    what=bundle.called,
                    wanted=together(bundle.cpus, bundle.gpus),
                    has=", ".join(f"{node.called} {together(node.cpus, node.gpus)}" for node in among),
                )
                return


def together(cpus, gpus):
    counted = ((value, kind) for value, kind in ((cpus, "CPU"), (gpus, "GPU")) if value.known and value.constant)
    named = [f"{value} {kind}{'' if value.integer == 1 else 's'}" for value, kind in counted]
    return " and ".join(named) or "none"
