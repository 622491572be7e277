"""torchrun, `python -m torch.distributed.run` and the older `torch.distributed.launch`.

Read in PyTorch 2.13 and compared with what it starts (tests/proofs):
- options, defaults and `PET_…` variables: `get_args_parser` of torch/distributed/run.py, `parse_args` of
  torch/distributed/launch.py, `env` and `check_env` of torch/distributed/argparse_util.py;
- where the processes meet: `run` and `get_rdzv_endpoint` of torch/distributed/run.py,
  torch/distributed/elastic/rendezvous/static_tcp_rendezvous.py and c10d_rendezvous_backend.py there;
- the environment of the processes: `_start_workers` and `_set_local_rank_env` of
  torch/distributed/elastic/agent/server/local_elastic_agent.py.
"""

from __future__ import annotations

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.visibility import visible
from dtlint.run.word import Exec, Word, plain
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.tools.typed import own_rank
from dtlint.value import How, Kind, Step, Term, Value, absent, known, text, unknown
from dtlint.value.value import Text

COMMANDS = frozenset({"torchrun"})
MODULES = frozenset({"torch.distributed.run", "torch.distributed.launch"})

SPEC = Spec(
    (
        option("--nnodes"),
        option("--nproc-per-node"),
        option("--rdzv-backend"),
        option("--rdzv-endpoint"),
        option("--rdzv-id"),
        option("--rdzv-conf"),
        flag("--standalone"),
        option("--max-restarts"),
        option("--monitor-interval"),
        option("--start-method"),
        option("--event-log-handler"),
        option("--role"),
        flag("-m", "--module"),
        flag("--no-python"),
        flag("--run-path"),
        option("--log-dir"),
        option("-r", "--redirects"),
        option("-t", "--tee"),
        option("--local-ranks-filter"),
        option("--duplicate-stdout-filters"),
        option("--duplicate-stderr-filters"),
        option("--node-rank"),
        option("--master-addr"),
        option("--master-port"),
        option("--local-addr"),
        option("--logs-specs"),
        option("--numa-binding"),
        option("--signals-to-handle"),
        option("--shutdown-timeout"),
        flag("--virtual-local-rank"),
        flag("--use-env"),
    ),
    underscores=True,
    joined=True,
)

RENDEZVOUS = (
    "--standalone",
    "--rdzv-backend",
    "--rdzv-endpoint",
    "--rdzv-id",
    "--node-rank",
    "--master-addr",
    "--master-port",
    "--nnodes",
    "--nproc-per-node",
)
"""Options that say how many meet, where, and as whom."""

DEFAULT_PORT = 29500
C10D_PORT = 29400


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, SPEC)
    legacy = command.endswith(".launch")
    nodes = _nodes(exec, options)
    per_node = _processes(exec, options)
    rendezvous = _rendezvous(exec, options, nodes)
    told = _setting(exec, options, "--node-rank").as_int()
    node_rank = told.or_default(known(0, Step(How.DEFAULT, "torchrun's default --node-rank is 0", exec.at)))
    if rendezvous.kind != "static":
        node_rank = absent()
    elif site.by_hand and not (told.is_absent and nodes.integer == 1):  # such a job of one node runs on each host
        node_rank = own_rank(node_rank, exec)
    launch = Launch(
        tool="torchrun",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=per_node,
        total=nodes * per_node,
        node_rank=node_rank,
        rendezvous=rendezvous,
        passes=("--local-rank",) if legacy and options.value("--use-env").is_absent else (),
        one_gpu_each=True,
        allocation=site.allocation,
    )
    launch.children = _children(launch, legacy)
    return launch


def _setting(exec: Exec, options: Options, name: str) -> Value:
    """The option, or the `PET_…` variable that stands in for it."""
    given = options.value(name)
    if not given.is_absent:
        return given
    variable = "PET_" + name.lstrip("-").replace("-", "_").upper()
    if not exec.environment.set(variable) and name in RENDEZVOUS and any(options.has(each) for each in RENDEZVOUS):
        # Presumption 3: who says some of it on the command line leaves none of it to an operator's variables.
        return given
    return exec.environment.get(variable)


def _nodes(exec: Exec, options: Options) -> Value:
    given = _setting(exec, options, "--nnodes")
    if given.is_absent:
        return known(1, Step(How.DEFAULT, "torchrun's default --nnodes is 1", exec.at))
    string = given.string
    if string is not None and ":" in string:
        low, _, high = string.partition(":")
        backend = _setting(exec, options, "--rdzv-backend")
        static = backend.is_absent or backend.string == "static"
        if low == high or (static and _standalone(exec, options) is False):
            # A static rendezvous waits for the most (static_tcp_rendezvous.py).
            return known(high).as_int().after(given.trail)
        least = int(low) if low.isdigit() else 1
        most = int(high) if high.isdigit() else 10**6
        return unknown(f"nnodes {string}", key=("nnodes", given.trail, string), low=least, high=most, whole=True).after(
            given.trail
        )
    if isinstance(given.content, Text):
        return unknown(str(given), key=("nnodes", str(given), given.trail), low=1, whole=True).after(given.trail)
    return given.as_int()


