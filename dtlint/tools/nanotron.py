"""nanotron's YAML configuration as a Plan.

Sections: `ParallelismArgs` of nanotron/config/parallelism_config.py; what is asked of them:
nanotron/parallel/context.py ("The number of process requires to run all replicas … must be equal to the world size").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.tools.options import Spec, option, parse
from dtlint.value import Fields, Value, absent

SPEC: Final = Spec((option("--config-file"),), abbreviations=False, interspersed=True)
SECTIONS: Final = ("parallelism", "tokens", "general")


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that gets nanotron's configuration file."""
    options = parse(process.arguments, SPEC)
    path = options.value("--config-file").string
    if process.hidden or path is None or not path.endswith((".yaml", ".yml")):
        return
    found = files.resolve(path, process.exec.directory.string, process.script or process.at.path)
    document = files.document(found) if found is not None else None
    record = value_of(document.roots[0]) if document is not None and document.roots else None
    if document is None or record is None:
        return
    if not all(isinstance(record.field(name).content, Fields) for name in SECTIONS):
        return
    degrees = record.field("parallelism")
    plan = Plan(at=document.roots[0].at, process=process, world=process.world, source="nanotron")
    plan.data, plan.pipeline, plan.tensor = (_number(degrees, name) for name in ("dp", "pp", "tp"))
    plan.context = _number(degrees, "context_parallel_size")
    if not _number(degrees, "expert_parallel_size").is_absent:
        return
    yield plan


def _number(record: Value, name: str) -> Value:
    value = record.field(name)
    return absent(*value.trail) if value.known and value.constant is None else value.as_int()
