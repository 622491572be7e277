"""llm-foundry's YAML, which Composer's trainer takes, as a Plan.

Keys: scripts/train/yamls of https://github.com/mosaicml/llm-foundry; what is asked of them: `calculate_batch_size_info`
of llmfoundry/utils/config_utils.py ("Global batch size … is not divisible by … as a result, the batch size would be
truncated").  The micro batch is lowered where it does not fit, so that one sample for each process is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.site import known_tail
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.tools.overrides import Overrides
from dtlint.value import Fields, known

BATCH: Final = "global_train_batch_size"
MARKS: Final = ("max_duration", BATCH)
CUTS: Final = ("fsdp_config.data_parallel_shard_degree", "fsdp_config.replication_factor", "tp_config")
"""Settings under which fewer samples may be enough."""


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that the composer launcher starts with such a file in front."""
    words = process.arguments
    tool = process.launch.tool if process.launch is not None else ""
    path = known_tail(words[0]) if words else None
    if tool not in ("composer", "torchrun") or path is None or not path.endswith((".yaml", ".yml")):
        return
    found = files.resolve(path, process.exec.directory.string, process.script or process.at.path)
    document = files.document(found) if found is not None else None
    record = value_of(document.roots[0]) if document is not None and document.roots else None
    if document is None or record is None or not isinstance(record.content, Fields):
        return
    if any(record.field(name).is_absent for name in MARKS) or not all(record.get(name).is_absent for name in CUTS):
        return
    given = Overrides(process, words[1:]).number(BATCH)
    plan = Plan(at=document.roots[0].at, process=process, world=process.world, source="composer")
    plan.global_batch = given.or_default(record.field(BATCH).as_int())
    plan.micro_batch = known(1)
    if plan.world is not None and plan.world.size.integer is None:
        # How many hosts there are a platform's variables may say: on each there are as many processes.
        plan.size = plan.world.per_node
    yield plan
