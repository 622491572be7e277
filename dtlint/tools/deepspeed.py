"""The `deepspeed` launcher.

Read in DeepSpeed 0.19.8 and compared with what it starts (tests/test_proofs.py):
- options, the hostfile, filters, CUDA_VISIBLE_DEVICES as a filter, and what other hosts get: `parse_args` and `main` of
  deepspeed/launcher/runner.py, https://www.deepspeed.ai/getting-started/#resource-configuration-multi-node;
- the command of each kind of launcher: deepspeed/launcher/multinode_runner.py;
- the environment and arguments of the processes: `main` of deepspeed/launcher/launch.py.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import Final

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.visibility import visible
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import Exec, Word, plain
from dtlint.source import Source, Span
from dtlint.tools.hosts import Listed, as_hosts, from_file, merged
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.tools.typed import own_rank
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS = frozenset({"deepspeed", "deepspeed.pt", "ds"})
MODULES = frozenset({"deepspeed.launcher.runner"})

SPEC = Spec(
    (
        option("--hostfile", "-H"),
        option("--include", "-i"),
        option("--exclude", "-e"),
        option("--num_nodes"),
        option("--min_elastic_nodes"),
        option("--max_elastic_nodes"),
        option("--num_gpus", "--num_accelerators"),
        option("--master_port"),
        option("--master_addr"),
        option("--node_rank"),
        option("--launcher"),
        option("--launcher_args"),
        flag("--module"),
        flag("--no_python"),
        flag("--no_local_rank"),
        flag("--no_ssh_check"),
        flag("--no_ssh"),
        flag("--force_multi"),
        flag("--save_pid"),
        option("--enable_each_rank_log"),
        option("--autotuning"),
        option("--log_level"),
        option("--slurm_comment"),
        flag("--quiet", "-q"),
        flag("--detect_nvlink_pairs"),
        flag("--elastic_training"),
        flag("--bind_cores_to_rank"),
        option("--bind_core_list"),
        option("--ssh_port"),
        option("--venv_script"),
    ),
    joined=True,
)

DEFAULT_PORT = 29500
HOSTFILE = "/job/hostfile"
FORWARDED = ("NCCL", "PYTHON", "MV2", "UCX", "MLFLOW")
"""Prefixes of the variables that the launcher hands on to other hosts (EXPORT_ENVS in runner.py)."""
ENVIRONMENT_FILE = ".deepspeed_env"
"""Lists more of them, in the home folder or the working directory."""
_FILE_TOLD: Final = "DS_ENV_FILE"
"""Names another file (`DEEPSPEED_ENVIRONMENT_NAME` in runner.py)."""

BY_MPI = frozenset({"openmpi", "mpich", "impi", "mvapich", "slurm"})
"""Launchers that leave ranks to MPI or Slurm; pdsh is the default."""


@record
class Resource:
    """One host, and the devices of it that the filters leave: `count` of them, and which, where that is known."""

    host: Host
    count: Value
    devices: tuple[int, ...] | None


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, SPEC)
    listed = _listed(exec, options, site)
    if listed is not None:
        resources = _resources(exec, options, as_hosts(merged(listed), exec, site))
    elif options.has("--hostfile") or options.hidden:
        resources = None
    else:
        resources = _alone(exec, options)
    asked_nodes = options.value("--num_nodes").as_int()
    if resources is None:
        nodes = unknown("the hosts of the hostfile", key=("hostfile", exec.at), low=1, whole=True)
        if asked_nodes.integer is not None and asked_nodes.integer > 0:
            nodes = asked_nodes
    elif listed is None:
        nodes = known(1, Step(How.DEFAULT, f"without a hostfile ({HOSTFILE}) deepspeed uses this host alone", exec.at))
    else:
        nodes = known(len(resources)).after(*(each.host.name.trail for each in resources))
        if asked_nodes.integer is not None and asked_nodes.integer > 0:
            nodes = asked_nodes
    several = not (nodes == 1).always or options.has("--force_multi")
    by_mpi = several and (options.value("--launcher").string or "").lower() in BY_MPI
    launch = Launch(
        tool="deepspeed",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=resources[0].count if resources else _each(exec, options),
        total=known(0),
        node_rank=_node_rank(exec, options, site),
        rendezvous=_rendezvous(exec, options, listed is None and resources is not None),
        spreads=not options.has("--no_ssh"),
        slots={str(host.name): host.slots for host in merged(listed or ())},
        unnamed={str(host.name): host.slots for host in merged(_lying_there(exec, options, site))},
        picked=_filter(options.value("--include")),
        passes=("--local_rank",) if options.value("--no_local_rank").is_absent and not by_mpi else (),
        one_gpu_each=True,
        allocation=site.allocation,
    )
    launch.total = _total(launch, resources)
    found = _reached(launch, by_mpi, _handed_on(exec, options, site))
    launch.children = _children(launch, resources, found, ranked=not by_mpi)
    return launch


def _reached(launch: Launch, by_mpi: bool, listed: dict[str, Value] | None) -> Environment:
    """What the processes find of the launcher's environment; `listed` are the variables of its file."""
    environment = launch.environment
    if by_mpi:
        return environment.opened()
    if not launch.spreads or (launch.nodes == 1).always:
        return environment
    # pdsh reaches each host by ssh, the one at hand too.
    handed_on = environment.only({name: environment.get(name) for name in environment if name.startswith(FORWARDED)})
    return handed_on.with_(listed) if listed is not None else handed_on.opened()


