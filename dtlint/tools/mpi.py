"""`mpirun` and `mpiexec` of Open MPI, MPICH (Hydra) and Intel MPI.

Open MPI 5: options by `ompioptions` of src/mca/schizo/ompi/schizo_ompi.c of https://github.com/openpmix/prrte and
https://docs.open-mpi.org/en/v5.0.x/man-openmpi/man1/mpirun.1.html; what the processes find was compared with what it
starts (tests/test_proofs.py).  Hydra: `mpiexec -help` of MPICH 5 and src/pm/hydra/mpiexec/options.c of
https://github.com/pmodels/mpich, whose variables were seen in its processes.
"""

from __future__ import annotations

from dtlint.job.launch import Allocation, Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.run.environment import Environment
from dtlint.run.host import Host, unknown_host
from dtlint.run.word import Exec, Word
from dtlint.tools.hosts import Listed, as_hosts, from_file, from_text, granted, merged, on_each, place, total_slots
from dtlint.tools.mpi_files import Tuned, tuned
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.tools.ssh_servers import served_beside
from dtlint.value import How, Step, Value, absent, fields, known, unknown

COMMANDS = frozenset({"mpirun", "mpiexec", "mpiexec.hydra", "orterun", "prterun"})
MODULES: frozenset[str] = frozenset()


def _both(names: str) -> tuple[str, ...]:
    """Every name may be written with one dash and with two; the first one names the option."""
    first = names.split("/")
    return tuple(name for each in first for name in ((f"--{each}", f"-{each}") if len(each) > 1 else (f"-{each}",)))


VALUED = """
    host/H/hosts/hostlist hostfile/machinefile/machine/machines/machinelist/f npernode/N/ppn/perhost map-by rank-by
    bind-to report-pid report-uri personality dvm omca gomca tune launch-agent max-vm-size tmpdir prefix
    forward-signals xterm timeout spawn-timeout output stdin preload-files set-env path pset default-hostfile
    display runtime-options max-restarts with-ft initial-errhandler memory-alloc-kinds gpu-support arch file
    output-directory output-filename display-topo cpu-set cpu-list cpus-per-proc cpus-per-rank npersocket ppr amca
    am rankfile/rf stream-buffering xml-file report-events wdir/wd/workdir app/configfile rankmap launcher/bootstrap
    launcher-exec rmk topolib membind demux iface localhost nameserver order-nodes outfile-pattern/outfile
    errfile-pattern/errfile pmi-port prepend-pattern usize gpus-per-proc
"""
FLAGS = """
    version/V verbose/v quiet/q help/h parseable/parsable debug-daemons debug-daemons-file leave-session-attached
    noprefix allow-run-as-root stop-on-exec stop-in-init report-state-on-timeout get-stack-traces preload-binary/s
    do-not-launch enable-recovery disable-recovery continuous display-comm display-comm-finalize soft show-progress
    report-child-jobs-separately xml tag-output timestamp-output merge-stderr-to-stdout display-devel-map
    display-devel-allocation report-bindings display-map display-allocation nolocal oversubscribe nooversubscribe
    use-hwthread-cpus bind-to-core bind-to-socket bynode bycore byslot pernode debug hetero-nodes terminate
    set-cwd-to-session-dir prepend-rank/l disable-auto-cleanup disable-hostname-propagation hybrid-hosts info
    print-all-exitcodes profile skip-launch-node enable-x disable-x
"""

SPEC = Spec(
    (
        option("-np", "-n", "-c", "--np", "--n"),
        *(option(*_both(names)) for names in VALUED.split()),
        *(flag(*_both(names)) for names in FLAGS.split()),
        option("-x"),
        option("--mca", "-mca", "--gmca", "-gmca", "--pmixmca", "-pmixmca", "--prtemca", "-prtemca", values=2),
        option("-genv", "-env", values=2),
        option("-genvlist", "-envlist"),
        flag("-genvall", "-envall"),
        flag("-genvnone", "-envnone"),
    ),
    abbreviations=False,
    single_dash=True,
)

OPEN_MPI = (
    "-x",
    "--mca",
    "--oversubscribe",
    "--nooversubscribe",
    "--allow-run-as-root",
    "--tag-output",
    "--report-bindings",
    "--display-map",
    "--display-allocation",
    "--use-hwthread-cpus",
)
"""Options that Hydra does not have."""


OF_OPERATORS = frozenset(
    {"OMPI_MCA_orte_default_hostfile", "OMPI_MCA_orte_keep_fqdn_hostnames", "OMPI_MCA_plm_rsh_args"}
)
"""Settings that an operator gives to its launcher, none of which names variables to hand on."""

