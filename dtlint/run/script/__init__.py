"""Python scripts on paper: what one process would do, call by call."""

from dtlint.run.script.objects import Instance, Object, Thing, as_value
from dtlint.run.script.process import ScriptContext, run_script
from dtlint.run.script.trace import (
    AttributeRead,
    Child,
    EnvironmentRead,
    EnvironmentWrite,
    Event,
    Fork,
    Option,
    ParserFacts,
    Repeat,
    ScriptRun,
    Subprocess,
)

__all__ = [
    "AttributeRead", "Child", "EnvironmentRead", "EnvironmentWrite", "Event", "Fork", "Instance", "Object", "Option",
    "ParserFacts", "Repeat", "ScriptContext", "ScriptRun", "Subprocess", "Thing", "as_value", "run_script",
]  # fmt: skip
