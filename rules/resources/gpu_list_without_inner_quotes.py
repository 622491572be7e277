import csv

from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(launch: Launch):
    container = launch.container
    if container is None or container.kind != "docker":
        return
    for given in container.options.values("--gpus"):
        fields = next(csv.reader([given.string or ""]), [])
        devices = next((field for field in fields if field.startswith("device=")), None)
        counts = [field for field in fields if field.isdigit()]
        if devices is not None and counts:
            wanted = ",".join((devices.removeprefix("device="), *counts))
            yield Finding(when=TRUE, at=given, given=given, wanted=wanted, count=counts[-1])
