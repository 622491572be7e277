"""Experiments of Determined: the entrypoint is started in a container on each agent that gives slots (GPUs) to a trial.

https://docs.determined.ai/latest/reference/training/experiment-config-reference.html.  How many agents share the slots
of a trial the cluster decides; launch modules in the entrypoint (`determined.launch.torch_distributed`) start a process
for each slot.  Which variables a container finds is not documented field by field: others than those of the file are
unknown.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Allocation, Child
from dtlint.job.site import Site
from dtlint.job.workload import Replicas, Workload
from dtlint.run.environment import Environment
from dtlint.run.host import Host, unknown_host
from dtlint.run.word import Word, plain
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import listed
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Value, absent, known, unknown
from dtlint.value.value import Items

KINDS: Final[frozenset[str]] = frozenset()


def recognises(record: Value) -> bool:
    """An experiment has an entrypoint, and says how it searches or how many slots a trial gets."""
    begun = record.field("entrypoint")
    told = not record.field("searcher").is_absent or not record.get("resources.slots_per_trial").is_absent
    return not begun.is_absent and begun.trail != () and told and record.field("services").is_absent


def read(record: Value, site: Site, source: Source) -> Workload | None:
    begun = record.field("entrypoint")
    slots = record.get("resources.slots_per_trial").as_int()
    slots = slots.or_default(known(1, Step(How.DEFAULT, "slots_per_trial is 1 where it is not given", begun.at)))
    agents = known(1) if slots.integer == 1 else _hidden("agents", begun, 1)
    host = _host(slots, begun)
    group = Replicas(role="agent", count=agents, at=begun.at, containers=(), hosts=(host,), spec=record)
    workload = Workload("Determined experiment", record.field("name"), begun.at, record, (group,))
    command = _command(begun, source)
    launched = operator.launch(workload, agents, allocation=_granted(agents, slots, host, begun))
    environment = Environment(_variables(record), scope=("determined", begun.at), assumed=site.assumed)
    if command is not None:
        launched.children = (
            Child(
                host=host,
                environment=environment.opened(),
                argv=command,
                node=0,
                local=0,
                at=begun.at,
                directory=unknown("the working directory", key=("determined", begun.at)),
            ),
        )
    workload.launch = launched
    return workload


def _command(begun: Value, source: Source) -> tuple[Word, ...] | None:
    """A text for a shell, or a list of words; None for the class of a trial."""
    if isinstance(begun.content, Items):
        return tuple(word(part, source, shell=False) for part in begun.content.items)
    text = begun.string
    if text is not None and " " not in text.strip() and not text.endswith(".sh"):
        return None
    return plain("bash", begun.at), plain("-c", begun.at), word(begun, source, shell=True)


def _granted(agents: Value, slots: Value, host: Host, begun: Value) -> Allocation:
    return Allocation(
        scheduler="determined",
        at=begun.at,
        nodes=agents,
        tasks=slots,
        tasks_per_node=absent(),
        cpus_per_task=absent(),
        gpus_per_node=host.gpus,
        gpus_per_task=absent(),
        hosts=(host,),
    )


def _host(slots: Value, begun: Value) -> Host:
    host = unknown_host(0, ("determined", begun.at))
    return host.seeing(slots) if slots.integer == 1 else host


def _hidden(what: str, begun: Value, low: int) -> Value:
    return unknown(f"the {what}", key=("determined", what, begun.at), low=low, whole=True)


def _variables(record: Value) -> dict[str, Value]:
    """`NAME=value` entries; those that hold for one kind of agents only are left to the unknown."""
    found: dict[str, Value] = {}
    for item in listed(record.get("environment.environment_variables")):
        name, equals, content = (item.string or "").partition("=")
        if equals:
            found[name] = known(content).after(item.trail)
    return found
