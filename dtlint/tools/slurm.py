"""Slurm: what a batch header asks for, what `srun` starts, and the variables that both set.

Read in Slurm's sources (26.11) and manuals:
- which options there are, and which take a value: `common_options` of src/common/slurm_opt.c; the options of containers
  are pyxis' (`spank_opts` of args.c of https://github.com/NVIDIA/pyxis);
- how `srun` reads its options and variables, and which win: `env_vars` and `_opt_verify` of src/srun/opt.c,
  https://slurm.schedmd.com/srun.html#SECTION_INPUT-ENVIRONMENT-VARIABLES;
- what a batch script finds: `env_array_for_batch_job` of src/common/env.c, https://slurm.schedmd.com/sbatch.html;
- what a task finds: `env_array_for_step` of src/common/env.c, `_build_user_env` of src/srun/launch.c.

Seen with two nodes of Slurm 22.05 on one machine (tests/test_proofs_slurm.py): of `--nodes=2 --ntasks=8` seven tasks
came to the first node and one to the second, with `--exclusive` four and four; of `--nodes=2 --gpus=4` three GPUs and
one, with `--exclusive` too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from dtlint.facts.shell import ShellProgram
from dtlint.job.launch import Allocation, Child, Launch, Rendezvous
from dtlint.job.site import Site, known_tail
from dtlint.job.spread import corners
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import Exec, Word
from dtlint.source import Span
from dtlint.tools import batch_header, batch_hosts, pyxis, slurm_parts, slurm_variables
from dtlint.tools.options import Option, Options, Spec, flag, option, parse
from dtlint.value import How, Step, Text, Value, absent, known, text, unknown

COMMANDS = frozenset({"srun"})
MODULES: frozenset[str] = frozenset()


def _table(valued: str, flags: str = "", optional: str = "") -> tuple[Option, ...]:
    """Options as `name` or `name/alias/letter`, by whether they take a value, none, or one that may be left out."""

    def names(entry: str) -> tuple[str, ...]:
        return tuple(f"--{name}" if len(name) > 1 else f"-{name}" for name in entry.split("/"))

    return (
        *(option(*names(entry)) for entry in valued.split()),
        *(flag(*names(entry)) for entry in flags.split()),
        *(Option(names(entry), optional=True) for entry in optional.split()),
    )


COMMON = _table(
    """
    account/A acctg-freq autocomplete bb bbf begin/b chdir/D clusters/cluster/M cluster-constraint comment constraint/C
    container container-id context core-spec/S cores-per-socket cpu-freq cpus-per-gpu cpus-per-task/c deadline
    delay-boot dependency/d distribution/m error/e exclude/x export extra extra-node-info/B gid gpu-bind gpu-freq
    gpus/G gpus-per-node gpus-per-socket gpus-per-task gres gres-flags hint input/i job-name/J licenses/L mail-type
    mail-user mcs-label mem mem-bind mem-per-cpu mem-per-gpu mem-update mincpus network nodefile/F nodelist/w nodes/N
    ntasks/n ntasks-per-core ntasks-per-gpu ntasks-per-node/tasks-per-node ntasks-per-socket ntasks-per-tres open-mode
    output/o partition/p power prefer priority profile qos/q reservation resources runtime segment signal
    sockets-per-node switches thread-spec threads-per-core time/t time-min tmp tres-bind tres-per-task uid wckey
    container-image container-mounts container-name container-save container-workdir container-env
    """,
    """
    consolidate-segments contiguous help/h hold/H overcommit/O oversubscribe/share/s parsable quiet/Q reboot spread-job
    spread-segments stepmgr test-only usage use-min-nodes verbose/v version/V container-entrypoint
    container-entrypoint-log container-mount-home container-readonly container-remap-root container-writable
    no-container-entrypoint no-container-mount-home no-container-remap-root
    """,
    "exclusive nice no-kill/k oom-kill-step propagate resv-ports",
)

SBATCH = Spec(
    (
        *COMMON,
        *_table(
            "array/a batch export-file kill-on-invalid-dep wait-all-nodes wrap",
            "external get-user-env ignore-pbs no-requeue wait/W",
            "requeue",
        ),
    ),
    joined=True,
)

SRUN = Spec(
    (
        *COMMON,
        *_table(
            """
            accel-bind bcast-exclude cpu-bind/cpu_bind epilog het-group/pack-group ignore-signals jobid mpi msg-timeout
            prolog relative/r slurmd-debug task-epilog task-prolog threads/T treewidth wait/W
            """,
            """
            async debugger-test disable-status/X exact interactive label/l multi-prog no-allocate/Z preserve-env/E
            quit-on-interrupt unbuffered/u wait-for-children whole
            """,
            "bcast compress external-launcher immediate/I kill-on-bad-exit/K overlap pty send-libs x11",
        ),
    ),
    joined=True,
)


BINDING = ("--gpus-per-task", "--ntasks-per-gpu", "--tres-bind", "--tres-per-task", "--accel-bind")
"""Options under which tasks may see different GPUs."""

TASKS_BY_OTHERS = ("--ntasks-per-gpu", "--ntasks-per-tres", "--gpus-per-task")
"""Options by which Slurm counts tasks in ways that are not followed."""

CPUS_OTHERWISE = (
    "--exclusive", "--overcommit", "--oversubscribe", "--hint", "--cpus-per-gpu", "--mincpus", "--cores-per-socket",
    "--extra-node-info", "--threads-per-core", "--ntasks-per-core", "--ntasks-per-socket", "--tres-per-task",
    "--core-spec", "--thread-spec", "--container",
)  # fmt: skip
"""Options beside `--cpus-per-task` under which a task may have other CPUs than one."""

JOB_VARIABLES = {
    "--gpus-per-node": "SLURM_GPUS_PER_NODE",
    "--gpus": "SLURM_GPUS",
    "--gpu-bind": "SLURM_GPU_BIND",
    "--tres-bind": "SLURM_TRES_BIND",
    "--ntasks-per-gpu": "SLURM_NTASKS_PER_GPU",
    "--job-name": "SLURM_JOB_NAME",
    "--distribution": "SLURM_DISTRIBUTION",
}
"""Options of a job whose values its script finds as they were written."""

SET_FOR_EVERY_JOB = (
    "SLURM_JOB_ID",
    "SLURM_JOBID",
    "SLURM_JOB_NODELIST",
    "SLURM_NODELIST",
    "SLURM_SUBMIT_DIR",
    "SLURM_SUBMIT_HOST",
    "SLURM_JOB_PARTITION",
    "SLURM_JOB_ACCOUNT",
    "SLURM_JOB_USER",
    "SLURM_CLUSTER_NAME",
    "SLURM_TASKS_PER_NODE",
    "SLURM_JOB_GPUS",
    "SLURM_CPUS_ON_NODE",
    "SLURM_JOB_CPUS_PER_NODE",
    "SLURM_GTIDS",
    "SLURM_TASK_PID",
    "SLURM_JOB_QOS",
    "SLURM_MEM_PER_NODE",
    "SLURM_MEM_PER_CPU",
    "SLURM_LAUNCH_NODE_IPADDR",
    "SLURM_RESTART_COUNT",
    "SLURM_TMPDIR",
    "SLURM_CONF",
    "SLURM_JOB_UID",
    "SLURM_JOB_GID",
    "SLURM_NODE_ALIASES",
    "SLURM_PRIO_PROCESS",
    "SLURM_TOPOLOGY_ADDR",
    "SLURM_TOPOLOGY_ADDR_PATTERN",
    "SLURM_WORKING_CLUSTER",
)
"""Variables of a batch script whose values only the cluster knows."""


OF_COMPONENTS = (
    "CPUS_PER_TASK",
    "GPUS",
    "GPUS_PER_NODE",
    "GPUS_PER_TASK",
    "JOB_ACCOUNT",
    "JOB_CPUS_PER_NODE",
    "JOB_ID",
    "JOB_NAME",
    "JOB_NODELIST",
    "JOB_PARTITION",
    "JOB_QOS",
    "MEM_PER_CPU",
    "MEM_PER_NODE",
    "NNODES",
    "NODELIST",
    "NTASKS",
    "NTASKS_PER_NODE",
    "TASKS_PER_NODE",
)
"""What a batch script finds of each component of its job, as `SLURM_…_HET_GROUP_0` (`_set_het_job_env` of
src/slurmctld/job_scheduler.c, `set_envs` of src/sbatch/opt.c)."""

SET_FOR_EVERY_TASK = (
    "SLURM_STEP_ID",
    "SLURM_STEPID",
    "SLURM_STEP_NODELIST",
    "SLURM_STEP_TASKS_PER_NODE",
    "SLURM_STEP_GPUS",
    "SLURM_STEP_LAUNCHER_PORT",
    "SLURM_SRUN_COMM_HOST",
    "SLURM_SRUN_COMM_PORT",
    "SLURM_LAUNCH_NODE_IPADDR",
    "SLURM_TASKS_PER_NODE",
    "SLURM_DISTRIBUTION",
    "SLURM_UMASK",
)
"""Variables of a task of `srun` whose values only the cluster knows."""

_SET_FOR = "set by Slurm for "

STEP_GPUS = ("--gres", "--gpus", "--gpus-per-node", "--gpus-per-socket", "--gpus-per-task")
"""Options by which a step has other GPUs than its job."""


# -- what was asked for


def requests(
    program: ShellProgram, submitted: Exec | None, holes: Mapping[str, Word] = batch_header.NO_HOLES
) -> list[Request] | None:
    """What the `#SBATCH` lines of a script ask for, and the command that submits it, for each component of the job;
    None where neither is there."""
    lines = batch_header.lines(program, "#SBATCH", holes)
    if lines is None and submitted is None:
        return None
    headers = [parse(words, SBATCH) for words in slurm_parts.of_header(lines)] if lines is not None else []
    commands = submission(submitted) if submitted is not None else []
    variables = slurm_variables.given(submitted.environment, slurm_variables.SBATCH) if submitted is not None else {}
    return [
        Request(command, variables, header) for command, header in itertools.zip_longest(commands, headers)
    ]


def granted(requests: Sequence[Request], at: Span, site: Site, scope: object) -> Allocation:
    """What Slurm grants to the job that `requests` ask for, one for each component."""
    first = allocate(requests[0], at, site, scope)
    if len(requests) > 1:
        others = (
            allocate(each, _begun(each, at), site, (scope, "component", number))
            for number, each in enumerate(requests[1:], 1)
        )
        first.parts = (first, *others)
    return first


def _begun(request: Request, at: Span) -> Span:
    """Where a further component is asked for."""
    given = (each for options in (request.header, request.command) if options for each in options.given.values())
    return next((each[0].at for each in given), at)


@record
class Request:
    """What a job is asked for with: the command line wins over the variables, and these over the header."""

    command: Options | None = None
    variables: Mapping[str, Value] = field(default_factory=dict)
    """Options that the environment of the command gives, by name."""
    header: Options | None = None

    def asked(self, name: str) -> Value:
        """The value of an option; absent where surely nobody gives it."""
        for value in (_given(self.command, name, How.OPTION), self.variables.get(name, absent())):
            if not value.is_absent:
                return value
        return _given(self.header, name, How.HEADER)


def _given(options: Options | None, name: str, how: How) -> Value:
    value = absent() if options is None else options.value(name)
    if options is None or not options.has(name):
        return value
    given = options.given[name][-1]
    return Value(value.content, (Step(how, given.written, given.at), *value.trail[1:]))


def allocate(request: Request, at: Span, site: Site, scope: object) -> Allocation:
    """What Slurm grants."""
    asked = request.asked
    tasks = asked("--ntasks").as_int()
    per_node = asked("--ntasks-per-node").as_int()
    if tasks.is_absent and per_node.is_absent and any(not asked(name).is_absent for name in TASKS_BY_OTHERS):
        tasks = unknown("the number of tasks", key=("tasks", at), low=1, whole=True)
    nodes = _count(asked("--nodes"))
    if nodes.is_absent:
        nodes = _implied_nodes(tasks, per_node, at)
    gpus = _gpus(asked, nodes, tasks, per_node)
    if gpus.is_absent:
        gpus = site.cluster.gpus_per_node
    cpus_per_task = asked("--cpus-per-task").as_int()
    exclusive = asked("--exclusive")
    shared = exclusive.string in ("user", "mcs")  # other jobs of that user or group may still be there
    allocation = Allocation(
        scheduler="slurm",
        at=at,
        nodes=nodes,
        tasks=tasks,
        tasks_per_node=per_node,
        cpus_per_task=cpus_per_task,
        gpus_per_node=gpus,
        gpus_per_task=_count(asked("--gpus-per-task")),
        exclusive=absent() if shared else exclusive,
        cpus_otherwise=next((each for each in map(asked, CPUS_OTHERWISE) if not each.is_absent), absent()),
    )
    allocation.hosts = batch_hosts.hosts(allocation, scope, "node")
    return allocation


def _implied_nodes(tasks: Value, per_node: Value, at: Span) -> Value:
    if tasks.is_absent:
        return known(1, Step(How.DEFAULT, "without --nodes Slurm grants 1 node", at))
    if not per_node.is_absent:
        return tasks.ceil_div(per_node)
    if tasks.integer == 1:
        return known(1).after(tasks.trail)
    return unknown("the number of nodes", key=("nodes", at), low=1, whole=True)


def _count(value: Value) -> Value:
    """`4`, or `2-4` (a range), or `a100:4` (a type in front), as a number."""
    string = value.string
    if string is None:
        return value.as_int() if not value.is_absent else value
    number = string.rpartition(":")[2]
    low, dash, _ = number.partition("-")
    if dash and low.isdigit():
        return unknown(string, key=("count", string, value.trail), low=int(low), whole=True).after(value.trail)
    return known(number).as_int().after(value.trail)


def _gpus(ask: Callable[[str], Value], nodes: Value, tasks: Value, per_node: Value) -> Value:
    """GPUs on each node; absent where the request names none."""
    given = ask("--gpus-per-node")
    if not given.is_absent:
        return _count(given)
    gres = ask("--gres")
    if gres.string is not None:
        for part in gres.string.split(","):
            kind, _, rest = part.partition(":")
            if kind == "gpu":
                # `gpu`, `gpu:4`, `gpu:a100`, `gpu:a100:4`, each perhaps with `(S:0-1)` behind
                count = rest.partition("(")[0].rpartition(":")[2]
                return known(int(count) if count.isdigit() else 1).after(gres.trail)
    elif not gres.is_absent:
        match gres.content:
            case Text(parts=(str(prefix), Value() as number)) if prefix.startswith("gpu:") and prefix.endswith(":"):
                return number.as_int().after(gres.trail)
            case _:
                pass
        return unknown(f"GPUs of {gres}", key=("gres", gres.trail), low=0, whole=True)
    total = ask("--gpus")
    if not total.is_absent:
        count_of = _count(total)
        if nodes.integer == 1:
            return count_of
        # Each node gives one at least; of the rest the first may give all that it has.
        if count_of.same(nodes):
            return known(1).after(total.trail)
        return unknown("GPUs per node", key=("gpus", total.trail), low=1, whole=True).after(total.trail)
    per_task = ask("--gpus-per-task")
    if not per_task.is_absent:
        if not per_node.is_absent:
            return _count(per_task) * per_node
        if nodes.integer == 1 and not tasks.is_absent:
            return _count(per_task) * tasks
        return unknown("GPUs per node", key=("gpus", per_task.trail), low=1, whole=True)
    return absent()


def node_names(allocation: Allocation) -> tuple[Value, ...] | None:
    """All names of `scontrol show hostnames`, or None where the number of nodes is not known or too large to list."""
    count = allocation.nodes.integer
    if count is None or count != len(allocation.hosts):
        return None
    return tuple(host.name for host in allocation.hosts)


def batch_environment(allocation: Allocation, request: Request) -> dict[str, Value]:
    """What the batch script finds; it runs once, as task 0 on the first node."""
    at = allocation.at
    here = Step(How.ENVIRONMENT, f"{_SET_FOR}the batch script", at)
    own = dict.fromkeys(("SLURM_NODEID", "SLURM_PROCID", "SLURM_LOCALID"), known("0", here))
    first = unknown("the first node", key=("slurm variable", at, "first"))
    own["SLURMD_NODENAME"] = (allocation.hosts[0].name if allocation.hosts else first).because(here)
    if not allocation.gpus_per_node.is_absent:
        own["SLURM_GPUS_ON_NODE"] = allocation.gpus_per_node.as_text().because(here)
    return {**own, **job_environment(allocation, request, "the batch script")}


def job_environment(allocation: Allocation, request: Request, whom: str) -> dict[str, Value]:
    """What Slurm tells `whom` of a job."""
    asked = request.asked
    at = allocation.at
    here = Step(How.ENVIRONMENT, f"{_SET_FOR}{whom}", at)
    job = ("slurm variable", at)
    nodes, per_node = allocation.nodes, allocation.tasks_per_node
    given = {"SLURM_NNODES": nodes, "SLURM_JOB_NUM_NODES": nodes}
    tasks = _tasks(allocation)
    if not (allocation.tasks.is_absent and per_node.is_absent):
        given["SLURM_NTASKS"] = given["SLURM_NPROCS"] = tasks
    if not per_node.is_absent:
        given["SLURM_NTASKS_PER_NODE"] = per_node
    if not allocation.cpus_per_task.is_absent:
        given["SLURM_CPUS_PER_TASK"] = allocation.cpus_per_task
    if not allocation.gpus_per_task.is_absent:
        given["SLURM_GPUS_PER_TASK"] = allocation.gpus_per_task
    # The numbers of GPUs may carry their type, as written: `a100:4`.
    for name, variable in JOB_VARIABLES.items():
        if not asked(name).is_absent:
            given[variable] = asked(name)
    exported = asked("--export")
    if not exported.is_absent and (exported.string or "").upper() != "ALL":
        given["SLURM_EXPORT_ENV"] = exported
    withheld = list(SET_FOR_EVERY_JOB)
    if not asked("--array").is_absent:
        own = ("TASK_ID", "JOB_ID", "TASK_COUNT", "TASK_MAX", "TASK_MIN", "TASK_STEP")
        withheld += [f"SLURM_ARRAY_{name}" for name in own]
    if "SLURM_JOB_NAME" not in given:
        withheld.append("SLURM_JOB_NAME")
    if allocation.parts:
        given["SLURM_HET_SIZE"] = known(len(allocation.parts))
        for number, part in enumerate(allocation.parts):
            withheld += [f"SLURM_{name}_HET_GROUP_{number}" for name in OF_COMPONENTS]
            given[f"SLURM_JOB_NUM_NODES_HET_GROUP_{number}"] = part.nodes
    for name in withheld:
        given[name] = unknown(f"${name}", key=(job, name))
    return {name: (value if name.endswith("LIST") else value.as_text()).because(here) for name, value in given.items()}


def _tasks(allocation: Allocation) -> Value:
    if not allocation.tasks.is_absent:
        return allocation.tasks
    if not allocation.tasks_per_node.is_absent:
        return allocation.nodes * allocation.tasks_per_node
    return allocation.nodes


# -- srun


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, SRUN)
    job = site.allocation
    if job is None or job.scheduler != "slurm":
        request = Request(options, slurm_variables.given(exec.environment, slurm_variables.SRUN))
        job = allocate(request, exec.at, site, exec.at)
    if ":" in (word.string for word in options.rest):
        return None  # several programs, each on components of its own
    allocation = _component(job, options)
    if allocation is None:
        return _over_components(exec, options, job)
    nodes, per_node, total = _counts(exec, options, allocation, job)
    launch = Launch(
        tool="srun",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=per_node,
        total=total,
        node_rank=absent(),
        rendezvous=Rendezvous("none", absent(), absent(), absent()),
        spreads=True,
        ranks=False,
        allocation=allocation,
    )
    launch.overruled = pyxis.own_variables(exec, options, site)
    launch.children = _tasks_of(launch, allocation, options)
    return launch


def _component(job: Allocation, options: Options) -> Allocation | None:
    """The component of the job that the step runs on; None for several, and for one that is not known."""
    number = slurm_parts.chosen(options.value("--het-group"))
    parts = job.parts or (job,)
    return parts[number] if number is not None and 0 <= number < len(parts) else None


def _over_components(exec: Exec, options: Options, job: Allocation) -> Launch:
    """A step on components that are not followed: nothing is said of its tasks."""
    nodes, per_node = (unknown(what, key=(what, exec.at), low=1, whole=True) for what in ("nodes", "tasks per node"))
    return Launch(
        tool="srun",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=per_node,
        total=nodes * per_node,
        node_rank=absent(),
        rendezvous=Rendezvous("none", absent(), absent(), absent()),
        spreads=True,
        ranks=False,
        allocation=job,
    )


def _counts(exec: Exec, options: Options, allocation: Allocation, job: Allocation) -> tuple[Value, Value, Value]:
    """Nodes, tasks on each and tasks in all: options, or else the variables of the job (`_opt_verify` of
    src/srun/opt.c)."""
    asked_nodes = _count(options.value("--nodes"))
    asked_tasks = options.value("--ntasks").as_int()
    if allocation is job:
        set_nodes = _inherited(exec, "SLURM_JOB_NUM_NODES", allocation.nodes)
        set_each = _inherited(exec, "SLURM_NTASKS_PER_NODE", allocation.tasks_per_node)
        set_tasks = _inherited(exec, "SLURM_NTASKS", _inherited(exec, "SLURM_NPROCS", _set_tasks(allocation)))
    else:
        # What a further component does not say for itself may come from the variables of the first one.
        own = not (allocation.tasks.is_absent and allocation.tasks_per_node.is_absent)
        told = any(exec.environment.set(name) for name in ("SLURM_NTASKS", "SLURM_NTASKS_PER_NODE"))
        hidden = unknown("the tasks", key=("tasks", exec.at), low=1, whole=True) if told and not own else absent()
        set_nodes, set_each = allocation.nodes, allocation.tasks_per_node
        set_tasks = _set_tasks(allocation).or_default(hidden)
    nodes = asked_nodes.or_default(set_nodes)
    per_node = options.value("--ntasks-per-node").as_int().or_default(set_each)
    total = asked_tasks.or_default(set_tasks)
    if not per_node.is_absent and asked_tasks.is_absent and not asked_nodes.is_absent:
        total = absent()
    if not total.is_absent:
        if (total < nodes).always:
            nodes = total  # "can't run 2 processes on 4 nodes, setting nnodes to 2"
        # With both, --ntasks-per-node is only the most that may be on one node; it is ignored where it is too small.
        even = not allocation.tasks_per_node.is_absent or not allocation.exclusive.is_absent
        return nodes, per_node if total.same(nodes * per_node) else _even(total, nodes, exec.at, even), total
    if per_node.is_absent:
        if any(not options.value(name).is_absent for name in TASKS_BY_OTHERS):
            per_node = unknown("tasks per node", key=("tasks per node", exec.at), low=1, whole=True)
        else:
            default = known(1, Step(How.DEFAULT, "srun starts 1 task per node", exec.at))
            per_node = _as_many_as_fit(options, allocation) or default
    return nodes, per_node, nodes * per_node


def _as_many_as_fit(options: Options, allocation: Allocation) -> Value | None:
    """Tasks on each node of a step that says the CPUs of a task and no number of tasks (`_set_ntasks` of
    src/srun/srun_job.c); None where one task or fewer fit, or the CPUs of a node are not known."""
    each, granted = options.value("--cpus-per-task").as_int(), allocation.cpus_per_task
    if not allocation.exclusive.is_absent:
        granted = allocation.hosts[0].cpus if allocation.hosts else absent()
    if each.integer is None or granted.integer is None or not 0 < 2 * each.integer <= granted.integer:
        return None
    return known(granted.integer // each.integer).after(each.trail, granted.trail)


def _inherited(exec: Exec, variable: str, granted: Value) -> Value:
    """What the job was given, or what its script has made of the variable since."""
    if not exec.environment.set(variable):
        return granted
    found = exec.environment.get(variable)
    return granted if granted.as_text().same(found.as_text()) else found.as_int()


def _set_tasks(allocation: Allocation) -> Value:
    """The number of tasks that the request says, itself or by the tasks on each node."""
    if allocation.tasks.is_absent and not allocation.tasks_per_node.is_absent:
        return allocation.nodes * allocation.tasks_per_node
    return allocation.tasks


def _even(total: Value, nodes: Value, at: Span, even: bool) -> Value:
    """Tasks on each node; without `even`, one node may have been granted more CPUs than another."""
    if nodes.integer == 1:
        return total
    if even and total.integer is not None and nodes.integer is not None and total.integer % nodes.integer == 0:
        return total // nodes
    if total.same(nodes):
        return known(1).after(total.trail, nodes.trail)
    return unknown("tasks per node", key=("tasks per node", at), low=1, whole=True).after(total.trail)


def _hosts(launch: Launch, allocation: Allocation, options: Options) -> tuple[Host, ...]:
    wanted = options.value("--nodelist")
    if options.has("--nodelist"):
        chosen = [host for host in allocation.hosts if (host.name == wanted).always]
        if chosen:
            return tuple(chosen)
        return (_somewhere(allocation, options),)
    if launch.nodes.integer is not None and allocation.nodes.integer is not None:
        if launch.nodes.integer >= allocation.nodes.integer:
            return allocation.hosts
        return tuple(host for host in allocation.hosts if host.index < launch.nodes.integer)
    return allocation.hosts[:1]


def _somewhere(allocation: Allocation, options: Options) -> Host:
    """A node of the allocation of which only the name is known."""
    given = options.given["--nodelist"][-1]
    model = allocation.hosts[0] if allocation.hosts else None
    return Host(
        index=0,
        name=options.value("--nodelist"),
        gpus=model.gpus if model else unknown("GPUs", key=("gpus", given.at)),
        cpus=model.cpus if model else unknown("CPUs", key=("cpus", given.at)),
        allocation=allocation,
        machine=("node", str(options.value("--nodelist")), given.at),
    )


def _tasks_of(launch: Launch, allocation: Allocation, options: Options) -> tuple[Child, ...]:
    exec = launch.exec
    here = Step(How.ENVIRONMENT, "set by srun for each task", exec.at)
    bind = _binding(options, exec.environment)
    one_each = _one_gpu_each(exec, options, allocation, bind)
    cpus = _cpus(exec, options)
    environment = _exported(exec.environment, options)
    if options.has("--container-image") or options.has("--container-name"):
        # Hooks of the container runtime may set variables, as enroot's conf/hooks/extra/50-slurm-pytorch.sh does with
        # RANK, LOCAL_RANK, WORLD_SIZE and the master's address.
        environment = environment.opened().with_(launch.overruled)
    order = options.value("--distribution")
    if order.is_absent and exec.environment.set("SLURM_DISTRIBUTION"):
        order = exec.environment.get("SLURM_DISTRIBUTION")
    children: list[Child] = []
    for host in _hosts(launch, allocation, options):
        for local in corners(launch.per_node):
            rank = _rank(launch, host, local, order)
            given: dict[str, Value] = {
                "SLURM_PROCID": rank,
                "SLURM_LOCALID": known(local),
                "SLURM_NODEID": known(host.index),
                "SLURM_NTASKS": launch.total,
                "SLURM_NPROCS": launch.total,
                "SLURM_NNODES": launch.nodes,
                "SLURM_STEP_NUM_TASKS": launch.total,
                "SLURM_STEP_NUM_NODES": launch.nodes,
                "SLURM_JOB_ID": exec.environment.get("SLURM_JOB_ID"),
                **{name: unknown(f"${name}", key=("step", exec.at, name)) for name in SET_FOR_EVERY_TASK},
            }
            if any(options.has(name) for name in STEP_GPUS) or _gpus_set(exec.environment):
                given["SLURM_GPUS_ON_NODE"] = unknown("$SLURM_GPUS_ON_NODE", key=("step", exec.at, "gpus", host.index))
            given = {name: value.because(here).as_text() for name, value in given.items()}
            given["SLURMD_NODENAME"] = host.name.because(here)
            if options.has("--ntasks-per-node"):
                given["SLURM_NTASKS_PER_NODE"] = launch.per_node.because(here).as_text()
            if not cpus.is_absent:
                given["SLURM_CPUS_PER_TASK"] = cpus.because(here).as_text()
            seen = host
            if one_each is not None:
                seen = host.seeing(known(1).after(one_each.trail))
                given["CUDA_VISIBLE_DEVICES"] = known("0").after(one_each.trail).because(here)
            elif launch.per_node.integer != 1 and _bound(options, allocation, exec.environment, bind):
                shown = ("gpus of a task", exec.at, host.index, local)
                given["CUDA_VISIBLE_DEVICES"] = unknown("$CUDA_VISIBLE_DEVICES", key=shown)
            elif environment.set("CUDA_VISIBLE_DEVICES") and not allocation.gpus_per_node.is_absent:
                # Slurm sets it anew, to the GPUs of the step (src/plugins/gres/common/gres_common.c).
                given["CUDA_VISIBLE_DEVICES"] = unknown("$CUDA_VISIBLE_DEVICES", key=("gpus of a step", exec.at))
            children.append(
                Child(
                    host=seen,
                    environment=environment.with_(given),
                    argv=options.rest,
                    node=host.index,
                    local=local,
                    at=exec.at,
                    directory=_directory(exec, options),
                    rank=rank,
                )
            )
    return tuple(children)


def _rank(launch: Launch, host: Host, local: int, order: Value) -> Value:
    """The rank of a task: in blocks, node after node, unless `--distribution` deals the tasks out in turn."""
    block = launch.per_node * host.index + local
    if order.is_absent or launch.nodes.integer == 1 or launch.per_node.integer == 1:
        return block
    first = (order.string or "").partition(":")[0].partition(",")[0].lower()
    if first in ("block", "*"):
        return block
    if first == "cyclic":
        return launch.nodes * local + host.index
    return unknown("the rank of a task", key=("distributed", launch.at, host.index, local), low=0, whole=True)


def _binding(options: Options, environment: Environment) -> Value:
    """`--gpu-bind` of the step, or of the header, which reaches it as a variable."""
    given = options.value("--gpu-bind")
    return environment.get("SLURM_GPU_BIND") if given.is_absent and environment.set("SLURM_GPU_BIND") else given


def _told(exec: Exec, options: Options, name: str, variable: str) -> Value:
    """An option of the step, or the variable by which it comes."""
    given = options.value(name)
    return exec.environment.get(variable) if given.is_absent and exec.environment.set(variable) else given


def _cpus(exec: Exec, options: Options) -> Value:
    """CPUs of each task: Slurm 22.05 and 23.02 read SRUN_CPUS_PER_TASK, all others SLURM_CPUS_PER_TASK
    (CHANGELOG/slurm-22.05.md and slurm-23.11.md)."""
    given = options.value("--cpus-per-task").as_int()
    if not given.is_absent or not exec.environment.set("SRUN_CPUS_PER_TASK"):
        return given
    own, job = (exec.environment.get(f"{name}_CPUS_PER_TASK").as_int() for name in ("SRUN", "SLURM"))
    return own if own.same(job) else unknown("CPUs of a task", key=("cpus per task", exec.at), low=1, whole=True)


def _gpus_set(environment: Environment) -> bool:
    """A script has set a variable by which its steps get other GPUs than its job."""
    for name in ("SLURM_GRES", "SLURM_GPUS", "SLURM_GPUS_PER_NODE", "SLURM_GPUS_PER_SOCKET", "SLURM_GPUS_PER_TASK"):
        value = environment.get(name) if environment.set(name) else absent()
        if not value.is_absent and (not value.trail or not value.trail[0].text.startswith(_SET_FOR)):
            return True
    return False


def _one_gpu_each(exec: Exec, options: Options, allocation: Allocation, bind: Value) -> Value | None:
    """The request under which each task sees one GPU only, as device 0.

    https://slurm.schedmd.com/srun.html, --gpus-per-task (implies `--gpu-bind=per_task:<n>`) and --gpu-bind.
    """
    if bind.string is not None:
        kind, _, number = bind.string.partition(":")
        if kind.removeprefix("verbose,") in ("single", "per_task") and number == "1":
            return bind
        return None
    if not bind.is_absent:
        return None
    for value in (_told(exec, options, "--gpus-per-task", "SLURM_GPUS_PER_TASK"), allocation.gpus_per_task):
        if not value.is_absent:
            return value if _count(value).integer == 1 else None
    return None


def _bound(options: Options, allocation: Allocation, environment: Environment, bind: Value) -> bool:
    """Each task may be shown GPUs of its own, which of them is not worked out here."""
    if not bind.is_absent:
        return bind.string != "none"
    asked = (*(options.value(name) for name in BINDING), allocation.gpus_per_task)
    inherited = any(environment.set(name) for name in ("SLURM_NTASKS_PER_GPU", "SLURM_TRES_BIND"))
    return inherited or any(not value.is_absent for value in asked)


def _directory(exec: Exec, options: Options) -> Value:
    given = options.value("--chdir")
    return exec.directory if given.is_absent else given


def _exported(environment: Environment, options: Options) -> Environment:
    """What of the environment `--export` lets through, or the variable by which a batch job's own `--export` reaches
    its steps: ALL (the default), NONE, or names, of which `NAME=value` only adds what ALL lacks (`_build_user_env` of
    src/srun/launch.c)."""
    wanted = options.value("--export")
    for name in ("SRUN_EXPORT_ENV", "SLURM_EXPORT_ENV"):  # the first wins
        if wanted.is_absent and environment.set(name):
            wanted = environment.get(name)
    kept = _named(environment, wanted)
    if kept is None:
        return environment if wanted.is_absent else environment.opened()
    added, everything = kept
    if wanted.string is None:
        # A part that is not known may name others too.
        return environment.opened().with_(added)
    if everything:
        missing = {name: value for name, value in added.items() if not environment.set(name)}
        return environment.with_(missing)
    slurm = {name: environment.get(name) for name in environment if name.startswith("SLURM")}
    return environment.only({**added, **slurm})


def _named(environment: Environment, wanted: Value) -> tuple[dict[str, Value], bool] | None:
    """The variables that an `--export` names, and whether it takes all others too; None where it is not known."""
    if isinstance(wanted.content, Text):
        parts: tuple[str | Value, ...] = wanted.content.parts
    elif wanted.string is not None:
        parts = (wanted.string,)
    else:
        return None
    holes = [part for part in parts if isinstance(part, Value)]
    written = "".join(_HOLE if isinstance(part, Value) else str(part) for part in parts)
    named: dict[str, Value] = {}
    everything = False
    for part in _QUOTED.split(written):
        name, equals, content = part.partition("=")
        if _HOLE in part:
            filled = [holes.pop(0) for _ in range(part.count(_HOLE))]
            if equals and _HOLE not in name:
                between = content.split(_HOLE)
                pieces: list[str | Value] = [between[0]]
                for hole, behind in zip(filled, between[1:], strict=True):
                    pieces += (hole, behind)
                named[name] = text(pieces).after(wanted.trail)
            continue
        if name.upper() in ("NONE", "NIL") and not equals:
            break
        if name.upper() == "ALL" and not equals:
            everything = True
        elif equals:
            named[name] = known(content.strip("\"'")).after(wanted.trail)
        elif environment.set(name):
            named[name] = environment.get(name)
    return named, everything


_HOLE = "\ue000"
"""Stands for a part of a text that is not known."""
_QUOTED = re.compile(r""",(?=(?:[^"']*["'][^"']*["'])*[^"']*$)""")
"""Commas outside of quotes (`find_quote_token` of src/common/proc_args.c)."""


# -- sbatch as a command


def submission(exec: Exec) -> list[Options]:
    """The options of an `sbatch` command, for each component of its job."""
    return slurm_parts.of_command(exec.argv[1:], SBATCH)


def submitted_script(exec: Exec) -> str | None:
    """The script that `sbatch` submits; None where it is not known, or the job is given with --wrap."""
    rest = submission(exec)[-1].rest
    return known_tail(rest[0]) if rest else None


def submitted_text(exec: Exec) -> Word | None:
    """The text of the job where `sbatch` is given it instead of a script: with `--wrap`, or as a here-document
    (`get_script_buffer` and `script_wrap` of src/sbatch/sbatch.c); None for a script, and where it is not known."""
    options = submission(exec)[-1]
    if options.hidden or options.rest:
        return None
    wrapped = options.given.get("--wrap")
    return wrapped[-1].values[-1] if wrapped else exec.stdin


def script_arguments(exec: Exec) -> tuple[Word, ...]:
    return submission(exec)[-1].rest[1:]


def submitted_environment(caller: Environment, batch: Environment) -> Environment:
    """What the batch script finds: of what the submitting shell exported, what `--export` lets through
    (`env_merge_filter` of src/common/env.c), and what Slurm sets on top."""
    set_by_slurm = {name: batch.get(name) for name in batch}
    wanted = batch.get("SLURM_EXPORT_ENV")
    if wanted.is_absent:
        return caller.with_(set_by_slurm)
    kept = _named(caller, wanted)
    if kept is None:
        return caller.with_(set_by_slurm).opened()
    added, everything = kept
    if everything:
        return caller.with_({**added, **set_by_slurm})
    slurm = {name: caller.get(name) for name in caller if name.startswith("SLURM")}
    return caller.only({**added, **slurm, **set_by_slurm})
