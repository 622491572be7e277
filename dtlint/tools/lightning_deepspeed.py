"""The DeepSpeed configuration that a script hands to a Trainer of Lightning, as a Plan.

`DeepSpeedStrategy` of lightning/pytorch/strategies/deepspeed.py, read in 2.6: `_load_config` takes a dictionary, a path
or, without either, the file that a variable names; `_format_batch_size_and_grad_accum_config` fills in batch sizes and
accumulation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.tools.deepspeed_config import plan_of, problems_of, record_of
from dtlint.value import Value, absent

if TYPE_CHECKING:
    from dtlint.run.script.trace import Event

TRAINER: Final = "lightning.pytorch.Trainer"
STRATEGY: Final = "lightning.pytorch.strategies."
CLASSES: Final = tuple(STRATEGY + name for name in ("DeepSpeedStrategy", "deepspeed.DeepSpeedStrategy"))
VARIABLE: Final = "PL_DEEPSPEED_CONFIG_PATH"
RUNS: Final = tuple(f"{TRAINER}.{name}" for name in ("fit", "validate", "test", "predict"))


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """One for each Trainer that the process surely makes and runs with such a configuration."""
    run = process.run
    for event in run.called(TRAINER) if run is not None and any(run.called(*RUNS)) else ():
        given = _configuration(event, process)
        record = record_of(given, process, files) if event.surely else None
        if record is None:
            continue
        at = record.trail[0].at if record.trail else event.at
        plan = plan_of(record, at, process)
        plan.source, plan.reader, plan.problems = "lightning", "Lightning", problems_of(record, files)
        yield plan


def _configuration(event: Event, process: Process) -> Value:
    """What the strategy of a Trainer takes for it; absent where it makes its own."""
    maker = getattr(event.thing("strategy"), "made_by", None)
    word = event.argument("strategy").string or ""
    if maker is not None and maker.name in CLASSES and not maker.open and maker.surely:
        given: Value = maker.argument("config")
        return process.variable(VARIABLE) if given.is_absent else given
    return process.variable(VARIABLE) if word.startswith("deepspeed") else absent()
