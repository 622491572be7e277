import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding, near
from dtlint.run.host import is_loopback

SEVERAL = re.compile(r"\d+[-,]\d+[-,:\d]*(?:%(?!1$)\d+)?")
"""An array of two tasks or more, not limited to one at a time."""
SHARED = 2
"""A job that asks for no more GPUs than these leaves others of its node to the other tasks."""


def check(launch: Launch):
    allocation, meeting = launch.allocation, launch.rendezvous
    header = allocation.header if allocation is not None and allocation.scheduler == "slurm" else None
    if header is None or allocation is None or header.has("--exclusive") or not launch.ranks:
        return
    array = header.value("--array")
    if meeting.kind != "static" or meeting.chosen or meeting.yields or not SEVERAL.fullmatch(array.string or ""):
        return
    gpus = allocation.gpus_per_node
    shares = (allocation.nodes == 1) & (gpus > 0) & (gpus <= SHARED)
    yield Finding(
        when=shares & (meeting.port > 0) & is_loopback(meeting.address),
        at=near(meeting.port, launch),
        because=(array, gpus),
        port=meeting.port,
        array=array.string,
    )
