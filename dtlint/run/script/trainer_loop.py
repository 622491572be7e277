"""What the Trainer of transformers calls of a script's own classes while it trains: the hooks of callbacks, and the
`evaluate` of a subclass.

`Trainer._inner_training_loop` of transformers/trainer.py calls the hooks in every process, and asks
`control.should_training_stop` behind each step and each epoch: the flag of this process, which no other one hears of.
It evaluates in every process too, by `_maybe_log_save_evaluate`, whose `_evaluate` calls `self.evaluate(ignore_keys=…)`
where `eval_strategy` asks for it (`evaluation_strategy` before release 4.41).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.facts.script import Assign, Attribute, Call, Constant, Expr, ExprStatement, For, If, Keyword, Name, Stmt
from dtlint.run.effects.names import canonical
from dtlint.run.script.objects import (
    ClassObject,
    Frame,
    FunctionObject,
    Instance,
    ListObject,
    ModuleObject,
    Thing,
    as_value,
)
from dtlint.value import Kind, Reach, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller
    from dtlint.run.script.trace import Event

TRAINER: Final = "transformers.Trainer"
TRAINS: Final = f"{TRAINER}.train"
ASKED: Final = "transformers.TrainerControl.asked"
"""The call that stands for the question whether to stop; the flag is its argument."""
_CALLBACKS: Final = frozenset(f"transformers.{home}TrainerCallback" for home in ("", "trainer_callback."))
_MOST_CALLBACKS: Final = 8
_STRATEGIES: Final = ("eval_strategy", "evaluation_strategy")
_FLAGS: Final = ("should_training_stop", "should_epoch_stop", "should_save", "should_evaluate", "should_log")
_NOW_AND_THEN: Final = ("on_log", "on_evaluate", "on_save")
"""Hooks of steps that are logged, evaluated and saved: some of them."""


def train(machine: Caller, event: Event) -> None:
    """Run the hooks of the callbacks, and the `evaluate` of a subclass where the arguments surely ask for it."""
    trainer = event.receiver
    if not isinstance(trainer, Instance) or event.open:
        return
    callbacks = _callbacks(machine, trainer)
    evaluates = _evaluates(trainer)
    if callbacks or evaluates:
        _Loop(machine, event, trainer, callbacks).run(evaluates)


class _Loop:
    """One call of `train`."""

    def __init__(self, machine: Caller, event: Event, trainer: Instance, callbacks: list[Instance]) -> None:
        self.machine, self.at = machine, event.at
        first = next((one.cls for one in (trainer, *callbacks) if isinstance(one.cls, ClassObject)), None)
        module = first.module if first is not None else ModuleObject("", event.at.path)
        flags: dict[str, Thing] = {name: known(False) for name in _FLAGS}
        names: dict[str, Thing] = {
            "trainer": trainer,
            "args": trainer.attributes.get("args", Instance("transformers.TrainingArguments", complete=False)),
            "state": Instance("transformers.TrainerState", complete=False),
            "control": Instance("transformers.TrainerControl", flags, complete=False),
            "asked": machine.external(ASKED),
        }
        names |= {f"callback{index}": callback for index, callback in enumerate(callbacks)}
        names |= {
            rounds: unknown(f"the {rounds}", key=(rounds, event.at), low=1, whole=True)
            for rounds in ("epochs", "steps", "evaluations")
        }
        turns = ("turns", event.at)
        names["now"] = unknown(
            "whether it is time", key=turns, kind=Kind.CHANCE, reach=Reach.UNIFORM, low=0, high=1, whole=True
        )
        self.callbacks = callbacks
        self.frame = Frame(names, module)

    def run(self, evaluates: bool) -> None:
        step: tuple[Stmt, ...] = (
            *self._hook("on_step_begin"),
            *self._hook("on_pre_optimizer_step"),
            *self._hook("on_optimizer_step"),
            *self._set("global_step", "step"),
            *self._hook("on_step_end"),
            *self._now_and_then(),
            *self._asked(),
        )
        epoch = (
            *self._set("epoch", "epoch"),
            *self._hook("on_epoch_begin"),
            *self._each("step", "steps", step),
            *self._hook("on_epoch_end"),
            *self._asked(),
        )
        self.machine.block(
            (
                *self._hook("on_train_begin"),
                *(self._each("epoch", "epochs", epoch) if self.callbacks else ()),
                *(self._each("turn", "evaluations", self._evaluate()) if evaluates else ()),
                *self._hook("on_train_end"),
            ),
            self.frame,
        )

    def _hook(self, name: str) -> tuple[Stmt, ...]:
        """The call of a method of each callback whose class in the workspace has it."""
        calls: list[Stmt] = []
        given = tuple(Name(one, self.at) for one in ("args", "state", "control"))
        for index, callback in enumerate(self.callbacks):
            found = callback.cls.lookup(name) if isinstance(callback.cls, ClassObject) else None
            if isinstance(found, FunctionObject):
                called = Attribute(Name(f"callback{index}", self.at), name, self.at)
                calls.append(ExprStatement(Call(called, given, (), self.at), self.at))
        return tuple(calls)

    def _now_and_then(self) -> tuple[Stmt, ...]:
        calls = tuple(call for name in _NOW_AND_THEN for call in self._hook(name))
        return (If(Name("now", self.at), calls, (), self.at),) if calls else ()

    def _asked(self) -> tuple[Stmt, ...]:
        flag = Attribute(Name("control", self.at), _FLAGS[0], self.at)
        return (ExprStatement(Call(Name("asked", self.at), (flag,), (), self.at), self.at),)

    def _set(self, name: str, to: str) -> tuple[Stmt, ...]:
        return (Assign((Attribute(Name("state", self.at), name, self.at),), Name(to, self.at), self.at),)

    def _each(self, target: str, rounds: str, body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        again: Expr = Call(Name("range", self.at), (Name(rounds, self.at),), (), self.at)
        return (For(Name(target, self.at), again, body, (), self.at),)

    def _evaluate(self) -> tuple[Stmt, ...]:
        keys = Keyword("ignore_keys", Constant(None, self.at), self.at)
        called = Call(Attribute(Name("trainer", self.at), "evaluate", self.at), (), (keys,), self.at)
        return (ExprStatement(called, self.at),)


def _callbacks(machine: Caller, trainer: Instance) -> list[Instance]:
    """Those that the trainer was made with, and those that were added since, of classes of the workspace."""
    made = trainer.attributes.get("callbacks")
    held = list(made.items) if isinstance(made, ListObject) else []
    for event in machine.run.events:
        if event.method == "add_callback" and event.receiver is trainer and event.positional and event.surely:
            held.append(event.positional[0])
    settled = [machine.settle(one) for one in held]
    return [one for one in settled if isinstance(one, Instance) and _is_callback(one.cls)][:_MOST_CALLBACKS]


def _is_callback(cls: ClassObject | str) -> bool:
    return isinstance(cls, ClassObject) and any(canonical(base) in _CALLBACKS for base in cls.outside())


def _evaluates(trainer: Instance) -> bool:
    cls = trainer.cls
    if not isinstance(cls, ClassObject) or not isinstance(cls.lookup("evaluate"), FunctionObject):
        return False
    arguments = trainer.attributes.get("args")
    made = arguments.made_by if isinstance(arguments, Instance) else None
    given = (made.keywords.get(name) for name in _STRATEGIES) if made is not None else ()
    return any(as_value(one).string in ("epoch", "steps") for one in given if one is not None)
