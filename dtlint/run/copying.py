"""Lightning's own launcher: a script that makes a Trainer or a Fabric for several devices starts copies of itself.

`_SubprocessScriptLauncher` of lightning/fabric/strategies/launchers/subprocess_script.py: process 0 goes on, and the
whole script begins anew in each of the others, with the command line of the first.  `LightningEnvironment` of
lightning/fabric/plugins/environments/lightning.py: who has `LOCAL_RANK` was started by somebody else.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.lightning import FABRIC, TRAINERS, strategy
from dtlint.run.script.context import Place
from dtlint.run.script.objects import ListObject, as_value
from dtlint.run.script.trace import Event
from dtlint.value import How, Step, Value, absent, known, unknown

_EXTERNAL: Final = ("LOCAL_RANK", "TORCHELASTIC_RUN_ID", "SLURM_NTASKS", "LSB_JOBID", "RANK")
"""Variables by which Lightning sees that others start its processes; `RANK` is set where Kubernetes' operators do."""
_GPUS: Final = ("auto", "gpu", "cuda")
SEVERAL_GPUS: Final = "on a host with two or more GPUs"


@record(eq=False)
class Copies:
    """What the call for several devices asks for."""

    event: Event
    nodes: Value
    devices: Value
    """Processes on each host."""
    gpus: bool
    """Each process takes a GPU of its own."""
    presumed: tuple[str, ...] = ()

    def place(self, local: int) -> Place:
        """Of process `local` of the first host."""
        step = Step(How.COMPUTED, f"started by Lightning's {self.event.method}", self.event.at)
        return Place(known(local, step), known(local, step), (self.nodes * self.devices).because(step))

    def environment(self, given: Environment, local: int) -> Environment:
        """What process `local` finds when the script begins: the first one begins before anything is set."""
        if local == 0:
            return given.with_({"LOCAL_RANK": absent()})
        step = Step(How.ENVIRONMENT, "set by Lightning for the processes that it starts", self.event.at)
        here = self.place(local)
        return given.with_(
            {
                "LOCAL_RANK": known(str(local), step),
                "NODE_RANK": known("0", step),
                "WORLD_SIZE": here.size.as_text().because(step),
                "MASTER_ADDR": unknown("$MASTER_ADDR", key=("lightning", self.event.at, "address")),
                "MASTER_PORT": unknown("$MASTER_PORT", key=("lightning", self.event.at, "port")),
            }
        )


def copies(process: Process) -> Copies | None:
    """None where the script does not surely start several processes, or somebody else started this one."""
    run = process.run
    if run is None or process.launch is not None or process.spawned_by is not None or run.sets_unknown_names:
        return None
    if process.script is not None and process.script.endswith(".ipynb"):
        return None  # a kernel cannot be started anew: Lightning forks it, or refuses
    if any(process.environment.set(name) and not process.environment.get(name).is_absent for name in _EXTERNAL):
        return None
    if any(write.name in _EXTERNAL and not write.default for write in run.writes):
        return None
    made = [event for event in run.called(*TRAINERS) if event.surely and strategy(event) is not None]
    if not made or any(not event.argument("plugins").is_absent or event.open for event in made[:1]):
        return None
    event = made[0]
    if event.name == FABRIC and not any(launch.surely for launch in run.called(f"{FABRIC}.launch")):
        return None
    return _asked(event, process)


def _asked(event: Event, process: Process) -> Copies | None:
    accelerator = event.argument("accelerator").or_default(known("auto"))
    gpus = accelerator.string in _GPUS
    if not gpus and accelerator.string not in ("cpu", "ddp"):
        return None
    nodes = event.argument("num_nodes").as_int().or_default(known(1))
    thing, given = event.thing("devices"), event.argument("devices")
    if given.is_absent and thing is None:
        thing, given = event.thing("gpus"), event.argument("gpus")
    gpus = gpus or not event.argument("gpus").is_absent
    presumed: tuple[str, ...] = ()
    if isinstance(thing, ListObject):
        devices = as_value(thing).length
    elif given.is_absent or given.string == "auto" or given.integer == -1 or given.string == "-1":
        devices = process.visible_gpus
        if not gpus:
            return None
        if not devices.known:
            devices = unknown("the GPUs of the host", key=("gpus of lightning", event.at), low=2, whole=True)
            presumed = (SEVERAL_GPUS,)
    elif given.string is not None and not given.string.isdigit():
        return None  # a list as text, such as "0,1"
    else:
        devices = given.as_int()
    if not (devices > 1).always:
        return None
    return Copies(event, nodes, devices, gpus, presumed)
