"""DGL's `tools/launch.py`, which starts the servers and trainers of DistDGL on all machines over ssh.

Read in DGL 2.1: https://github.com/dmlc/dgl/blob/v2.1.0/tools/launch.py.  It takes one word, the user's command, puts
`-m torch.distributed.launch` behind its `python`, and runs it on each machine of `ip_config` with `--num_trainers`
processes; the files are found from `--workspace`.  The servers, which run the same command and never come back from
`dgl.distributed.initialize`, are left out here, as is the option for the local rank that old launchers give to scripts.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.run.word import Exec, Word, plain
from dtlint.tools.hosts import Listed, as_hosts, from_file
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS: Final = frozenset[str]()
MODULES: Final = frozenset[str]()
"""It goes by the path of its file: see `is_launcher`."""

TOOL: Final = "dgl launch.py"
NEEDED: Final = ("--num_trainers", "--num_servers", "--workspace", "--part_config", "--ip_config")
_VALUED: Final = "ssh_port ssh_username num_omp_threads num_samplers num_server_threads graph_format server_name"
_SPEC: Final = Spec(
    (
        *(option(name) for name in NEEDED),
        *(option(f"--{name}") for name in _VALUED.split()),
        option("--server_count"),
        flag("--keep_alive"),
    ),
    interspersed=True,
)
_MARKS: Final = frozenset(("--num_servers", "--server_count", "--num_samplers", "--part_config", "--ip_config"))
"""Options of which it has one beside `--num_trainers`; PyG's script of that name has the last two and no trainers."""


def is_launcher(script: Word | None, words: tuple[Word, ...]) -> bool:
    """The command is `python …/launch.py` with options that only DGL's has."""
    name = script.pieces[-1].content if script is not None and script.pieces else None
    if not isinstance(name, str) or name.rpartition("/")[2] != "launch.py":
        return False
    named = {(word.string or "").partition("=")[0] for word in words}
    return "--num_trainers" in named and bool(_MARKS & named)


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    kept, extra = _without_variables(words)
    options = parse(kept, _SPEC)
    listed = _machines(options, exec, site)
    nodes = known(len(listed)).after(listed[0].name.trail) if listed else unknown(
        "the machines", key=("dgl machines", exec.at), low=1, whole=True
    )  # fmt: skip
    per_node = options.value("--num_trainers").as_int()
    launch = Launch(
        tool=TOOL,
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=per_node,
        total=nodes * per_node if not per_node.is_absent else per_node,
        node_rank=absent(),
        rendezvous=Rendezvous("static", listed[0].name if listed else absent(), absent(), absent(), chosen=True),
        spreads=True,
        allocation=site.allocation,
    )
    if listed and len(options.rest) == 1 and not options.hidden and not extra:
        launch.children = _children(launch, site, listed)
    return launch


def _without_variables(words: tuple[Word, ...]) -> tuple[list[Word], bool]:
    """The words without those that `--extra_envs` takes: all up to the next option."""
    kept: list[Word] = []
    taking = extra = False
    for word in words:
        string = word.string or ""
        if string.startswith("--"):
            taking = string == "--extra_envs"
            extra = extra or taking
        if not taking:
            kept.append(word)
    return kept, extra


def _machines(options: Options, exec: Exec, site: Site) -> tuple[Listed, ...]:
    """The machines of the list; none where it is not in the workspace."""
    given = options.given.get("--ip_config", ())
    return (from_file(given[-1].values[0], exec, site) or ()) if given and given[-1].values else ()


def _children(launch: Launch, site: Site, listed: tuple[Listed, ...]) -> tuple[Child, ...]:
    hosts = as_hosts(listed, launch.exec, site)
    at = launch.exec.at
    return tuple(
        Child(
            host=hosts[node],
            environment=launch.exec.environment.only(_found(launch, node, local)).opened(),
            argv=(plain("bash", at), plain("-c", at), launch.options.rest[0]),
            node=node,
            local=local,
            at=at,
            directory=launch.options.value("--workspace"),
            rank=launch.per_node * node + local,
        )
        for node in corners(known(len(hosts)))
        for local in corners(launch.per_node, presumed=2)
    )


def _found(launch: Launch, node: int, local: int) -> dict[str, Value]:
    here = Step(How.ENVIRONMENT, "set by DGL's launcher for its trainers", launch.exec.at)
    given = {
        "RANK": launch.per_node * node + local,
        "LOCAL_RANK": known(local),
        "WORLD_SIZE": launch.total,
        "LOCAL_WORLD_SIZE": launch.per_node,
        "MASTER_ADDR": launch.rendezvous.address,
        "DGL_ROLE": known("client"),
        "DGL_DIST_MODE": known("distributed"),
        "DGL_IP_CONFIG": launch.options.value("--ip_config"),
        "DGL_CONF_PATH": launch.options.value("--part_config"),
        "DGL_NUM_SERVER": launch.options.value("--num_servers"),
    }
    return {name: value.as_text().because(here) for name, value in given.items() if not value.is_absent}
