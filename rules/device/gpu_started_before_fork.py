from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.forking import forked
from dtlint.value import TRUE


def check(process: Process):
    late = forked(process)
    if late is not None:
        yield Finding(
            when=TRUE,
            at=late.fork,
            because=(
                ("CUDA begins here, in the process that forks", late.begun),
                ("a forked process uses it", late.use),
            ),
            begun=f"{late.begun.method}()",
            use=f"{late.use.method}()",
        )
