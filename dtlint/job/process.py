"""A process that runs a training script, with what it finds when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dtlint.job.launch import Launch
from dtlint.job.visibility import visible
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import Exec, Word
from dtlint.source import Span
from dtlint.value import Value, absent, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dtlint.job.plan import Plan
    from dtlint.job.world import World
    from dtlint.run.effects import Effect
    from dtlint.run.script.trace import EnvironmentWrite, Event, ScriptRun


@dataclass(eq=False, slots=True)
class Process:
    """One representative process; `node` and `local` are its coordinates in the launch that started it."""

    exec: Exec
    """The `python …` command line that it is."""
    script: str | None
    """Path of the script in the workspace; None for one that is not there."""
    module: str | None
    """The name behind `-m`."""
    arguments: tuple[Word, ...]
    """What the script finds in `sys.argv[1:]`."""
    launch: Launch | None
    """The nearest launcher above that starts processes with ranks, or the scheduler's; None for a bare `python`."""
    node: int = 0
    local: int = 0
    rank: Value = field(default_factory=absent)
    """Global rank as the launcher gives it."""
    hidden: bool = False
    """Which script it runs is not known."""
    run: ScriptRun | None = None
    """What the script does in this process; None where it was not run on paper."""
    torch: Value = field(default_factory=absent)
    """The release of PyTorch that its files pin; absent where the current one runs."""
    flower: Value = field(default_factory=absent)
    """The same of Flower."""
    deepspeed: Value = field(default_factory=absent)
    """The same of DeepSpeed."""
    lightning: Value = field(default_factory=absent)
    """The same of Lightning."""
    composer: Value = field(default_factory=absent)
    """The same of Composer (`mosaicml`)."""
    tensorflow: Value = field(default_factory=absent)
    """The same of TensorFlow."""
    transformers: Value = field(default_factory=absent)
    """The same of transformers."""
    least_lightning: Value = field(default_factory=absent)
    """The lowest release of Lightning that its files allow; absent where nothing says it."""
    world: World | None = None
    trainer: Plan | None = None
    """What its script asks of a trainer; known for one process of each world."""
    presumed: tuple[str, ...] = ()
    """Presumptions it rests on, in words."""
    spawned_by: Process | None = None
    """The process whose script started it."""

    @property
    def at(self) -> Span:
        return self.exec.at

    @property
    def host(self) -> Host:
        return self.exec.host

    @property
    def environment(self) -> Environment:
        return self.exec.environment

    @property
    def events(self) -> Sequence[Event]:
        """What its script calls outside of the workspace, in order; nothing where it was not run on paper."""
        return self.run.events if self.run is not None else ()

    def called(self, *names: str) -> Iterable[Event]:
        return self.run.called(*names) if self.run is not None else ()

    def effects(self, *effects: Effect) -> Iterable[Event]:
        return self.run.effects(*effects) if self.run is not None else ()

    @property
    def writes(self) -> Sequence[EnvironmentWrite]:
        """The environment variables that its script sets, in order."""
        return self.run.writes if self.run is not None else ()

    def variable(self, name: str) -> Value:
        """An environment variable as the script leaves it: what it sets itself wins over what it finds."""
        if self.run is not None:
            written = [write for write in self.run.writes if write.name == name]
            if self.run.sets_unknown_names or any(write.branches for write in written):
                return unknown(f"${name}", key=("written", self.exec.at, name))
            for write in reversed(written):
                if not write.default or self.environment.get(name).is_absent:
                    return write.value
        if self.spawned_by is not None:
            given, above = self.environment.get(name), self.spawned_by.environment.get(name)
            return self.spawned_by.variable(name) if given.same(above) else given
        found = self.environment.get(name)
        if found.is_absent and self.run is not None and self.run.sets_unknown_names:
            return self.environment.opened().get(name)
        return found

    def started_like(self, other: Process) -> bool:
        """Both run one script with the same arguments, as far as these are known."""
        mine, theirs = self.arguments, other.arguments
        if self.script != other.script or len(mine) != len(theirs) or any(word.many for word in (*mine, *theirs)):
            return False
        return all(one.value.same(another.value) for one, another in zip(mine, theirs, strict=True))

    @property
    def visible_gpus(self) -> Value:
        """GPUs that it sees when it starts; the script may hide more."""
        return visible(self.environment, self.host)

    @property
    def label(self) -> str:
        """As a message names it: `rank 9 (node 1, local rank 1)`."""
        where = f"node {self.node}, local rank {self.local}"
        return where if self.rank.is_absent or self.rank.is_unknown else f"rank {self.rank} ({where})"
