"""The loops that a trainer runs around the methods of a script: what it calls, how often and in which order.

Lightning: `Trainer.fit` of lightning/pytorch/trainer/trainer.py (`_run`, `_run_stage`) and the pseudocode of
https://lightning.ai/docs/pytorch/stable/common/lightning_module.html#hooks; `prepare_data` runs in the first process of
a node alone, or in that of the job where `prepare_data_per_node` is false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.facts.script import Assign, Attribute, Call, Constant, ExprStatement, For, Name, Stmt
from dtlint.run.effects import Answer
from dtlint.run.script.flows import indexed, shared_out
from dtlint.run.script.objects import (
    ClassObject,
    Frame,
    FunctionObject,
    Instance,
    ListObject,
    ModuleObject,
    Thing,
    Unread,
)
from dtlint.run.script.queries import coordinate
from dtlint.value import Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller
    from dtlint.run.script.trace import Event

MODULE: Final = "lightning.pytorch.LightningModule"
DATA: Final = "lightning.pytorch.LightningDataModule"
_CALLBACKS: Final = tuple(f"lightning.{name}Callback" for name in ("", "pytorch.", "pytorch.callbacks."))
_MOST_CALLBACKS: Final = 8
STRATEGY: Final = "lightning.pytorch.strategies.Strategy"
_TRAINER: Final = "lightning.pytorch.Trainer."
_SAMPLES: Final = {"use_distributed_sampler", "replace_sampler_ddp"}
"""With these a Trainer may leave the samples to others."""
LOOPS: Final = frozenset(_TRAINER + name for name in ("fit", "validate", "test"))


def go_through(machine: Caller, event: Event) -> bool:
    """Run what the trainer calls of the module and of the data module that it is given; False where these are not
    known."""
    model, data, trainer = event.thing("model"), event.thing("datamodule"), event.receiver
    if data is None:
        # It may be handed over in place of loaders.
        data = event.thing("train_dataloaders") or event.thing("dataloaders")
    if not (isinstance(model, Instance) and _of_workspace(model, MODULE)) or event.open:
        return False
    loop = _Loop(machine, event, model, data if _of_workspace(data, DATA) else None)
    for thing in (model, loop.data):
        if thing is not None and trainer is not None:
            machine.heap.store(thing.attributes, "trainer", trainer)
    if isinstance(trainer, Instance) and "strategy" not in trainer.attributes:
        machine.heap.store(trainer.attributes, "strategy", loop.strategy)
    if event.method == "fit":
        loop.fit()
    else:
        loop.evaluate("test" if event.method == "test" else "validation", event.method)
    return True


def _of_workspace(thing: Thing | None, base: str) -> bool:
    return isinstance(thing, Instance) and isinstance(thing.cls, ClassObject) and base in thing.cls.outside()


class _Loop:
    """One call of the trainer."""

    def __init__(self, machine: Caller, event: Event, model: Instance, data: Thing | None) -> None:
        self.machine, self.event, self.at = machine, event, event.at
        self.model = model
        self.data = data if isinstance(data, Instance) else None
        module = model.cls.module if isinstance(model.cls, ClassObject) else ModuleObject("", event.at.path)
        self.strategy = Instance(STRATEGY, {"trainer": event.receiver} if event.receiver else {}, complete=False)
        names: dict[str, Thing] = {"model": model, "strategy": self.strategy}
        names |= {"epochs": unknown("the epochs", key=("epochs", event.at), low=1, whole=True)}
        names["outputs"] = Unread("the outputs")
        self.frame = Frame(names, module)
        self._callbacks: tuple[str, ...] = ()
        """Names of those whose class is in the workspace, in the order in which they are called."""
        self._outputs = Name("outputs", self.at)
        """What the steps of an epoch gave, for the hooks of releases before 2.0."""
        if self.data is not None:
            self.frame.names["data"] = self.data
        if event.receiver is not None:
            self.frame.names["trainer"] = event.receiver
            self._callbacks = self._called_back(event.receiver)

    def _called_back(self, trainer: Thing) -> tuple[str, ...]:
        made = getattr(trainer, "made_by", None)
        given = made.thing("callbacks") if made is not None else None
        held = given.items if isinstance(given, ListObject) else (given,)
        own = [thing for thing in held if thing is not None and any(_of_workspace(thing, base) for base in _CALLBACKS)]
        names = {f"callback{index}": thing for index, thing in enumerate(own[:_MOST_CALLBACKS])}
        self.frame.names |= names
        return tuple(names)

    def fit(self) -> None:
        self._begin("fit")
        self._loaders("train", self.event.thing("train_dataloaders"))
        self._loaders("val", self.event.thing("val_dataloaders"))
        validation = (
            *self._both("on_validation_epoch_start"),
            *self._batches("val", self._step("validation_step")),
            *self._hook("model", "validation_epoch_end", self._outputs),
            *self._both("on_validation_epoch_end"),
            *self._both("on_validation_end"),
        )
        epoch = (
            *self._both("on_train_epoch_start"),
            *self._batches("train", (*self._training(), *self._after_batch())),
            *validation,
            *self._hook("model", "training_epoch_end", self._outputs),
            *self._both("on_train_epoch_end"),
            *self._saving(),
        )
        self._run(
            *self._strategy("setup", "model"),
            *self._hook("model", "configure_optimizers"),
            *self._both("on_fit_start"),
            *self._both("on_train_start"),
            For(Name("epoch", self.at), self._count("epochs"), (*self._epoch(), *epoch), (), self.at),
            *self._both("on_train_end"),
            *self._both("on_fit_end"),
        )

    def _saving(self) -> tuple[Stmt, ...]:
        """All processes put a checkpoint together, before the first one writes it (`dump_checkpoint` of
        lightning/pytorch/trainer/connectors/checkpoint_connector.py); by default each epoch ends with one."""
        made = getattr(self.event.receiver, "made_by", None)
        told = made.argument("enable_checkpointing") if made is not None and not made.open else None
        if told is None or not (told.is_absent or (told.known and told.constant is True)):
            return ()
        self.frame.names["checkpoint"] = Unread("the checkpoint")
        return self._both("on_save_checkpoint", Name("checkpoint", self.at))

    def _count(self, rounds: str) -> Call:
        return Call(Name("range", self.at), (Name(rounds, self.at),), (), self.at)

    def _epoch(self) -> tuple[Stmt, ...]:
        """What the trainer, and by it the module, says of the round."""
        owners = [name for name in ("trainer", "model") if name in self.frame.names]
        places = tuple(Attribute(Name(owner, self.at), "current_epoch", self.at) for owner in owners)
        return (Assign(places, Name("epoch", self.at), self.at),)

    def _after_batch(self) -> tuple[Stmt, ...]:
        names = ("trainer", "model", "outputs", "batch", "index")
        given = tuple(Name(name, self.at) for name in names)
        called = (self._hook(callback, "on_train_batch_end", *given) for callback in self._callbacks)
        return tuple(one for hook in called for one in hook)

    def evaluate(self, step: str, stage: str) -> None:
        self._begin(stage)
        loader = "test" if stage == "test" else "val"
        self._loaders(loader, self.event.thing("dataloaders"))
        self._run(
            *self._hook("model", f"on_{step}_start"),
            *self._hook("model", f"on_{step}_epoch_start"),
            *self._batches(loader, self._step(f"{step}_step")),
            *self._hook("model", f"{step}_epoch_end", self._outputs),
            *self._hook("model", f"on_{step}_epoch_end"),
            *self._hook("model", f"on_{step}_end"),
        )

    def _training(self) -> tuple[Stmt, ...]:
        """One step: through the wrapped module, and back where the optimizers are left to Lightning."""
        step = self._step("training_step", into="loss")
        alone = self.model.attributes.get("automatic_optimization")
        if not step or alone is not None:
            return step
        return (*self._strategy("training_step", "model"), *step, *self._strategy("backward", "loss"))

    def _begin(self, stage: str) -> None:
        for owner in ("data", "model"):
            if self._prepares(owner):
                self._run(*self._hook(owner, "prepare_data"))
        # The others wait for the one: `_InfiniteBarrier` around it in trainer/connectors/data_connector.py.
        self.machine.record(f"{STRATEGY}.barrier", self.at, self.at, (), {}, False, self.strategy, {})
        for owner in ("data", "model"):
            self._run(*self._hook(owner, "setup", Constant(stage, self.at)))
        self._run(*self._hook("model", "configure_model"))

    def _prepares(self, owner: str) -> bool:
        """This process is surely the one that prepares the data."""
        thing = self.frame.names.get(owner)
        each = thing.attributes.get("prepare_data_per_node", known(True)) if isinstance(thing, Instance) else None
        asked = Answer.LOCAL_RANK if isinstance(each, Value) and each.known and each.constant is True else Answer.RANK
        return coordinate(self.machine, asked).integer == 0

    def _loaders(self, kind: str, given: Thing | None) -> None:
        """The loader that is handed over, or the one that the data module or the module makes."""
        if given is not None and given is not self.data:
            self.frame.names[f"{kind}_batches"] = given
        else:
            made = (self._hook(owner, f"{kind}_dataloader", into=f"{kind}_batches") for owner in ("data", "model"))
            self._run(*next(filter(None, made), ()))
        loader = self.machine.settle(self.frame.names.get(f"{kind}_batches", known(None)))
        if isinstance(loader, Instance) and self._dealt_out(loader):
            loader.prepared = True

    def _dealt_out(self, loader: Instance) -> bool:
        """Each process surely gets batches of its own, in another order in each epoch: Lightning puts a sampler into
        the loader, and tells it and one that is there the epoch."""
        if not loader.is_a("torch.utils.data.DataLoader") or loader.made_by is None:
            return False
        if shared_out(loader):
            return True
        trainer = getattr(self.event.receiver, "made_by", None)
        left = trainer is not None and not trainer.open and not {*trainer.keywords} & _SAMPLES
        chosen = any(loader.made_by.thing(name) is not None for name in ("sampler", "batch_sampler"))
        return left and not chosen and not loader.made_by.open and indexed(loader.attributes.get("dataset"))

    def _batches(self, kind: str, step: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        return self._repeated("batch", f"{kind}_batches", step) if f"{kind}_batches" in self.frame.names else ()

    def _strategy(self, name: str, argument: str) -> tuple[Stmt, ...]:
        """What the strategy does with the module or its loss."""
        called = Attribute(Name("strategy", self.at), name, self.at)
        return (ExprStatement(Call(called, (Name(argument, self.at),), (), self.at), self.at),)

    def _step(self, name: str, into: str = "") -> tuple[Stmt, ...]:
        """With the batch, and its number if it takes one."""
        function = self._method("model", name)
        taken = len(function.parameters) - 1 if function is not None else 0
        return self._hook("model", name, *(Name("batch", self.at), Name("index", self.at))[:taken], into=into)

    def _repeated(self, target: str, source: str, body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        self.frame.names.setdefault("index", Unread("the number of the batch"))
        return (For(Name(target, self.at), Name(source, self.at), body, (), self.at),) if body else ()

    def _hook(self, owner: str, name: str, *arguments: Constant | Name, into: str = "") -> tuple[Stmt, ...]:
        """The call of a method, if a class of the workspace has it."""
        function = self._method(owner, name)
        if function is None:
            return ()
        given = arguments if len(function.parameters) > 1 else ()
        call = Call(Attribute(Name(owner, self.at), name, self.at), given, (), self.at)
        if into:
            return (Assign((Name(into, self.at),), call, self.at),)
        return (ExprStatement(call, self.at),)

    def _both(self, name: str, *arguments: Name) -> tuple[Stmt, ...]:
        """A hook of the callbacks, which are given the trainer and the module, and then that of the module."""
        first = (Name("trainer", self.at), Name("model", self.at))
        called = (self._hook(callback, name, *first, *arguments) for callback in self._callbacks)
        return (*(one for hook in called for one in hook), *self._hook("model", name, *arguments))

    def _method(self, owner: str, name: str) -> FunctionObject | None:
        thing = self.frame.names.get(owner)
        found = thing.cls.lookup(name) if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject) else None
        return found if isinstance(found, FunctionObject) else None

    def _run(self, *statements: Stmt) -> None:
        self.machine.block(statements, self.frame)
