from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.jax_processes import is_text, joined


def check(process: Process):
    one = joined(process)
    for name in ("process_id", "num_processes") if one is not None else ():
        value = one.event.argument(name)
        yield Finding(when=is_text(value), at=near(value, one.event), name=name, value=value)
