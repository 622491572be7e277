"""Jobs that a script submits to SageMaker: an estimator's hosts, and the command that each of them runs.

The toolkit in the images starts `torchrun` on each host for `torch_distributed`, `mpirun` on the first one for `mpi`,
`pytorchddp` and the data-parallel library, and otherwise the entry point on each host: torch_distributed.py, mpi.py and
smdataparallel.py of https://github.com/aws/sagemaker-training-toolkit (src/sagemaker_training), training.py of
https://github.com/aws/sagemaker-pytorch-training-toolkit, which sets MASTER_ADDR and MASTER_PORT.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.instances import gpus_of
from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.host import Host, unknown_host
from dtlint.run.script import ScriptContext
from dtlint.run.script.objects import DictObject, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.word import Exec, Piece, Word, plain, valued
from dtlint.tools.options import Options
from dtlint.value import How, Step, Value, absent, fields, known, unknown
from dtlint.value.value import Fields

_MENTIONS: Final = ("sagemaker", "entry_point", ".fit(")
_ESTIMATORS: Final = re.compile(
    r"sagemaker\.(?:pytorch|huggingface|tensorflow)\.(?:estimator\.)?(?:PyTorch|HuggingFace|TensorFlow)"
)
_ON_EACH_HOST: Final = ("", "torch_distributed")
_BY_GPUS: Final = ("pytorchddp", "smdistributed")
"""These start as many processes on a host as it has GPUs."""


def may_submit(text: str) -> bool:
    """The text of a script or a notebook has all that it takes."""
    return all(word in text for word in _MENTIONS)


def submitted(run: ScriptRun) -> Iterator[Event]:
    """The calls that make the estimators which are surely fitted."""
    fitted = [event.receiver for event in run.events if event.method == "fit" and event.surely]
    for event in run.events:
        made = _ESTIMATORS.fullmatch(event.name) and event.surely and not event.open
        if made and any(receiver is event.result for receiver in fitted):
            yield event


def launch(event: Event, script: str, files: Files, site: Site) -> Launch | None:
    """What the estimator starts; None where its script or the way it is started is not known."""
    entry = _entry(event, script, files)
    kind, each = _distribution(event)
    if entry is None or kind is None or event.thing("git_config") is not None:
        return None
    path, folder = entry
    nodes = event.argument("instance_count").as_int()
    nodes = nodes.or_default(known(1, Step(How.DEFAULT, "instance_count is 1 where it is not given", event.at)))
    gpus = _gpus(event, site)
    hosts = [_host(event, index, gpus) for index in corners(nodes)]
    started = Launch(
        tool="SageMaker",
        exec=Exec((plain("sagemaker", event.at),), Environment({}), known("."), event.at, hosts[0]),
        options=Options(),
        nodes=nodes,
        per_node=known(1),
        total=nodes,
        node_rank=absent(),
        rendezvous=Rendezvous("unknown", absent(), absent(), absent()),
        spreads=True,
        ranks=False,
        joins=True,
        config=fields(
            {
                "entry_point": event.argument("entry_point"),
                "instance_type": event.argument("instance_type"),
                "started_by": known(kind),
            }
        ),
    )
    program = (plain(path, event.argument_at("entry_point")), *_arguments(event))
    for host in hosts:
        argv = _command(kind, each, gpus, nodes, host, program, event)
        if argv is not None:
            started.children += (
                Child(
                    host=host,
                    environment=_environment(event, host, nodes, gpus, site, kind),
                    argv=argv,
                    node=host.index,
                    local=0,
                    at=event.at,
                    directory=known(folder),
                ),
            )
    return started


def _entry(event: Event, script: str, files: Files) -> tuple[str, str] | None:
    """The entry point and the folder that is uploaded with it, relative to where the script is started: its own folder
    or the workspace's."""
    name, source = event.argument("entry_point").string, event.argument("source_dir")
    folder = "." if source.is_absent else source.string
    if name is None or folder is None or ":" in folder or not name.endswith((".py", ".sh")):
        return None
    for base in (posixpath.dirname(script), ""):
        uploaded = posixpath.normpath(posixpath.join(base, folder))
        path = posixpath.normpath(posixpath.join(uploaded, name))
        if (files.script(path) if name.endswith(".py") else files.shell(path)) is not None:
            return name, uploaded
    return None


def _distribution(event: Event) -> tuple[str | None, Value]:
    """How the script is started on the hosts, and the processes of each host where that is said."""
    given = event.argument("distribution")
    if given.is_absent or (given.known and given.constant is None):
        return "", absent()
    if not isinstance(given.content, Fields) or not given.content.complete:
        return None, absent()
    chosen = [name for name, settings in given.content.entries.items() if not _switched_off(settings)]
    if not chosen:
        return "", absent()
    settings = given.field(chosen[0])
    if len(chosen) > 1 or (not _is(settings.field("enabled"), True) and chosen != ["smdistributed"]):
        return None, absent()
    if chosen == ["smdistributed"]:
        parallel = _is(settings.field("dataparallel").field("enabled"), True)
        return ("smdistributed" if parallel and settings.field("modelparallel").is_absent else None), absent()
    if chosen == ["mpi"]:
        default = known(1, Step(How.DEFAULT, "mpi starts 1 process on each host", event.at))
        return "mpi", settings.field("processes_per_host").as_int().or_default(default)
    return (chosen[0] if chosen[0] in ("torch_distributed", "pytorchddp") else None), absent()


