from dtlint.job.nccl import RANGES
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding, near
from dtlint.value import truth

UNSET = -2
"""NCCL's own default for most parameters."""
THREADS, SOCKETS, MOST_SOCKETS = "NCCL_SOCKET_NTHREADS", "NCCL_NSOCKS_PERTHREAD", 64


def check(run: Run):
    for variable in variables(run):
        low, high = RANGES.get(variable.name, (0, 0))
        number = variable.value.as_int().integer
        if low < high and number is not None and number != UNSET:
            yield Finding(
                when=truth(not low <= number <= high),
                at=variable.at,
                name=variable.name,
                number=number,
                low=low,
                high=high,
            )
    for process in run.processes:
        yield from together(process)


def together(process: Process):
    threads, sockets = process.variable(THREADS).as_int(), process.variable(SOCKETS).as_int()
    fits = (threads >= 1) & (threads <= RANGES[THREADS][1]) & (sockets <= MOST_SOCKETS)
    yield Finding(
        when=fits & (threads * sockets > MOST_SOCKETS),
        at=near(sockets, process),
        because=(threads,),
        name=f"{threads} threads with {SOCKETS}",
        number=sockets,
        low=0,
        high=MOST_SOCKETS // threads.integer if threads.integer else MOST_SOCKETS,
    )
