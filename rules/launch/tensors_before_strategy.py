from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

STRATEGY = "tensorflow.distribute.MultiWorkerMirroredStrategy"
STARTS = (
    *(f"tensorflow.{name}" for name in ("constant", "Variable", "zeros", "ones", "fill", "cast", "one_hot")),
    "tensorflow.convert_to_tensor",
    "tensorflow.random.normal",
    "tensorflow.random.uniform",
    "tensorflow.data.Dataset.range",
    "tensorflow.data.Dataset.from_tensors",
    "tensorflow.data.Dataset.from_tensor_slices",
    "tensorflow.data.TFRecordDataset",
    "tensorflow.config.list_logical_devices",
    "tensorflow.config.experimental.list_logical_devices",
)
GRAPHS = ("disable_eager_execution", "disable_v2_behavior", "as_default", "Session")


def check(process: Process):
    run = process.run
    made = next(run.called(STRATEGY), None) if run is not None else None
    if made is None or run.child or any(event.method in GRAPHS for event in run.events):
        return
    first = next(run.called(*STARTS), None)
    several = process.presumed or process.environment.set("TF_CONFIG") or made.thing("cluster_resolver") is not None
    if first is not None and first.index < made.index and first.surely and made.surely and several:
        yield Finding(when=TRUE, at=made, because=(("TensorFlow is at work from here on", first),), call=first.name)
