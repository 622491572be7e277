from dtlint.job.process import Process
from dtlint.rule import Finding

MADE = "accelerate.Accelerator"
TOLD = ("gradient_accumulation_steps", "gradient_accumulation_plugin", "deepspeed_plugin", "deepspeed_plugins")
VARIABLE = "ACCELERATE_GRADIENT_ACCUMULATION_STEPS"
OPTIONS = (
    "gradient_accumulation_steps",
    "gradient_accumulation",
    "gradient_accumulate_steps",
    "grad_accumulation_steps",
    "grad_accum_steps",
    "grad_accum",
    "accumulation_steps",
    "accum_steps",
)


def check(process: Process):
    run = process.run
    if run is None or elsewhere(process):
        return
    made = list(run.called(MADE))
    if len(made) != 1 or made[0].open or not made[0].surely:
        return
    event = made[0]
    written = getattr(event.result, "attributes", {})
    if any(event.thing(name) is not None for name in TOLD) or "gradient_accumulation_steps" in written:
        return
    contexts = {each.index: each for each in run.called(f"{MADE}.accumulate") if each.receiver is event.result}
    step = next((each for each in run.events if each.method == "step" and in_each_round(each, contexts)), None)
    if step is None:
        return
    for parser in run.parsers:
        for name in OPTIONS:
            value = parser.parsed.get(name)
            if value is not None:
                yield Finding(
                    when=value.as_int() > 1,
                    at=event,
                    because=(value, ("the optimizer steps in each round", step)),
                    option=name,
                    value=value,
                )


def in_each_round(step, contexts):
    """It stands within `accumulate()` under no condition of its own."""
    return any(
        around.index in contexts and step.branches == contexts[around.index].branches for around in step.contexts
    )


def elsewhere(process):
    """DeepSpeed counts the micro batches, or a variable or a file that is not here may say how many there are."""
    launch = process.launch
    written = any(write.name == VARIABLE for write in process.run.writes)
    if written or process.run.sets_unknown_names or process.environment.set(VARIABLE):
        return True
    if launch is None or launch.tool != "accelerate" or launch.options.has("--multi_gpu"):
        return False
    kind = launch.config.field("distributed_type").string
    return kind is None or kind == "DEEPSPEED" or launch.options.has("--use_deepspeed")
