from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.tensorflow_start import late
from dtlint.value import TRUE


def check(process: Process):
    found = late(process)
    if found is not None:
        yield Finding(
            when=TRUE,
            at=found.hides,
            because=(("TensorFlow takes all GPUs from here on", found.starts),),
            call=found.starts.method,
        )