PLAIN_MAPPINGS = frozenset({"slot", "node", "core", "socket", "package", "numa", "hwthread", "l3cache"})
"""Values of `--map-by` that leave the limit of the slots as it is: no `ppr`, no modifier such as `:OVERSUBSCRIBE`."""


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, SPEC)
    if ":" in (word.string for word in options.rest):
        return None  # several programs in one world: not read
    listed = _listed(exec, options, site)
    asked = options.value("-np").as_int()
    each = _each(options)
    files = tuned(options, exec, site)
    slots = total_slots(listed) if listed else absent()
    nodes = known(len(listed)) if listed else _nodes(exec, options, site)
    total = asked
    if total.is_absent:
        total = nodes * each if not each.is_absent else slots
    if total.is_absent:
        total = unknown("the slots of the allocation", key=("slots", exec.at), low=1, whole=True)
    launch = Launch(
        tool="mpirun",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=_per_node(total, nodes, each, listed, exec),
        total=total,
        node_rank=absent(),
        rendezvous=Rendezvous("mpi", absent(), absent(), absent()),
        spreads=True,
        offered=_offered(exec, options, listed),
        allocation=site.allocation,
        config=fields(files.parameters, files.complete),
        ssh_servers=served_beside(exec, site),
    )
    hosts = as_hosts(listed, exec, site) if listed else site.hosts if nodes.integer != 1 else (exec.host,)
    launch.children = _children(launch, hosts, each, files)
    return launch


def _offered(exec: Exec, options: Options, listed: tuple[Listed, ...] | None) -> Value:
    """The slots of all hosts, where each line names them: without a number Open MPI counts the cores of a hostfile's
    host, and Hydra, which reads `--host` too, knows no such limit."""
    freed = any(options.has(name) for name in ("--oversubscribe", "--npernode", "--app", "--launcher", "-genv"))
    mapping = options.value("--map-by")
    freed = freed or (not mapping.is_absent and mapping.string not in PLAIN_MAPPINGS)
    mapped = any("rmaps" in (value.string or "rmaps") for value in options.values("--mca"))
    mapped = mapped or any("MCA_rmaps" in name for name in exec.environment)
    mapped = mapped or any(options.has(name) for name in ("--tune", "--am", "--amca"))
    if not listed or freed or mapped or options.hidden or any(host.slots.is_absent for host in listed):
        return absent()
    return total_slots(listed)


def _listed(exec: Exec, options: Options, site: Site) -> tuple[Listed, ...] | None:
    if options.has("--host"):
        return _merged(from_text(options.value("--host")))
    if options.has("--hostfile"):
        word = options.given["--hostfile"][-1].values
        return _merged(from_file(word[0], exec, site)) if word else None
    return None if options.hidden else _merged(granted(site.allocation))


def _merged(listed: tuple[Listed, ...] | None) -> tuple[Listed, ...] | None:
    return merged(listed) if listed else None


def _nodes(exec: Exec, options: Options, site: Site) -> Value:
    if site.allocation is not None:
        return site.allocation.nodes
    if options.hidden or options.has("--hostfile") or options.has("--host"):
        return unknown("the hosts", key=("mpi hosts", exec.at), low=1, whole=True)
    return known(1, Step(How.DEFAULT, "without a list of hosts mpirun uses this host alone", exec.at))


def _each(options: Options) -> Value:
    """Processes per host, where an option says it."""
    given = options.value("--npernode").as_int()
    if not given.is_absent:
        return given
    if options.has("--pernode"):
        return known(1, Step(How.OPTION, "--pernode", options.given["--pernode"][-1].at))
    mapping = options.value("--map-by").string or ""
    parts = mapping.split(":")
    if parts[0] == "ppr" and len(parts) > 2 and parts[2].startswith("node"):
        return known(parts[1]).as_int().after(options.value("--map-by").trail)
    return absent()


def _per_node(total: Value, nodes: Value, each: Value, listed: tuple[Listed, ...] | None, exec: Exec) -> Value:
    if not each.is_absent:
        return each
    full = on_each(listed, total)
    if not full.is_absent:
        return full
    if nodes.integer == 1:
        return total
    return unknown("processes per node", key=("per node", exec.at), low=1, whole=True)


def _children(launch: Launch, hosts: tuple[Host, ...], each: Value, files: Tuned) -> tuple[Child, ...]:
    exec = launch.exec
    total, offered = launch.total.integer, launch.offered.integer
    if total is not None and offered is not None:
        total = min(total, offered)  # it refuses to start more
    slots = _slots(hosts, each, launch)
    if total is None or slots is None or total > 65536:
        first = _child(launch, exec.host, 0, 0, known(0), None, files)
        if each.integer != 1:
            return first, _child(launch, exec.host, 0, 1, known(1), None, files)
        return first, _child(launch, unknown_host(1, exec.at), 1, 0, known(1), None, files)
    placed = place(total, slots)
    counts: dict[int, int] = {}
    for index, _ in placed:
        counts[index] = counts.get(index, 0) + 1
    wanted = {0, 1, total - 1}
    wanted |= {rank for rank, (_, local) in enumerate(placed) if local == 0 and rank}
    chosen = sorted(rank for rank in wanted if 0 <= rank < len(placed))[:6]
    return tuple(
        _child(launch, hosts[node], node, local, known(rank), counts[node], files)
        for rank, (node, local) in ((rank, placed[rank]) for rank in chosen)
    )


