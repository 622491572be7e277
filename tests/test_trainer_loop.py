"""What the Trainer of transformers calls of a script's callbacks."""

from __future__ import annotations

from scripts import printed, process

from dtlint.value import Reach

HOOKS = """
import time
from transformers import Trainer, TrainerCallback, TrainingArguments

class Hooks(TrainerCallback):
    def on_train_begin(self, args, state, control, **others):
        print("begin")
        self.begun = time.time()
    def on_step_end(self, args, state, control, **others):
        print(state.global_step)
        print(state.is_world_process_zero)
        control.should_training_stop = time.time() > self.begun + 60
    def on_epoch_end(self, args, state, control, **others):
        print("epoch")
    def on_train_end(self, args, state, control, **others):
        print("end")

trainer = Trainer(model=load(), args=TrainingArguments("out"), train_dataset=load(), callbacks=[])
"""


def test_hooks_of_callbacks_run_in_their_order_with_what_is_the_same_in_all_processes() -> None:
    text = "from elsewhere import load\n" + HOOKS + "trainer.add_callback(Hooks())\ntrainer.train()\nprint('done')\n"
    run = process(text, environment={"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0"})
    values = printed(run)
    assert values[0].string == "begin"
    assert values[1].reach is Reach.UNIFORM
    assert values[2].constant is True
    assert [value.string for value in values if value.string][-3:] == ["epoch", "end", "done"]
    asked = next(run.called("transformers.TrainerControl.asked"))
    assert asked.positional[0].reach is Reach.PROCESS


def test_callbacks_that_nobody_hands_to_the_trainer_do_not_run() -> None:
    assert not printed(process("from elsewhere import load\n" + HOOKS + "hooks = Hooks()\ntrainer.train()\n"))