def _processes(exec: Exec, options: Options) -> Value:
    given = _setting(exec, options, "--nproc-per-node")
    if given.is_absent:
        return known(1, Step(How.DEFAULT, "torchrun's default --nproc-per-node is 1", exec.at))
    seen = visible(exec.environment, exec.host)
    match given.string:
        case "gpu":
            return _several(seen, exec).after(given.trail)
        case "cpu":
            return exec.host.cpus.after(given.trail)
        case "auto":
            # Accelerators if there are any, else CPUs.
            found = seen > 0
            if found.surely:
                return seen.after(given.trail)
            if found.surely_not:
                return exec.host.cpus.after(given.trail)
            devices = unknown("the devices of the host", key=("auto", exec.at), low=1, whole=True)
            return _several(devices, exec).after(given.trail)
        case _:
            return given.as_int()


def _several(count: Value, exec: Exec) -> Value:
    """Who asks for a process on each device, whose number nobody knows, is presumed to have several.

    It stays the same unknown, so that it is as many as the host has.
    """
    symbol = count.content.symbol if isinstance(count.content, Term) else None
    if symbol is None or symbol.kind is not Kind.WITHHELD or symbol.low >= 2:
        return count
    several = unknown(symbol.name, key=symbol.key, reach=symbol.reach, low=2, high=symbol.high, whole=symbol.whole)
    return several.after(count.trail).because(Step(How.PRESUMED, "one process on each of several devices", exec.at))


def _standalone(exec: Exec, options: Options) -> bool | None:
    """Whether `--standalone` or its variable says so; None where hidden options may, and nobody names a place."""
    if options.has("--standalone"):
        return True
    variable = exec.environment.get("PET_STANDALONE")
    if exec.environment.set("PET_STANDALONE") and not variable.is_absent:
        number = variable.as_int().integer
        return None if number is None else number != 0
    named = ("--rdzv-backend", "--rdzv-endpoint", "--master-addr", "--master-port")
    return None if options.hidden and not any(options.has(name) for name in named) else False


def _rendezvous(exec: Exec, options: Options, nodes: Value) -> Rendezvous:
    alone = _standalone(exec, options)
    if alone is None:
        hidden = unknown("where the processes meet", key=("rendezvous", exec.at))
        return Rendezvous("unknown", hidden, hidden, hidden)
    if alone:
        return Rendezvous("none", absent(), absent(), absent(), chosen=True)
    backend = _setting(exec, options, "--rdzv-backend")
    identity = _setting(exec, options, "--rdzv-id")
    endpoint = _setting(exec, options, "--rdzv-endpoint")
    if endpoint.string == "":
        endpoint = absent(*endpoint.trail)
    if not backend.is_absent and backend.string != "static":
        address, port = _split_endpoint(endpoint)
        kind = backend.string if backend.string is not None else "unknown"
        if kind == "c10d" and not endpoint.is_absent:
            said = f"the default port of a c10d rendezvous is {C10D_PORT}"
            port = port.or_default(known(C10D_PORT, Step(How.DEFAULT, said, exec.at)))
        return Rendezvous(kind, address, port, identity, chosen=port.integer == 0)
    if not endpoint.is_absent:
        # An endpoint wins over --master-addr and --master-port.
        address, port = _split_endpoint(endpoint)
        return Rendezvous("static", address, port, identity)
    port = _setting(exec, options, "--master-port").as_int()
    if port.is_absent and nodes.integer == 1:
        # One node that names no port meets on a free one, whatever address and node rank it names; since PyTorch 2.1,
        # https://github.com/pytorch/pytorch/pull/107734.
        return Rendezvous("none", absent(), absent(), absent(), chosen=True)
    return Rendezvous(
        "static",
        _setting(exec, options, "--master-addr").or_default(
            known("127.0.0.1", Step(How.DEFAULT, "torchrun's default --master-addr is 127.0.0.1", exec.at))
        ),
        port.or_default(
            known(DEFAULT_PORT, Step(How.DEFAULT, f"torchrun's default --master-port is {DEFAULT_PORT}", exec.at))
        ),
        identity,
    )


def _split_endpoint(endpoint: Value) -> tuple[Value, Value]:
    """`host:port` of a rendezvous endpoint; the port is absent where only a host is given."""
    if endpoint.is_absent:
        return endpoint, absent()
    string = endpoint.string
    if string is not None:
        address, colon, port = string.rpartition(":")
        if not colon:
            return endpoint, absent()
        return known(address).after(endpoint.trail), known(port).as_int().after(endpoint.trail)
    if isinstance(endpoint.content, Text):
        parts = endpoint.content.parts
        for i, part in enumerate(parts):
            if isinstance(part, str) and ":" in part:
                head, _, tail = part.rpartition(":")
                address_value = text((*parts[:i], head)).after(endpoint.trail)
                port_value = text((tail, *parts[i + 1 :])).after(endpoint.trail)
                return address_value, port_value.as_int()
    hidden = unknown(f"the port of {endpoint}", key=("port", str(endpoint), endpoint.trail))
    return unknown(f"the host of {endpoint}", key=("host", str(endpoint), endpoint.trail)), hidden


