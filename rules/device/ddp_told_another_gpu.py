from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import gpu, module_gpu
from dtlint.run.wrapping import DDP
from dtlint.value import TRUE


def check(process: Process):
    for wrap in process.called(DDP):
        given, stands = wrap.thing("device_ids"), module_gpu(process.run, wrap.thing("module"), wrap)
        told = gpu(given) if given is not None and wrap.surely and not wrap.open else None
        if told is None or told.integer is None or stands is None or stands[1].integer == told.integer:
            continue
        move, index = stands
        yield Finding(
            when=TRUE,
            at=wrap.argument_at("device_ids"),
            because=((f"the module is put on cuda:{index} here", move.at),),
            told=told,
            index=index,
            process=process.label,
        )
