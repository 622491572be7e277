"""`jsrun` of IBM's Job Step Manager, which LSF clusters such as Summit start steps with.

A resource set is a part of one host with its tasks, CPUs and GPUs; each task sees the GPUs of its set alone, numbered
from 0.  Options and their defaults:
https://www.ibm.com/docs/en/spectrum-lsf/10.1.0?topic=SSWRJV_10.1.0/jsm/jsrun.htm and
https://docs.olcf.ornl.gov/systems/summit_user_guide.html#resource-sets ; the variables of a task:
https://docs.olcf.ornl.gov/systems/summit_user_guide.html#job-launcher-jsrun .
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.run.host import Host, unknown_host
from dtlint.run.word import Exec, Word
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS: Final = frozenset({"jsrun"})
MODULES: Final[frozenset[str]] = frozenset()
_SPEC: Final = Spec(
    (
        option("--nrs", "-n"),
        option("--np", "-p"),
        option("--tasks_per_rs", "-a"),
        option("--cpu_per_rs", "-c"),
        option("--gpu_per_rs", "-g"),
        option("--rs_per_host", "-r"),
        option("--rs_per_socket", "-K"),
        option("--env", "-E"),
        option("--env_eval", "-F"),
        option("--env_no_propagate", "-D"),
        *(option(name) for name in (
            "--appfile", "--erf_input", "--erf_output", "--chdir", "--exit_on_error", "--launch_distribution",
            "--latency_priority", "--memory_per_rs", "--smpiargs", "--bind", "--use_resource", "--allocate_only",
            "--stdio_input", "--stdio_mode", "--stdio_stdout", "--stdio_stderr", "--pre_post_exec", "--nodefile",
        )),
        *(option(f"-{letter}") for letter in "bdefhklmoMSUtzA"),
        flag("--immediate", "-i"),
        flag("--progress", "-V"),
        flag("--help", "-?"),
        flag("--version"),
    ),
    joined=True,
)  # fmt: skip


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, _SPEC)
    if not options.rest:
        return None
    sets, each_set = options.value("--nrs").as_int(), options.value("--tasks_per_rs").as_int()
    each_set = each_set.or_default(known(1, Step(How.DEFAULT, "jsrun starts 1 task in each resource set", exec.at)))
    on_host = options.value("--rs_per_host").as_int()
    total = options.value("--np").as_int().or_default(_or_hidden(sets, "resource sets", exec) * each_set)
    per_node = _or_hidden(on_host, "resource sets of a host", exec) * each_set
    launch = Launch(
        tool="jsrun",
        exec=exec,
        options=options,
        nodes=_hosts(exec, sets, on_host, site),
        per_node=per_node,
        total=total,
        node_rank=absent(),
        rendezvous=Rendezvous("mpi", absent(), absent(), absent()),
        spreads=True,
        allocation=site.allocation,
    )
    if launch.nodes.integer == 1 and on_host.is_absent:
        launch.per_node = total
    launch.children = tuple(_children(launch, site, each_set))
    return launch


def _or_hidden(value: Value, what: str, exec: Exec) -> Value:
    return value if not value.is_absent else unknown(f"the {what}", key=("jsrun", what, exec.at), low=1, whole=True)


def _hosts(exec: Exec, sets: Value, on_host: Value, site: Site) -> Value:
    """The hosts that the resource sets fill."""
    if sets.integer is not None and on_host.integer is not None and on_host.integer > 0:
        return known(-(-sets.integer // on_host.integer)).after(sets.trail, on_host.trail)
    if site.allocation is not None and site.allocation.nodes.integer == 1:
        return site.allocation.nodes
    return unknown("the hosts", key=("jsrun hosts", exec.at), low=1, whole=True)


def _children(launch: Launch, site: Site, each_set: Value) -> list[Child]:
    exec, options = launch.exec, launch.options
    here = Step(How.ENVIRONMENT, "set by jsrun for its tasks", exec.at)
    found = []
    hosts = {host.index: host for host in site.hosts}
    for node in corners(launch.nodes):
        host = _seen(hosts.get(node) or unknown_host(node, ("jsrun", exec.at)), options)
        for local in corners(launch.per_node, presumed=2):
            rank = launch.per_node * node + local
            if (rank >= launch.total).always:
                continue
            given = {
                "JSM_NAMESPACE_RANK": rank,
                "JSM_NAMESPACE_LOCAL_RANK": known(local),
                "JSM_NAMESPACE_SIZE": launch.total,
                "OMPI_COMM_WORLD_RANK": rank,
                "OMPI_COMM_WORLD_LOCAL_RANK": known(local),
                "OMPI_COMM_WORLD_SIZE": launch.total,
                "OMPI_COMM_WORLD_LOCAL_SIZE": launch.per_node,
                "PMIX_RANK": rank,
            }
            environment = exec.environment.with_({name: each.because(here).as_text() for name, each in given.items()})
            told = options.has("--env") or options.has("--env_eval") or options.has("--env_no_propagate")
            found.append(
                Child(
                    host=host,
                    environment=environment.opened() if told else environment,
                    argv=options.rest,
                    node=node,
                    local=local,
                    at=exec.at,
                    directory=exec.directory,
                    rank=rank,
                )
            )
    return found


def _seen(host: Host, options: Options) -> Host:
    """The host as a task sees it, with the GPUs of its resource set."""
    gpus = options.value("--gpu_per_rs").as_int()
    if gpus.is_absent:
        gpus = unknown("the GPUs of a resource set", key=("jsrun GPUs", options.rest[0].at), low=0, whole=True)
    return host.seeing(gpus)