def _switched_off(settings: Value) -> bool:
    """The library's own switches stand one level deeper."""
    return any(_is(one.field("enabled"), False) for one in (settings, settings.field("dataparallel")))


def _is(value: Value, constant: bool) -> bool:
    return value.known and value.constant is constant


def _gpus(event: Event, site: Site) -> Value:
    kind = event.argument("instance_type")
    if not site.cluster.gpus_per_node.is_absent:
        return site.cluster.gpus_per_node
    count = gpus_of(kind.string)
    if count is None:
        return unknown("the GPUs of an instance", key=("instance", event.at), low=0, whole=True, trail=kind.trail)
    return known(count).after(kind.trail)


def _host(event: Event, index: int, gpus: Value) -> Host:
    return Host(
        index=index,
        name=known(f"algo-{index + 1}"),
        gpus=gpus,
        cpus=unknown("the CPUs of an instance", key=("instance CPUs", event.at), low=1, whole=True),
        shared=(),
        machine=("sagemaker", event.at, index),
    )


def _command(
    kind: str, each: Value, gpus: Value, nodes: Value, host: Host, program: tuple[Word, ...], event: Event
) -> tuple[Word, ...] | None:
    """What the toolkit starts on a host; None where another host starts it."""
    at = event.argument_at("distribution")

    def words(*parts: str | Value) -> tuple[Word, ...]:
        return tuple(plain(part, at) if isinstance(part, str) else valued(part.as_text(), at) for part in parts)

    if (program[0].string or "").endswith(".sh"):
        # torchrun is given Python programs only, and mpirun is not started for them here.
        return (plain("bash", event.at), *program) if kind == "" else None
    if kind == "":
        return (plain("python", event.at), *program)
    if kind == "torch_distributed":
        command = words("torchrun", "--nnodes", nodes, "--nproc_per_node", gpus)
        if nodes.integer != 1:
            rank = known(host.index)
            command += words("--master_addr", "algo-1", "--master_port", "7777", "--node_rank", rank)
        return (*command, *program)
    if host.index:
        return None
    each = gpus if kind in _BY_GPUS else each
    command = words("mpirun", "--allow-run-as-root", "-np", nodes * each)
    if nodes.integer is not None and each.integer is not None:
        slots = known(",".join(f"algo-{index + 1}:{each.integer}" for index in range(nodes.integer)))
        command += words("--host", slots.after(each.trail))
    return (*command, plain("python", event.at), *program)


def _environment(event: Event, host: Host, nodes: Value, gpus: Value, site: Site, kind: str) -> Environment:
    here = Step(How.ENVIRONMENT, "set by SageMaker on each host", event.at)
    own = event.argument("environment")
    given = {
        "SM_CURRENT_HOST": host.name,
        "SM_HOSTS": unknown("$SM_HOSTS", key=("hosts", event.at)),
        "SM_NUM_GPUS": gpus.as_text(),
        "SM_MODEL_DIR": known("/opt/ml/model"),
        "MASTER_ADDR": known("algo-1"),
        "MASTER_PORT": known("7777"),
    }
    # What the toolkit's mpirun hands on to the other hosts is not known one by one.
    variables = {name: value.because(here) for name, value in given.items()} if kind in _ON_EACH_HOST else {}
    # Amazon's own images hide no GPUs; what another image sets is not known.
    ours = event.thing("image_uri") is None
    if ours:
        variables["CUDA_VISIBLE_DEVICES"] = absent()
    plainly = ours and kind in _ON_EACH_HOST and "pytorch" in event.name
    if isinstance(own.content, Fields) and kind in _ON_EACH_HOST:
        variables |= {name: value.as_text() for name, value in own.content.entries.items()}
        plainly &= own.content.complete
    elif not own.is_absent:
        plainly = False
    # The toolkit sets many more, none of which is a launcher's.
    environment = Environment(variables, scope=("sagemaker", event.at, host.index), assumed=site.assumed)
    return environment if plainly else environment.opened()


def _arguments(event: Event) -> tuple[Word, ...]:
    """Each hyperparameter as `--name value` (`mapping.to_cmd_args`); any words where they are not all known."""
    given = event.thing("hyperparameters")
    if given is None:
        return ()
    value, at = as_value(given), event.argument_at("hyperparameters")
    if not isinstance(given, DictObject) or not isinstance(value.content, Fields) or not value.content.complete:
        hidden = unknown("the hyperparameters", key=("hyperparameters", event.at))
        return (Word((Piece(hidden, at),), at, "hyperparameters", many=True),)
    found: list[Word] = []
    for name, entry in value.content.entries.items():
        found += (plain(f"-{name}" if len(name) == 1 else f"--{name}", at), valued(entry.as_text(), at))
    return tuple(found)


def context(path: str, files: Files) -> ScriptContext:
    """What a script finds that somebody starts by hand to submit a job."""
    return ScriptContext(
        environment=Environment({}, scope=("submits", path), closed=False),
        arguments=(),
        directory=known(posixpath.dirname(path) or "."),
        host=unknown_host(0, path),
        files=files,
        scope=("submits", path),
        defaults_hold=True,
    )
