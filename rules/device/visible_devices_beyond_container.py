from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import processes
from dtlint.value import TRUE

MASK = "CUDA_VISIBLE_DEVICES"


def check(run: Run):
    for container in run.containers():
        value, granted = mask(run, container), container.gpus.integer
        if value is None or not granted or not container.gpus.trail:
            continue
        indices = numbers(value)
        beyond = next((index for index in indices if index >= granted), None)
        if beyond is not None:
            gpus = "1 GPU" if granted == 1 else f"{granted} GPUs"
            yield Finding(when=TRUE, at=value, because=(container.gpus,), value=value, granted=gpus, index=beyond)


def mask(run, container):
    """The variable as the container is given it, or as its processes find it."""
    if MASK in container.variables:
        found = container.variables[MASK]
    else:
        inside = [process.environment for process in processes(run, container)]
        found = next((each.get(MASK) for each in inside if each.set(MASK)), None)
    return found if found is not None and found.known and found.trail else None


def numbers(value):
    texts = [text.strip() for text in str(value.constant).split(",")]
    return [int(text) for text in texts] if all(text.isdigit() for text in texts) else []
