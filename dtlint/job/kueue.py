"""Kueue, which suspends jobs until a queue has room for them.

A Job that names its queue in the label may be admitted with fewer pods than it has, where an annotation says how few
are enough: https://kueue.sigs.k8s.io/docs/tasks/run/jobs/#partial-admission ; its completions stay as they are.  What
is refused: `validatePartialAdmissionCreate` of pkg/controller/jobs/job/job_webhook.go of
https://github.com/kubernetes-sigs/kueue (0.19).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.refusal import Refusal
from dtlint.value import Value, absent

QUEUE: Final = "kueue.x-k8s.io/queue-name"
ENOUGH: Final = "kueue.x-k8s.io/job-min-parallelism"


def enough(record: Value) -> Value:
    """Pods of a Job that are enough for it to start; absent where it waits for room for all, or no queue is named."""
    metadata = record.field("metadata")
    queued = not metadata.field("labels").field(QUEUE).is_absent
    return metadata.field("annotations").field(ENOUGH).as_int() if queued else absent()


def refusals(record: Value, pods: Value) -> Iterator[Refusal]:
    least = enough(record)
    if not least.is_absent:
        reason = f"{ENOUGH} is {least}, and must be above 0 and below its parallelism, {pods}"
        yield Refusal((least >= pods) | (least <= 0), least, reason)
