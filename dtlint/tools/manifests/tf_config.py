"""TF_CONFIG as operators write it for each pod.

https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from dtlint.job.workload import Replicas
from dtlint.value import Value, known, unknown

MOST_TASKS: Final = 512
"""Tasks of a cluster that are written out."""


def tf_config(tasks: Mapping[str, tuple[Replicas, Value]], role: str, index: int) -> Value:
    """The variable of the pod `index` of `role`: every task of the cluster with its names and its port."""
    cluster: dict[str, list[str]] = {}
    trail = tuple(step for group, _ in tasks.values() for step in group.count.trail)
    for name, (group, port) in tasks.items():
        count = group.count.integer
        if count is None or count > MOST_TASKS or not group.series or port.as_int().integer is None:
            return unknown("$TF_CONFIG", key=("TF_CONFIG", group.at, role, index))
        series = group.series[0]
        if not series.own_service and series.domain.string is None:
            return unknown("$TF_CONFIG", key=("TF_CONFIG", group.at, role, index))
        cluster[name] = [f"{series.example(number)}:{port}" for number in range(count)]
    return known(json.dumps({"cluster": cluster, "task": {"type": role, "index": index}})).after(trail)