def _handed_on(exec: Exec, options: Options, site: Site) -> dict[str, Value] | None:
    """What other hosts find beside the variables of `FORWARDED`: those that the file lists; None where that is not
    known, or where a scheduler's launcher may hand on more."""
    # What writes the file may be any command, so a launch script that speaks of it is taken to make it, except where
    # all that it does is to say where the file lies.
    source = site.files.source(exec.at.path)
    launcher = options.value("--launcher")
    told = exec.environment.set(_FILE_TOLD)
    file = exec.environment.get(_FILE_TOLD).string if told else ENVIRONMENT_FILE
    if source is None or file is None:
        return None
    speaking = (line for line in source.text.splitlines() if posixpath.basename(file) in line)
    if any(not told or _FILE_TOLD not in line for line in speaking):
        return None
    if not launcher.is_absent and (launcher.string or "").lower() != "pdsh":
        return None
    path = site.files.resolve(file, exec.directory.string, exec.at.path)
    if path is None:
        return None if told else {}
    return _file_of_variables(path, site)


def _file_of_variables(path: str, site: Site) -> dict[str, Value] | None:
    """`NAME=value` in each line, whose value is all behind the sign, quotes too."""
    source = site.files.source(path)
    if source is None:
        return None
    found: dict[str, Value] = {}
    start = 0
    for line in source.text.split("\n"):
        name, equals, value = line.partition("=")
        if equals:
            at = Span(path, start, start + len(line))
            found[name] = known(value, Step(How.WRITTEN, line, at))
        start += len(line) + 1
    return found


def _alone(exec: Exec, options: Options) -> tuple[Resource, ...] | None:
    """This host by itself: CUDA_VISIBLE_DEVICES is its filter, unless an option is."""
    host = replace(exec.host, slots=exec.host.gpus)
    filters = [options.value(name) for name in ("--include", "--exclude", "--num_gpus", "--num_nodes")]
    devices = exec.environment.get("CUDA_VISIBLE_DEVICES")
    masked = exec.environment.set("CUDA_VISIBLE_DEVICES") and not devices.is_absent and devices.string != ""
    if masked and all(value.is_absent for value in filters):
        return (Resource(host, visible(exec.environment, exec.host), _numbers(devices)),)
    local = replace(host, name=known("localhost"))
    found = _resources(exec, options, (local,))
    return None if found is None else tuple(replace(each, host=host) for each in found)


