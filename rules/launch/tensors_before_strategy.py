from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.tensorflow_start import GRAPHS, STARTS
from dtlint.value import TRUE

STRATEGY = "tensorflow.distribute.MultiWorkerMirroredStrategy"


def check(process: Process):
    run = process.run
    made = next(run.called(STRATEGY), None) if run is not None else None
    if made is None or run.child or any(event.method in GRAPHS for event in run.events):
        return
    first = next(run.called(*STARTS), None)
    several = process.presumed or process.environment.set("TF_CONFIG") or made.thing("cluster_resolver") is not None
    if first is not None and first.index < made.index and first.surely and made.surely and several:
        yield Finding(when=TRUE, at=made, because=(("TensorFlow is at work from here on", first),), call=first.name)