def _slots(hosts: tuple[Host, ...], each: Value, launch: Launch) -> list[int] | None:
    if launch.nodes.integer == 1 and launch.total.integer is not None:
        return [launch.total.integer]
    if len(hosts) != launch.nodes.integer:
        return None
    slots = []
    for host in hosts:
        count = each.integer if not each.is_absent else host.slots.or_default(known(1)).integer
        if count is None:
            return None
        slots.append(count)
    return slots


def _child(
    launch: Launch, host: Host, node: int, local: int, rank: Value, here_count: int | None, files: Tuned
) -> Child:
    exec = launch.exec
    here = Step(How.ENVIRONMENT, "set by mpirun for its processes", exec.at)
    local_size = known(here_count) if here_count is not None else launch.per_node
    ours = {
        "OMPI_COMM_WORLD_RANK": rank,
        "OMPI_COMM_WORLD_LOCAL_RANK": known(local),
        "OMPI_COMM_WORLD_SIZE": launch.total,
        "OMPI_COMM_WORLD_LOCAL_SIZE": local_size,
        "OMPI_COMM_WORLD_NODE_RANK": known(local),
        "OMPI_UNIVERSE_SIZE": unknown("$OMPI_UNIVERSE_SIZE", key=("universe", exec.at)),
        "PMIX_RANK": rank,
    }
    theirs = {
        "PMI_RANK": rank,
        "PMI_SIZE": launch.total,
        "MPI_LOCALRANKID": known(local),
        "MPI_LOCALNRANKS": local_size,
    }
    # Where nothing tells which it is, the script reads the variables of the one that is there.
    given = ours if _open_mpi(launch.options) else theirs if _hydra(launch.options) else {**ours, **theirs}
    given = {name: value.because(here).as_text() for name, value in given.items()}
    return Child(
        host=host,
        environment=_forwarded(exec, launch.options, host, launch.allocation, files).with_(given),
        argv=launch.options.rest,
        node=node,
        local=local,
        at=exec.at,
        directory=exec.directory,
        rank=rank,
    )


def _forwarded(
    exec: Exec, options: Options, host: Host, allocation: Allocation | None, files: Tuned
) -> Environment:
    """What a process finds: all of mpirun's environment on its own host, on others what `-x` names, or a file.

    Hydra hands its whole environment on by default (`-genvall`), so options of that family hand all on, and where
    nothing tells which of them it is, or a scheduler starts Open MPI's daemons, the environment is open.
    """
    added: dict[str, Value] = {
        name: exec.environment.get(name) if value is None else value for name, value in files.exported.items()
    }
    for value in options.values("-x"):
        string = value.string
        if string is None:
            return exec.environment.opened()
        name, equals, content = string.partition("=")
        if equals:
            added[name] = known(content).after(value.trail)
        else:
            added[name] = exec.environment.get(name)
    pairs = options.values("-genv")
    for name_value, content_value in zip(pairs[::2], pairs[1::2], strict=False):
        if name_value.string is not None:
            added[name_value.string] = content_value
    if host.is_(exec.host) or _hydra(options) or options.hidden:
        return exec.environment.with_(added)
    handed_on = exec.environment.only({**added, **_mca(exec.environment)})
    if host.container is not None:
        # The template of the pod there may name the same variable; whether a session finds it is the image's matter.
        own = [name for name in host.container.variables if not handed_on.set(name)]
        handed_on = handed_on.with_({name: unknown(f"${name}", key=("there", host.machine, name)) for name in own})
        if not host.container.complete:
            return handed_on.opened()
    return handed_on if files.complete and _by_ssh(exec, options, allocation) else handed_on.opened()


def _by_ssh(exec: Exec, options: Options, allocation: Allocation | None) -> bool:
    """It is surely Open MPI, which reaches listed hosts by ssh and is told of no further variables.

    `mca_base_env_list` names more: https://docs.open-mpi.org/en/v5.0.x/man-openmpi/man1/mpirun.1.html.
    """
    listed = options.has("--host") or options.has("--hostfile")
    operated = allocation is not None and allocation.by_ssh
    told = any("env_list" in (value.string or "env_list") for value in options.values("--mca"))
    names = [name for name in exec.environment if not (operated and name in OF_OPERATORS)]
    told = told or any(name.startswith(("SLURM_", "OMPI_MCA", "PRTE_MCA", "PMIX_MCA")) for name in names)
    return (operated or (listed and _open_mpi(options))) and not told


def _open_mpi(options: Options) -> bool:
    return any(options.has(name) for name in OPEN_MPI) or _short(options)


def _hydra(options: Options) -> bool:
    return any(options.has(name) for name in ("-genv", "-genvall", "-genvlist", "--launcher", "--iface"))


def _short(options: Options) -> bool:
    return any(given.name == "-H" for given in options.given.get("--host", ()))


def _mca(environment: Environment) -> dict[str, Value]:
    """Open MPI hands on its own settings by itself."""
    return {name: environment.get(name) for name in environment if name.startswith(("OMPI_", "PMIX_"))}
