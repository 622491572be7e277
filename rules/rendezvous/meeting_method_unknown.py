from urllib.parse import urlsplit

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER
from dtlint.value import TRUE

KNOWN = ("tcp", "file", "env")
OWN_BACKENDS = ("nccl", "gloo", "mpi", "ucc", "cpu:gloo,cuda:nccl", "cuda:nccl,cpu:gloo")
"""Packages that bring a backend, as torch_xla does, may bring a way to meet too."""


def check(process: Process):
    run = process.run
    if run is None or any(event.method == "register_rendezvous_handler" for event in run.events):
        return
    for event in run.called(INITIALISER):
        method, backend = event.argument("init_method"), event.argument("backend")
        ours = backend.is_absent or backend.string in OWN_BACKENDS
        what = fault(method.string) if method.string is not None and event.surely and ours else None
        if what is not None:
            yield Finding(when=TRUE, at=event.argument_at("init_method"), method=f'"{method}"', what=what)


def fault(url: str) -> str | None:
    """What is wrong with a URL of which torch.distributed/rendezvous.py can make nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in KNOWN:
        return "it begins with none of tcp://, file:// and env://"
    return "the port is missing" if parts.scheme == "tcp" and not port else None
