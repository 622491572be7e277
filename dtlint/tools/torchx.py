"""`torchx run dist.ddp` and `dist.spmd`: a torchrun on each of several nodes of a scheduler.

Options and defaults: `ddp`, `spmd` and `parse_nnodes` of torchx/components/dist.py, `CmdRun.add_arguments` of
torchx/cli/cmd_run.py, and named machines in torchx/specs/named_resources_aws.py, of
https://github.com/meta-pytorch/torchx (0.8).  Components of one's own, and what a `.torchxconfig` says in place of
options that are left out, are not followed; local schedulers start all nodes on one machine.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.instances import gpus_of
from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import Exec, Word, plain, valued
from dtlint.tools import batch_hosts
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import How, Step, Value, absent, known, text, unknown

COMMANDS = frozenset({"torchx"})
MODULES: frozenset[str] = frozenset()

RUN: Final = Spec(
    (
        option("--scheduler", "-s"),
        option("--scheduler_args", "-cfg"),
        option("--workspace", "--buck-target"),
        option("--parent_run_id"),
        *(flag(f"--{name}") for name in ("dryrun", "wait", "log", "tee_logs", "stdin")),
    ),
    single_dash=True,
)
_PARAMETERS: Final = """
    script m image name h cpu gpu memMB j env metadata max_retries rdzv_port rdzv_backend rdzv_conf mounts debug tee
"""
COMPONENT: Final = Spec(
    tuple(option(*((f"--{name}", f"-{name}") if len(name) == 1 else (f"--{name}",))) for name in _PARAMETERS.split()),
    joined=True,
)
COMPONENTS: Final = {"dist.ddp": "1x2", "dist.spmd": "1x1"}
"""What `-j` is where it is not given."""
LOCAL: Final = ("local", "local_cwd", "local_docker")
CONFIGURATION: Final = ".torchxconfig"
PORT: Final = 29500
_SIZES: Final = re.compile(r"(?:(?:(?P<least>\d+):)?(?P<nodes>\d+)x)?(?P<each>\d+)")


@record
class _Sizes:
    nodes: Value
    """The most of an elastic job."""
    each: Value
    told: str
    """As torchrun is told it: `2:4`."""


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    if not words or words[0].string != "run":
        return None
    run = parse(words[1:], RUN)
    component = run.rest[0].string if run.rest else None
    if component not in COMPONENTS or run.hidden or run.has("--dryrun") or run.has("--stdin"):
        return None
    options = parse(run.rest[1:], COMPONENT)
    sizes = _sizes(options, COMPONENTS[component], exec, site)
    program = _program(options)
    if sizes is None or program is None or options.hidden:
        return None
    scheduler = run.value("--scheduler")
    if sizes.nodes.integer != 1 and (scheduler.string is None or scheduler.string in LOCAL):
        return None
    allocation = batch_hosts.granted(
        "torchx", exec.at, exec.at, sizes.nodes, absent(), absent(), _gpus(options), site.cluster.gpus_per_node
    )
    launch = Launch(
        tool="torchx",
        exec=exec,
        options=options,
        nodes=sizes.nodes,
        per_node=known(1),
        total=sizes.nodes,
        node_rank=absent(),
        rendezvous=Rendezvous("unknown", absent(), absent(), absent()),
        spreads=True,
        ranks=False,
        allocation=allocation,
    )
    hosts = (exec.host,) if scheduler.string == "local_cwd" else allocation.hosts
    launch.children = tuple(_child(launch, host, hosts[0], sizes, program) for host in hosts)
    return launch


def _sizes(options: Options, default: str, exec: Exec, site: Site) -> _Sizes | None:
    """Nodes and processes on each; None where they are not known."""
    given = options.value("--j")
    if given.is_absent:
        if site.files.resolve(CONFIGURATION, exec.directory.string, exec.at.path) is not None:
            return None
        given = known(default, Step(How.DEFAULT, f"-j is {default} where it is not given", exec.at))
    sizes = _SIZES.fullmatch(given.string or "")
    if sizes is None or (default == "1x1" and sizes["nodes"] is None):
        return None  # spmd takes a single number for nodes, and asks the machine for its GPUs
    nodes = sizes["nodes"] or "1"
    told = f"{sizes['least']}:{nodes}" if sizes["least"] else nodes
    return _Sizes(known(int(nodes)).after(given.trail), known(int(sizes["each"])).after(given.trail), told)


def _program(options: Options) -> tuple[Word, ...] | None:
    """What stands behind the options of torchrun."""
    script, module = (options.given.get(name) for name in ("--script", "--m"))
    if (script is None) == (module is None):
        return None
    word = (script or module or [])[-1].values
    front = (plain("-m", word[0].at),) if module is not None and word else ()
    return (*front, *word, *options.rest) if word else None


def _gpus(options: Options) -> Value:
    """GPUs of each node, where the command says them."""
    kind = options.value("--h")
    if not kind.is_absent:
        count = gpus_of((kind.string or "").removeprefix("aws_"))
        return known(count).after(kind.trail) if count is not None else _hidden(kind)
    asked = options.value("--gpu").as_int()
    return _hidden(asked) if asked.is_absent else asked


def _hidden(value: Value) -> Value:
    return unknown("the GPUs of a node", key=("torchx", value.trail), low=0, whole=True)


def _child(launch: Launch, host: Host, first: Host, sizes: _Sizes, program: tuple[Word, ...]) -> Child:
    exec, options = launch.exec, launch.options
    at = options.given["--j"][-1].at if options.has("--j") else exec.at
    port = options.value("--rdzv_port").or_default(known(PORT)).as_text()
    meeting = known("localhost:0") if sizes.nodes.integer == 1 else text((first.name, ":", port))
    backend = options.value("--rdzv_backend").or_default(known("c10d"))
    words = [
        *(plain(word, exec.at) for word in ("torchrun", "--rdzv_backend")),
        valued(backend, exec.at),
        plain("--rdzv_endpoint", exec.at),
        valued(meeting, exec.at),
        *(plain(word, exec.at) for word in ("--rdzv_id", "torchx")),
        plain("--nnodes", at),
        valued(known(sizes.told).after(sizes.nodes.trail), at),
        plain("--nproc_per_node", at),
        valued(sizes.each.as_text(), at),
    ]
    if backend.string == "static":
        words += [plain("--node_rank", exec.at), plain(str(host.index), exec.at)]
    environment = Environment(_variables(options), scope=("torchx", exec.at, host.index))
    return Child(
        host=host,
        environment=environment.opened(),
        argv=(*words, *program),
        node=host.index,
        local=0,
        at=exec.at,
        directory=exec.directory,
    )


def _variables(options: Options) -> dict[str, Value]:
    """`--env A=1,B=2`."""
    given = options.value("--env")
    pairs = (pair.partition("=") for pair in re.split(r"[,;]", given.string or "") if "=" in pair)
    return {name.strip(): known(content).after(given.trail) for name, _, content in pairs}
