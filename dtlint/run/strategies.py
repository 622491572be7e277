"""MultiWorkerMirroredStrategy: how it learns of its cluster, and how it deals out a data set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.effects.tensorflow import DATASET, STRATEGY
from dtlint.run.script.objects import DictObject, External, Instance, ListObject, Thing
from dtlint.run.script.trace import EnvironmentWrite, Event, ScriptRun
from dtlint.source import Span
from dtlint.value import Value

CONFIG: Final = "TF_CONFIG"
_READS: Final = ("tensorflow.data.TFRecordDataset", "tensorflow.data.TextLineDataset")
_MIXES: Final = frozenset(("apply", "concatenate", "from_generator", "zip"))
_DEEPEST: Final = 40


def made(run: ScriptRun) -> Event | None:
    """The call that makes the script's one strategy; None where there is none, or several."""
    found = list(run.called(STRATEGY))
    return found[0] if len(found) == 1 and found[0].surely else None


def at_hand(place: Span, stack: tuple[Span, ...], strategy: Event) -> Span:
    """Where something could be made in the scope of the strategy: its own place, or the call that leads to it from a
    file that makes the strategy or asks for it, since a module that makes models knows no strategy."""
    files = {strategy.at.path, *(site.path for site in strategy.stack)}
    sites = [site for site in (*stack, place) if site.path in files]
    return sites[-1] if sites else place


def late_cluster(run: ScriptRun) -> EnvironmentWrite | None:
    """The first line of the script that sets the cluster, if it comes behind the strategy that should read it."""
    strategy = made(run)
    writes = [write for write in run.writes if write.name == CONFIG]
    if strategy is None or not writes or strategy.thing("cluster_resolver") is not None or run.sets_unknown_names:
        return None
    first = writes[0]
    if first.index <= strategy.index or first.branches or any(read.name == CONFIG for read in run.reads):
        return None
    return first if _names_cluster(run, first) else None


def _names_cluster(run: ScriptRun, write: EnvironmentWrite) -> bool:
    """What is written is made here, of nothing that was in the variable before."""
    if (write.value.contains("cluster")).always:
        return True
    dumps = [event for event in run.called("json.dumps") if event.index < write.index]
    given = dumps[-1].positional[0] if dumps and dumps[-1].positional else None
    return isinstance(given, DictObject) and given.complete and "cluster" in given.entries


@record(eq=False)
class ByFile:
    """A data set whose files are dealt out to the workers, and that has fewer files than two workers need."""

    source: Event
    """Where its only file is named."""
    policy: str
    """FILE, or AUTO, which nobody needs to ask for."""
    asked: Event
    """Where the policy is given to the data set, or the data set to the strategy."""


def dealt_by_file(run: ScriptRun) -> Iterator[ByFile]:
    """Data sets that training goes over and that have one file to be dealt out.

    With a source that reads files, both FILE and AUTO give files to workers and fail where these are too few; only data
    sets without such a source fall back to DATA (seen with TensorFlow 2.21; grappler/optimizers/data/auto_shard.cc).
    """
    for event in run.events:
        if event.method not in ("fit", "experimental_distribute_dataset") or not event.surely:
            continue
        calls = list(chain(event.positional[0] if event.positional else event.keywords.get("x")))
        if not calls or calls[-1].name not in _READS or any(call.method in _MIXES for call in calls):
            continue
        given = next((call for call in calls if call.method == "with_options"), None)
        dealing = policy(given.thing("options")) if given is not None else "AUTO"
        if dealing in ("FILE", "AUTO") and _one_file(calls[-1]):
            yield ByFile(calls[-1], dealing, given or event)


def chain(thing: Thing | None) -> Iterator[Event]:
    """The calls by which a data set was made, the last one first; it ends early where they are not known."""
    for _ in range(_DEEPEST):
        event = thing.made_by if isinstance(thing, Instance) and thing.is_a(DATASET) else None
        if event is None:
            return
        yield event
        thing = event.receiver


def policy(options: Thing | None) -> str:
    """The policy that the options name; empty where it is not known, or none is named."""
    experimental = options.attributes.get("experimental_distribute") if isinstance(options, Instance) else None
    policy = experimental.attributes.get("auto_shard_policy") if isinstance(experimental, Instance) else None
    return policy.name.rpartition(".")[2] if isinstance(policy, External) else ""


def _one_file(source: Event) -> bool:
    names = source.thing("filenames")
    one = names.items[0] if isinstance(names, ListObject) and names.complete and len(names.items) == 1 else names
    return not source.open and isinstance(one, Value) and one.string is not None


_SAVES: Final = frozenset(("save", "save_weights", "export"))
_WITH_NORMS: Final = re.compile(
    r"keras\.applications\.(?:ResNet|DenseNet|EfficientNet|Inception|MobileNet|NASNet|Xception|RegNet)"
)


def averaged_on_saving(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Calls that save a model of Keras some of whose variables are averaged over the workers when they are read, and
    what made such variables: the moving statistics of a batch norm (seen with TensorFlow 2.18 and tf_keras 2.18, where
    `save_weights` reduces them; Keras 3 trains no model under this strategy)."""
    norms = [event for event in run.events if event.method == "BatchNormalization" or _WITH_NORMS.search(event.name)]
    for event in run.events:
        model = event.receiver
        if event.method not in _SAVES or not isinstance(model, Instance) or model.unseen:
            continue
        if any(name.startswith(("tensorflow.keras.", "keras.")) for name in model.class_names) and norms:
            yield event, norms[0]