def _numbers(devices: Value) -> tuple[int, ...] | None:
    words = (devices.string or "?").split(",")
    return tuple(sorted({int(word) for word in words})) if all(word.strip().isdigit() for word in words) else None


def _resources(exec: Exec, options: Options, hosts: tuple[Host, ...]) -> tuple[Resource, ...] | None:
    """What `--include` or `--exclude` leave of the hosts, then `--num_nodes` and `--num_gpus`; None if not known."""
    include, exclude = options.value("--include"), options.value("--exclude")
    if any(not value.is_absent and value.string is None for value in (include, exclude)):
        return None
    taken, left_out = _filter(include), _filter(exclude)
    found = []
    for host in hosts:
        name = host.name.string or ""
        if (taken and name not in taken) or left_out.get(name) == ():
            continue
        devices = taken.get(name) or None
        count = known(len(devices)).after(include.trail) if devices else _slots_of(host, exec)
        if devices is None and count.integer is not None and 0 <= count.integer <= 4096:
            devices = tuple(number for number in range(count.integer) if number not in left_out.get(name, ()))
            count = known(len(devices)).after(count.trail, exclude.trail) if name in left_out else count
        elif name in left_out:
            count = unknown("the devices left", key=("devices", exec.at, name), low=0, whole=True)
        found.append(Resource(host, count, devices))
    nodes, each = options.value("--num_nodes").as_int(), options.value("--num_gpus").as_int()
    if nodes.integer is not None and nodes.integer > 0:
        found = found[: nodes.integer]
    if not each.is_absent and not (each <= 0).always:
        number = each.integer
        devices = tuple(range(number)) if number is not None and number <= 4096 else None
        found = [replace(resource, count=each, devices=devices) for resource in found]
    return tuple(found)


def _slots_of(host: Host, exec: Exec) -> Value:
    return host.slots.or_default(unknown("slots", key=("slots", exec.at), low=1, whole=True))


def _each(exec: Exec, options: Options) -> Value:
    """Processes on each host where the hosts are not known."""
    asked = options.value("--num_gpus").as_int()
    if not asked.is_absent and not (asked <= 0).always:
        return asked
    chosen = [devices for devices in _filter(options.value("--include")).values() if devices]
    if len(chosen) == 1:
        return known(len(chosen[0])).after(options.value("--include").trail)
    return unknown("slots", key=("slots", exec.at), low=1, whole=True)


def _node_rank(exec: Exec, options: Options, site: Site) -> Value:
    """This host's index, which only a launcher without ssh is told."""
    if not options.has("--no_ssh"):
        return absent()
    given = options.value("--node_rank").as_int()
    return own_rank(given, exec) if site.by_hand and not given.is_absent else given


def _listed(exec: Exec, options: Options, site: Site) -> tuple[Listed, ...] | None:
    if not options.has("--hostfile"):
        return None
    word = options.given["--hostfile"][-1].values
    return from_file(word[0], exec, site) if word else None


def _lying_there(exec: Exec, options: Options, site: Site) -> tuple[Listed, ...]:
    """The hosts of a file that the command surely leaves alone: nothing shows that its default place is filled."""
    if options.has("--hostfile") or options.hidden or exec.host.container is not None:
        return ()
    images = (path for path in site.files.listing("") if "dockerfile" in path.lower())
    if any(_fills_default(site.files.source(path)) for path in (exec.at.path, *images)):
        return ()
    return from_file(plain(posixpath.basename(HOSTFILE), exec.at), exec, site) or ()


def _fills_default(source: Source | None) -> bool:
    return source is None or posixpath.dirname(HOSTFILE) in source.text


