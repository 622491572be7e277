"""What accelerate is given for its optimizer and scheduler beside DeepSpeed's file, which has sections for both.

`_prepare_deepspeed` of accelerate/accelerator.py, which raises a ValueError where the two do not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Constant, Name
from dtlint.facts.syntax import nodes_of
from dtlint.job.plan import Plan
from dtlint.record import record
from dtlint.run.scaling import ACCELERATOR
from dtlint.run.script.objects import maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Truth, Value

_PLACEHOLDERS: Final = {"DummyOptim": "optimizer", "DummyScheduler": "scheduler"}
_CALLABLE: Final = "lr_scheduler_callable"
_REAL: Final = (("torch.optim.lr_scheduler.", "scheduler"), ("torch.optim.", "optimizer"))
_TOUCHES: Final = frozenset(("deepspeed_plugin", "deepspeed_config", "hf_ds_config", "deepspeed_config_process"))
"""A script that names these may change what is in the file."""
_VARIABLE: Final = "ACCELERATE_DEEPSPEED_CONFIG_FILE"
_USED: Final = "ACCELERATE_USE_DEEPSPEED"
"""Set by the launch."""


@record(eq=False)
class Misfit:
    """An object for which the file lacks the section, or which the section leaves no room for, where `when` holds."""

    section: str
    placeholder: bool
    made: Event
    prepared: Event
    configured: Value
    when: Truth


def misfits(plan: Plan) -> Iterator[Misfit]:
    run = plan.process.run if plan.process is not None else None
    if run is None or plan.source != "accelerate" or plan.record.is_absent:
        return
    found = [one for event in run.called(f"{ACCELERATOR}.prepare") for one in _of(plan, event)]
    if found and settled(plan):
        yield from found


def settled(plan: Plan) -> bool:
    """The launch has accelerate use DeepSpeed and says all that it is told of it; the script leaves it as it is."""
    process = plan.process
    run = process.run if process is not None else None
    if plan.source != "accelerate" or process is None or run is None or run.truncated:
        return False
    told = process.launch is not None and not process.launch.options.hidden
    told = told and process.variable(_USED).string == "true"
    return told and not process.environment.set(_VARIABLE) and not _touched(run)


def _of(plan: Plan, prepared: Event) -> Iterator[Misfit]:
    if not prepared.surely or prepared.caught or prepared.open:
        return
    for thing in prepared.positional:
        made = maker(thing)
        kind = _kind(made) if made is not None else None
        if made is None or kind is None or not made.surely:
            continue
        section, placeholder = kind
        configured = plan.record.field(section)
        when = configured.absent if placeholder else ~configured.absent
        yield Misfit(section, placeholder, made, prepared, configured, when)


def _kind(made: Event) -> tuple[str, bool] | None:
    """Which section an object belongs to, and whether it only stands for what is made from that."""
    if made.name.startswith("accelerate.") and made.method in _PLACEHOLDERS:
        own = made.open or _CALLABLE in made.keywords or len(made.positional) > 3
        return None if own and made.method == "DummyScheduler" else (_PLACEHOLDERS[made.method], True)
    return next(((section, False) for prefix, section in _REAL if made.name.startswith(prefix)), None)


def _touched(run: ScriptRun) -> bool:
    if any(write.name == _VARIABLE for write in run.writes) or run.sets_unknown_names:
        return True
    for program in run.programs:
        for node in nodes_of(program.body):
            word = node.name if isinstance(node, Attribute) else node.id if isinstance(node, Name) else ""
            text = node.value if isinstance(node, Constant) and isinstance(node.value, str) else word
            if text in _TOUCHES:
                return True
    return False
