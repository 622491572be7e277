"""The place of a rank in the groups of a plan: which tensor, context, data and pipeline index it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dtlint.job.plan import Plan
from dtlint.tools.megatron import GRIDS
from dtlint.value import Value

TENSOR_FIRST: Final = frozenset(("megatron", "torchtitan"))
"""Sources of plans whose ranks count tensor, then context, then data, then pipeline.

megatron/core/parallel_state.py (`order="tp-cp-ep-dp-pp"`, which `--use-tp-pp-dp-mapping` changes);
torchtitan/distributed/parallel_dims.py (pp, dp, cp, tp).
"""
OTHER_ORDER: Final = "--use-tp-pp-dp-mapping"

Coordinates = Callable[[int], tuple[tuple[str, int], ...]]
"""The index of a rank in each kind of group of which there are several; empty where that is not known."""


def cuts(plan: Plan) -> bool:
    return any(not degree.is_absent for _, degree in _named(plan))


def _named(plan: Plan) -> tuple[tuple[str, Value], ...]:
    return (("tensor", plan.tensor), ("context", plan.context), ("pipeline", plan.pipeline), ("expert", plan.expert))


def degrees(plan: Plan) -> tuple[tuple[str, Value], ...]:
    """Kinds of parallelism with their degrees; the data parallel one only where the others leave whole replicas."""
    named = tuple((name, degree) for name, degree in _named(plan) if not degree.is_absent)
    data = plan.data_parallel
    whole = not plan.data.is_absent or (plan.world_size % plan.replica == 0).always
    return (*named, ("data", data)) if whole else named


def _ordered_otherwise(plan: Plan) -> bool:
    """Its command line has, or may have, an option that changes the order or takes a part of the world."""
    words = plan.process.arguments if plan.process is not None else ()
    before = (None, *(word.string for word in words))
    return any(
        word.string in (OTHER_ORDER, *GRIDS) or (word.many and not (option or "").startswith("--"))
        for word, option in zip(words, before, strict=False)
    )


def coordinates_of(plan: Plan | None) -> Coordinates:
    """The index of a rank in each kind of group, in the order in which the framework counts its ranks."""
    if plan is None or plan.source not in TENSOR_FIRST or _ordered_otherwise(plan):
        return lambda rank: ()
    tensor, context, pipeline = (
        1 if degree.is_absent else degree.as_int().integer for degree in (plan.tensor, plan.context, plan.pipeline)
    )
    size = plan.world_size.as_int().integer
    if tensor is None or context is None or pipeline is None or size is None or size % (tensor * context * pipeline):
        return lambda rank: ()
    data = size // (tensor * context * pipeline)

    def coordinates(rank: int) -> tuple[tuple[str, int], ...]:
        found = []
        for name, degree in (("tensor", tensor), ("context", context), ("data", data), ("pipeline", pipeline)):
            rank, index = divmod(rank, degree)
            if degree > 1:
                found.append((name, index))
        return tuple(found)

    return coordinates