def _children(launch: Launch, legacy: bool) -> tuple[Child, ...]:
    exec = launch.exec
    index = launch.node_rank
    if index.is_absent:
        # On one node, each launcher has a world of its own.
        index = known(0 if launch.rendezvous.kind == "none" else exec.host.index)
    # Two processes are presumed where the number is not known: nobody uses a launcher for one.
    return tuple(_child(launch, legacy, index, local) for local in corners(launch.per_node, presumed=2))


def _child(launch: Launch, legacy: bool, index: Value, local: int) -> Child:
    exec, rendezvous = launch.exec, launch.rendezvous
    here = Step(How.ENVIRONMENT, "set by torchrun for its processes", exec.at)
    rank = index * launch.per_node + local
    options = launch.options
    identity = rendezvous.identity
    if rendezvous.kind == "none":
        identity = unknown("$TORCHELASTIC_RUN_ID", key=("torchrun id", exec.at))
    given = given_to(launch, index, local, identity)
    given |= {
        "ROLE_NAME": _setting(exec, options, "--role").or_default(known("default")),
        "TORCHELASTIC_MAX_RESTARTS": _setting(exec, options, "--max-restarts").or_default(known(0)),
        "MASTER_ADDR": _master(rendezvous, exec, "MASTER_ADDR"),
        "MASTER_PORT": _master(rendezvous, exec, "MASTER_PORT"),
    }
    given = {name: value.because(here).as_text() for name, value in given.items()}
    if not exec.environment.set("OMP_NUM_THREADS") and not (launch.per_node == 1).always:
        # 1, or what the user's shell says.
        given["OMP_NUM_THREADS"] = unknown("$OMP_NUM_THREADS", key=("torchrun threads", exec.at))
    if not launch.options.value("--virtual-local-rank").is_absent:
        given |= _one_device(exec, local, launch.options.has("--virtual-local-rank"), here)
    argv = launch.options.program("-m", "--no-python")
    if legacy and not launch.options.has("--use-env") and argv:
        at = 2 if len(argv) > 1 and argv[1].string == "-m" else 1
        passed = plain(f"--local-rank={local}", exec.at, (here,)) if launch.passes else launch.options.hidden[0]
        argv = (*argv[: at + 1], passed, *argv[at + 1 :])
    return Child(
        host=exec.host,
        environment=exec.environment.with_(given),
        argv=argv,
        node=exec.host.index,
        local=local,
        at=exec.at,
        directory=exec.directory,
        rank=rank,
    )


def given_to(launch: Launch, index: Value, local: int, identity: Value) -> dict[str, Value]:
    """What process `local` on the node with this index finds, but for the address where they meet."""
    at = launch.at
    rank = index * launch.per_node + local
    hidden = ("ROLE_NAME", "USE_AGENT_STORE", "ERROR_FILE", "MAX_RESTARTS", "SIGNALS_TO_HANDLE")
    names = [name if name == "ROLE_NAME" else f"TORCHELASTIC_{name}" for name in hidden]
    if not launch.environment.set("TORCH_NCCL_ASYNC_ERROR_HANDLING"):
        names.append("TORCH_NCCL_ASYNC_ERROR_HANDLING")  # 1, or what the user's shell says
    return {
        **{name: unknown(f"${name}", key=("torchrun", at, name)) for name in names},
        "RANK": rank,
        "LOCAL_RANK": known(local),
        "GROUP_RANK": index,
        "ROLE_RANK": rank,
        "WORLD_SIZE": launch.total,
        "ROLE_WORLD_SIZE": launch.total,
        "GROUP_WORLD_SIZE": launch.nodes,
        "LOCAL_WORLD_SIZE": launch.per_node,
        "TORCHELASTIC_RESTART_COUNT": known(0),
        "TORCHELASTIC_RUN_ID": identity.or_default(known("none")),
    }


def _one_device(exec: Exec, local: int, surely: bool, here: Step) -> dict[str, Value]:
    """With `--virtual-local-rank` each process sees its own GPU alone, as device 0."""
    if not surely:
        names = ("LOCAL_RANK", "CUDA_VISIBLE_DEVICES")
        return {name: unknown(f"${name}", key=("virtual local rank", exec.at, local, name)) for name in names}
    devices = exec.environment.get("CUDA_VISIBLE_DEVICES")
    own = unknown("$CUDA_VISIBLE_DEVICES", key=("virtual device", exec.at, local))
    if devices.string is not None and local < len(listed := devices.string.split(",")):
        own = known(listed[local].strip()).after(devices.trail)
    return {"LOCAL_RANK": known("0", here), "CUDA_VISIBLE_DEVICES": own.because(here)}


def _master(rendezvous: Rendezvous, exec: Exec, name: str) -> Value:
    """What the processes find: the address of a static rendezvous, or one that the agents agree on when they meet."""
    value = rendezvous.address if name == "MASTER_ADDR" else rendezvous.port
    if value.is_absent or rendezvous.kind != "static":
        return unknown(f"${name}", key=("agreed", name, exec.at))
    return value
