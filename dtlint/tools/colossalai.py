"""`colossalai run`, which starts torchrun, and the degrees of Colossal-AI's parallel plugins as a Plan.

Options, defaults and the command of torchrun: colossalai/cli/launcher/ of 0.3 to 0.5; what the plugins ask of the
world: `__init__` of colossalai/booster/plugin/hybrid_parallel_plugin.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.launch import Launch
from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.site import Site
from dtlint.run.word import Exec, Piece, Word, plain
from dtlint.tools import torchrun
from dtlint.tools.options import Spec, option, parse
from dtlint.value import How, Step, known

COMMANDS = frozenset({"colossalai"})
MODULES = frozenset[str]()

SPEC = Spec(
    (
        option("-H", "-host", "--host"),
        option("--hostfile"),
        option("--include"),
        option("--exclude"),
        option("--num_nodes"),
        option("--nproc_per_node"),
        option("--master_port"),
        option("--master_addr"),
        option("--extra_launch_args"),
        option("--ssh-port"),
        option("-m"),
    ),
    abbreviations=False,
)
ELSEWHERE = ("-H", "--hostfile", "--extra_launch_args", "-m")
"""Options under which it reaches other hosts, or runs torchrun in a way that is not looked at."""
PORT = 29500
PLUGINS = ("colossalai.booster.plugin.HybridParallelPlugin", "colossalai.booster.plugin.MoeHybridParallelPlugin")


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    if not words or words[0].string != "run":
        return None
    options = parse(words[1:], SPEC)
    processes = options.given.get("--nproc_per_node")
    if options.hidden or processes is None or any(options.has(name) for name in ELSEWHERE):
        return None
    at = exec.at
    port = options.value("--master_port").or_default(
        known(PORT, Step(How.DEFAULT, f"colossalai's default --master_port is {PORT}", at))
    )
    started = (
        _joined("--nproc_per_node=", processes[-1].values[0]),
        plain("--nnodes=1", at),
        Word((Piece("--master_port=", at), Piece(port.as_text(), at)), at, f"--master_port={port}", port.trail),
    )
    launch = torchrun.spawn(exec, (*started, *options.rest), "torchrun", site)
    if launch is not None:
        launch.tool = command
    return launch


def _joined(name: str, word: Word) -> Word:
    return Word((Piece(name, word.at), *word.pieces), word.at, f"{name}{word.written}", word.trail)


def plans(process: Process) -> Iterator[Plan]:
    """The plan of a process that makes one of the plugins that cut models up."""
    if process.run is None:
        return
    made = list(process.run.called(*PLUGINS))
    if len(made) != 1 or not made[0].surely:
        return
    event = made[0]
    plan = Plan(at=event.at, process=process, world=process.world, source="colossalai")
    plan.tensor = event.argument("tp_size").as_int()
    plan.pipeline = event.argument("pp_size").as_int()
    plan.zero_stage = event.argument("zero_stage").as_int()
    yield plan
