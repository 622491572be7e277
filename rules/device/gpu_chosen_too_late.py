from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.current_gpu import early
from dtlint.value import TRUE


def check(process: Process):
    for call in early(process):
        if call.refused:
            chosen = (("the GPU is chosen", call.choice),) if call.choice is not None else ()
            yield Finding(
                when=TRUE,
                at=call.event,
                because=((f"the process's own GPU is cuda:{call.own.index}", call.own.at), *chosen),
                call=call.event.method,
                own=call.own.index,
                process=process.label,
            )
            return
