"""Environment variables of one process, and who may have set those that nobody was seen to set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from dtlint.record import record
from dtlint.value import Value, absent, unknown

OWNED_NAMES = frozenset(
    {
        "GROUP_RANK",
        "GROUP_WORLD_SIZE",
        "HOROVOD_LOCAL_RANK",
        "HOROVOD_LOCAL_SIZE",
        "HOROVOD_RANK",
        "HOROVOD_SIZE",
        "LOCAL_RANK",
        "LOCAL_WORLD_SIZE",
        "MPI_LOCALRANKID",
        "MV2_COMM_WORLD_LOCAL_RANK",
        "MV2_COMM_WORLD_RANK",
        "MV2_COMM_WORLD_SIZE",
        "PMIX_RANK",
        "PMI_RANK",
        "PMI_SIZE",
        "RANK",
        "ROLE_RANK",
        "ROLE_WORLD_SIZE",
        "WORLD_SIZE",
    }
)
"""Variables that launchers own: absent unless the chain of launchers sets them."""

OWNED_PREFIXES = ("SLURM_", "OMPI_COMM_", "PET_", "TORCHELASTIC_")


def is_owned(name: str) -> bool:
    return name in OWNED_NAMES or name.startswith(OWNED_PREFIXES)


@record
class Environment:
    """What a process finds in its environment; immutable.

    A name that was not set is *absent* if launchers own it and the chain of launchers is `closed`, that is known
    from its start; every other name may have been set by the user's shell and is withheld, and each such unknown
    is the same for the same name in one `scope`.
    """

    variables: Mapping[str, Value] = field(default_factory=dict)
    scope: object = "environment"
    closed: bool = True
    assumed: Mapping[str, Value] = field(default_factory=dict)
    """Values that the user's configuration gives for names that nothing sets."""
    left: Mapping[str, Value] = field(default_factory=dict)
    """What a launcher on the way here had and surely did not hand on."""
    whole: bool = False
    """It was read off a process that is there: what is not in it is not set."""
    unread: bool = False
    """On the way from its start to here, something that was not read may have set any name."""

    def get(self, name: str) -> Value:
        if name in self.variables:
            return self.variables[name]
        if name in self.assumed and not self.whole:
            return self.assumed[name]
        if self.whole or (self.closed and is_owned(name)):
            return absent()
        return unknown(f"${name}", key=("environment", self.scope, name))

    def set(self, name: str) -> bool:
        """Somebody who was read set it (to something, or surely to nothing)."""
        return name in self.variables

    def left_behind(self, name: str) -> Value:
        """The value that a launcher had and did not hand on; absent where there is none or somebody set it again."""
        return absent() if name in self.variables else self.left.get(name, absent())

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def with_(self, changes: Mapping[str, Value]) -> Environment:
        """The environment of a child: `changes` win; an absent value unsets."""
        return replace(self, variables={**self.variables, **changes})

    def only(self, variables: Mapping[str, Value]) -> Environment:
        """A fresh environment of just these variables: a launcher that exports nothing else."""
        return replace(self, variables=dict(variables), left={**self.left, **self.variables}, whole=False)

    def opened(self) -> Environment:
        """The same, but something that was not read may have set any name."""
        return replace(self, closed=False, left={}, whole=False, unread=True)