def _filter(value: Value) -> dict[str, tuple[int, ...]]:
    """`worker-0@worker-1:0,2` as devices by host; an empty tuple stands for all devices of the host."""
    found: dict[str, tuple[int, ...]] = {}
    for part in (value.string or "").split("@"):
        name, _, devices = part.partition(":")
        if name.strip():
            found[name.strip()] = tuple(int(device) for device in devices.split(",") if device.strip().isdigit())
    return found


def _total(launch: Launch, resources: tuple[Resource, ...] | None) -> Value:
    if resources is None or (launch.nodes.integer or 0) > len(resources):
        return launch.nodes * launch.per_node
    if len({str(each.count) for each in resources}) == 1:
        return launch.nodes * launch.per_node
    total = known(0)
    for each in resources:
        total = total + each.count
    return total.after(*(each.count.trail for each in resources))


def _rendezvous(exec: Exec, options: Options, alone: bool) -> Rendezvous:
    """Without a hostfile the address is always loopback; with one, it is the first host's where none is given."""
    port = options.value("--master_port").as_int()
    address = options.value("--master_addr")
    if alone:
        address = known("127.0.0.1", Step(How.DEFAULT, "without a hostfile deepspeed meets on this host", exec.at))
    return Rendezvous(
        "static",
        address if address.string != "" else absent(),
        port.or_default(
            known(DEFAULT_PORT, Step(How.DEFAULT, f"deepspeed's default --master_port is {DEFAULT_PORT}", exec.at))
        ),
        absent(),
    )


def _children(
    launch: Launch, resources: tuple[Resource, ...] | None, found: Environment, ranked: bool
) -> tuple[Child, ...]:
    exec = launch.exec
    children: list[Child] = []
    first = 0
    placed = resources or (Resource(exec.host, launch.per_node, None),)
    for node, resource in enumerate(placed):
        if node <= 1 or node == len(placed) - 1:
            children += [
                _child(launch, resource, node, local, known(first) + local, found, ranked)
                for local in corners(resource.count, presumed=2)
            ]
        if resource.count.integer is None:
            break
        first += resource.count.integer
    return tuple(children)


def _child(
    launch: Launch, resource: Resource, node: int, local: int, rank: Value, environment: Environment, ranked: bool
) -> Child:
    exec, options = launch.exec, launch.options
    here = Step(How.ENVIRONMENT, "set by deepspeed for its processes", exec.at)
    rendezvous = launch.rendezvous
    if options.has("--no_ssh") and launch.node_rank.integer is None:
        rank = launch.node_rank * launch.per_node + local
    # As launch.py counts it; the same as `local` where all hosts have as many.
    local_rank = rank % resource.count if rank.integer is not None and resource.count.integer else known(local)
    if ranked:
        given = {
            "RANK": rank,
            "LOCAL_RANK": local_rank,
            "WORLD_SIZE": launch.total,
            "LOCAL_SIZE": resource.count,
            "CROSS_RANK": known(node),
            "CROSS_SIZE": launch.nodes,
            "MASTER_ADDR": rendezvous.address.or_default(unknown("$MASTER_ADDR", key=("deepspeed master", exec.at))),
            "MASTER_PORT": rendezvous.port,
            "CUDA_VISIBLE_DEVICES": unknown("$CUDA_VISIBLE_DEVICES", key=("deepspeed devices", exec.at, node))
            if resource.devices is None
            else known(",".join(map(str, resource.devices))),
        }
        environment = environment.with_({name: value.because(here).as_text() for name, value in given.items()})
    argv = options.program("--module", "--no_python")
    if argv and not options.has("--no_local_rank") and ranked:
        at = 2 if len(argv) > 1 and argv[1].string == "-m" else 1 if argv[0].string == "python" else 0
        passed = plain(f"--local_rank={local_rank}", exec.at, (here,)) if launch.passes else options.hidden[0]
        argv = (*argv[: at + 1], passed, *argv[at + 1 :])
    return Child(
        host=resource.host,
        environment=environment,
        argv=argv,
        node=node,
        local=local,
        at=exec.at,
        directory=exec.directory,
        rank=rank,
    )
