"""Arguments of the Hugging Face Trainer that it refuses beside each other where the best model is to be loaded.

`__post_init__` of transformers/training_args.py and `create_accelerator_and_postprocess` of transformers/trainer.py of
4.41 to 5.24; the first check is there since 4.10 (https://github.com/huggingface/transformers/pull/12786).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from dtlint.job.plan import Conflict
from dtlint.value import Fields, Items, Truth, Value, truth

STRATEGIES: Final = ("no", "steps", "epoch")
FORMERLY: Final = "evaluation_strategy"


def conflicts(value: Callable[[str], Value]) -> Iterator[Conflict]:
    """What the Trainer refuses of arguments with these values; absent where nobody says them and the default is not
    known."""
    option = value("load_best_model_at_end")
    best = option == True  # noqa: E712 - a Truth
    evaluates, saves = value(FORMERLY).or_default(value("eval_strategy")), value("save_strategy")
    named = evaluates.one_of(*STRATEGIES) & saves.one_of(*STRATEGIES)
    reason = f"load_best_model_at_end wants one strategy for saving and evaluation, not {saves} and {evaluates}"
    yield _conflict(option, reason, best & named & (evaluates != saves), saves, evaluates)
    every, asked = value("save_steps"), value("eval_steps").or_default(value("logging_steps"))
    both = (evaluates == "steps") & (saves == "steps") & (asked > 1) & (every >= 1)
    reason = f"load_best_model_at_end wants save_steps to be a multiple of eval_steps, and {every} is none of {asked}"
    yield _conflict(option, reason, best & both & (every % asked != 0), every, asked)
    alone = value("save_only_model")
    for engine, name in ((value("deepspeed"), "DeepSpeed"), (value("fsdp"), "FSDP")):
        reason = f"save_only_model leaves load_best_model_at_end nothing to load under {name}"
        yield _conflict(alone, reason, best & (alone == True) & _asked(engine), option, engine)  # noqa: E712


def _conflict(option: Value, reason: str, when: Truth, *because: Value) -> Conflict:
    return Conflict(option, reason, tuple(one for one in because if one.trail), when)


def _asked(engine: Value) -> Truth:
    """A word, a path, a list or a dictionary that is not empty."""
    match engine.content:
        case Fields(entries=inside):
            return truth(bool(inside))
        case Items(items=within):
            return truth(bool(within))
        case _:
            return truth(bool(engine.string))
