"""`horovodrun`.

Read in Horovod 0.28: options and defaults by `parse_args` and `_run` of horovod/runner/launch.py; hosts by
`parse_hosts_and_slots` and `get_host_assignments` of horovod/runner/common/util/hosts.py; the environment of the
processes by `create_slot_env_vars` of horovod/runner/gloo_run.py and by horovod/runner/mpi_run.py, which hand the whole
environment on to every host.  Without `--gloo` a Horovod that was built with MPI starts `mpirun`, whose processes find
Open MPI's variables instead.
"""

from __future__ import annotations

import re

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.run.word import Exec, Word
from dtlint.tools.hosts import Listed, as_hosts, from_file, from_text, merged, on_each, place, total_slots
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS = frozenset({"horovodrun"})
MODULES = frozenset({"horovod.runner.launch", "horovod.runner"})

VALUED = """
    start-timeout network-interfaces network-interface output-filename config-file fusion-threshold-mb cycle-time-ms
    cache-capacity autotune-log-file autotune-warmup-samples autotune-steps-per-sample autotune-bayes-opt-max-samples
    autotune-gaussian-process-noise slots-per-host elastic-timeout reset-limit timeline-filename
    stall-check-warning-time-seconds stall-check-shutdown-time-seconds mpi-args binding-args num-nccl-streams
    thread-affinity gloo-timeout-seconds log-level host-discovery-script
"""
FLAGS = """
    disable-cache verbose hierarchical-allreduce no-hierarchical-allreduce hierarchical-allgather
    no-hierarchical-allgather torus-allreduce no-torus-allreduce autotune no-autotune timeline-mark-cycles
    no-timeline-mark-cycles no-stall-check stall-check mpi-threads-disable no-mpi-threads-disable tcp log-with-timestamp
    log-without-timestamp log-hide-timestamp no-log-hide-timestamp gloo mpi jsrun
"""

SPEC = Spec(
    (
        option("-np", "--num-proc"),
        option("-H", "--hosts"),
        option("-hostfile", "--hostfile"),
        option("-p", "--ssh-port"),
        option("-i", "--ssh-identity-file"),
        option("--min-np", "--min-num-proc"),
        option("--max-np", "--max-num-proc"),
        option("--blacklist-cooldown-range", values=2),
        *(option(f"--{name}") for name in VALUED.split()),
        *(flag(f"--{name}") for name in FLAGS.split()),
        flag("-prefix-timestamp", "--prefix-output-with-timestamp"),
        flag("-cb", "--check-build"),
        flag("-v", "--version"),
    ),
)
ELASTIC = ("--min-np", "--max-np", "--host-discovery-script")
"""Options under which the number of processes changes while they run."""


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, SPEC)
    listed = None
    if options.has("-H"):
        listed = from_text(options.value("-H"))
    elif options.has("-hostfile"):
        word = options.given["-hostfile"][-1].values
        listed = from_file(word[0], exec, site) if word else None
    elif not options.hidden and not options.has("--host-discovery-script"):
        listed = ()
    total = options.value("-np").as_int()
    if listed:
        listed = merged(listed)
        nodes = known(len(listed))
    elif listed == ():
        nodes = known(1, Step(How.DEFAULT, "without -H or --hostfile horovodrun uses this host alone", exec.at))
    else:
        nodes = unknown("the hosts", key=("horovod hosts", exec.at), low=1, whole=True)
    if any(not options.value(name).is_absent for name in ELASTIC):
        total = unknown("the number of processes", key=("np", exec.at), low=1, whole=True).after(total.trail)
    elif listed and not options.has("--mpi") and not (total >= total_slots(listed)).always:
        # Of a list with room to spare, Gloo fills every slot, whatever -np says; which of the two runs is known where
        # it is said.
        if options.has("--gloo"):
            total = total_slots(listed).after(total.trail)
        else:
            total = unknown("the number of processes", key=("np", exec.at), low=1, whole=True).after(total.trail)
    elif total.is_absent:
        total = total_slots(listed) if listed else unknown("-np", key=("np", exec.at), low=1, whole=True)
    launch = Launch(
        tool="horovodrun",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=_per_node(total, nodes, listed, exec),
        total=total,
        node_rank=absent(),
        rendezvous=Rendezvous("gloo", absent(), absent(), absent(), chosen=True),
        spreads=True,
        one_gpu_each=True,
        offered=_offered(options, listed),
        allocation=site.allocation,
    )
    launch.children = _children(launch, site, listed or ())
    return launch


def _per_node(total: Value, nodes: Value, listed: tuple[Listed, ...] | None, exec: Exec) -> Value:
    full = on_each(listed, total)
    if not full.is_absent:
        return full
    return total if nodes.integer == 1 else unknown("processes per host", key=("per node", exec.at), whole=True)


def _offered(options: Options, listed: tuple[Listed, ...] | None) -> Value:
    """The slots of all hosts, where it can read the list: each host with its number, and no blank that ends it."""
    following = options.rest[0].string if options.rest else None
    broken = any(host.slots.is_absent for host in listed or ()) or re.fullmatch(r"[\w.-]+:\d+", following or "")
    return total_slots(listed) if listed and not options.hidden and not broken else absent()


def _children(launch: Launch, site: Site, listed: tuple[Listed, ...]) -> tuple[Child, ...]:
    exec = launch.exec
    hosts = as_hosts(listed, exec, site) if listed else (exec.host,)
    total = launch.total.integer
    slots = [host.slots.or_default(known(1)).integer for host in hosts] if listed else [total]
    if total is None or any(slot is None for slot in slots) or total > 65536:
        return tuple(_child(launch, 0, local, known(local), exec) for local in corners(launch.total, presumed=2))
    placed = place(total, [slot for slot in slots if slot is not None])
    wanted = sorted({0, 1, total - 1, *(rank for rank, (_, local) in enumerate(placed) if local == 0)})[:6]
    children = []
    for rank in wanted:
        if rank < len(placed):
            node, local = placed[rank]
            child = _child(launch, node, local, known(rank), exec)
            child.host = hosts[node]
            children.append(child)
    return tuple(children)


def _child(launch: Launch, node: int, local: int, rank: Value, exec: Exec) -> Child:
    here = Step(How.ENVIRONMENT, "set by horovodrun for its processes", exec.at)
    size = launch.per_node
    given = {
        "HOROVOD_RANK": rank,
        "HOROVOD_SIZE": launch.total,
        "HOROVOD_LOCAL_RANK": known(local),
        "HOROVOD_LOCAL_SIZE": size,
        "HOROVOD_CROSS_RANK": known(node),
        "HOROVOD_CROSS_SIZE": launch.nodes,
        "HOROVOD_HOSTNAME": unknown("$HOROVOD_HOSTNAME", key=("hvd host", exec.at, node)),
    }
    if launch.options.has("--mpi"):
        given = {
            "OMPI_COMM_WORLD_RANK": rank,
            "OMPI_COMM_WORLD_SIZE": launch.total,
            "OMPI_COMM_WORLD_LOCAL_RANK": known(local),
            "OMPI_COMM_WORLD_LOCAL_SIZE": size,
        }
    return Child(
        host=exec.host,
        environment=exec.environment.with_({name: value.because(here).as_text() for name, value in given.items()}),
        argv=launch.options.rest,
        node=node,
        local=local,
        at=exec.at,
        directory=exec.directory,
        rank=rank,
    )
