from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.jax_devices import device_count, laid


def check(process: Process):
    count = device_count(process)
    if process.run is None or count is None:
        return
    for mesh in laid(process.run):
        differs = mesh.places > count if mesh.smaller else mesh.places != count
        yield Finding(
            when=differs,
            at=mesh.event,
            because=(mesh.places, ("started here", process.launch or process), count),
            shape=" x ".join(map(str, mesh.sizes)),
            places=mesh.places,
            devices=count,
        )
