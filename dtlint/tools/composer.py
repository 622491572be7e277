"""The `composer` launcher of MosaicML Composer: the processes of one host, told of the others by options or variables.

Options, variables, defaults, and the environment of the processes: `_get_parser`, `_parse_args`, `_launch_processes` of
composer/cli/launcher.py.
"""

from __future__ import annotations

from dataclasses import replace

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.visibility import visible
from dtlint.run.word import Exec, Word, valued
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS = frozenset({"composer"})
MODULES = frozenset({"composer.cli.launcher"})

SPEC = Spec(
    (
        option("-n", "--nproc"),
        option("--stdout"),
        option("--stderr"),
        flag("-v", "--verbose"),
        flag("-m", "--module_mode"),
        flag("-c", "--command_mode"),
        option("--world_size"),
        option("--base_rank"),
        option("--node_rank"),
        option("--master_addr"),
        option("--master_port"),
    ),
    joined=True,
)

SEVERAL = ("--world_size", "--base_rank", "--node_rank", "--master_addr", "--master_port")
"""Options for jobs of several hosts; each has a variable of its name that stands in for it."""


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, SPEC)
    program = options.rest[0].string if options.rest else None
    if not (options.given or options.hidden or (program or "").endswith(".py")):
        return None  # PHP has a program of this name
    per_node = _processes(exec, options)
    asked = _setting(exec, options, "--world_size").as_int()
    total = asked.or_default(per_node)
    alone = Step(How.DEFAULT, "composer's default --world_size is the processes of one node", exec.at)
    nodes = known(1, alone) if asked.is_absent else asked // per_node
    if nodes.integer == 0:
        return None  # "world_size cannot be less than nproc": it starts nothing
    node_rank, base = _ranks(exec, options, per_node, nodes, site)
    launch = Launch(
        tool="composer",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=per_node,
        total=total,
        node_rank=node_rank,
        rendezvous=_rendezvous(exec, options, nodes),
        one_gpu_each=True,
        allocation=site.allocation,
    )
    launch.children = tuple(_child(launch, base, local) for local in corners(per_node, presumed=2))
    return launch


def _setting(exec: Exec, options: Options, name: str) -> Value:
    """The option, or the variable that stands in for it."""
    given = options.value(name)
    if not given.is_absent:
        return given
    variable = name.lstrip("-").upper()
    if not exec.environment.set(variable) and any(options.has(each) for each in SEVERAL):
        # Who says some of it on the command line leaves none of it to a platform's variables.
        return given
    return exec.environment.get(variable)


def _processes(exec: Exec, options: Options) -> Value:
    given = options.value("-n").as_int()
    if given.is_absent:
        given = exec.environment.get("LOCAL_WORLD_SIZE").as_int()
    if not given.is_absent:
        return given
    seen = visible(exec.environment, exec.host)
    return known(1, *seen.trail) if seen.integer == 0 else seen


def _ranks(exec: Exec, options: Options, per_node: Value, nodes: Value, site: Site) -> tuple[Value, Value]:
    """This host's index, and the rank of its first process."""
    node_rank = _setting(exec, options, "--node_rank").as_int()
    base = _setting(exec, options, "--base_rank").as_int()
    if nodes.integer == 1:
        return known(0), known(0)
    if site.by_hand and (node_rank.known or base.known):
        edited = Step(How.PRESUMED, "the node rank is edited on each host", exec.at)
        index = known(exec.host.index, edited)
        return index, index * per_node
    if node_rank.is_absent and base.is_absent:
        hidden = unknown("the node rank", key=("composer node rank", exec.at), low=0, whole=True)
        return hidden, hidden * per_node
    if node_rank.is_absent:
        return base // per_node, base
    return node_rank, base.or_default(node_rank * per_node)


def _rendezvous(exec: Exec, options: Options, nodes: Value) -> Rendezvous:
    address = _setting(exec, options, "--master_addr")
    port = _setting(exec, options, "--master_port").as_int()
    if nodes.integer == 1:
        if port.is_absent:
            return Rendezvous("none", absent(), absent(), absent(), chosen=True)
        said = "composer's default --master_addr on one node is 127.0.0.1"
        address = address.or_default(known("127.0.0.1", Step(How.DEFAULT, said, exec.at)))
    return Rendezvous("static", address, port, absent())


def _child(launch: Launch, base: Value, local: int) -> Child:
    exec, rendezvous = launch.exec, launch.rendezvous
    here = Step(How.ENVIRONMENT, "set by composer for its processes", exec.at)
    rank = base + local
    given: dict[str, Value] = {
        "RANK": rank,
        "WORLD_SIZE": launch.total,
        "LOCAL_RANK": known(local),
        "LOCAL_WORLD_SIZE": launch.per_node,
        "NODE_RANK": launch.node_rank,
        "MASTER_ADDR": rendezvous.address.or_default(_hidden(exec, "MASTER_ADDR")),
        "MASTER_PORT": rendezvous.port.or_default(_hidden(exec, "MASTER_PORT")),
    }
    given = {name: value.because(here).as_text() for name, value in given.items()}
    if not exec.environment.set("TORCH_NCCL_ASYNC_ERROR_HANDLING"):
        # 1 in current releases, nothing in those that set NCCL_ASYNC_ERROR_HANDLING.
        given["TORCH_NCCL_ASYNC_ERROR_HANDLING"] = _hidden(exec, "TORCH_NCCL_ASYNC_ERROR_HANDLING")
    return Child(
        host=exec.host,
        environment=exec.environment.with_(given),
        argv=_program(launch.options),
        node=exec.host.index,
        local=local,
        at=exec.at,
        directory=exec.directory,
        rank=rank,
    )


def _hidden(exec: Exec, name: str) -> Value:
    return unknown(f"${name}", key=("composer", exec.at, name))


def _program(options: Options) -> tuple[Word, ...]:
    """The command of one process; variables in its arguments are expanded once more, which is not followed."""
    if not options.rest:
        return ()
    first, *others = options.rest
    arguments = tuple(
        valued(unknown(word.written, key=("expanded", word.at)), word.at) if "$" in (word.string or "") else word
        for word in others
    )
    return replace(options, rest=(first, *arguments)).program("-m", "-c")
