from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.wrapping import FSDP, drawn_from
from dtlint.value import known

LEFT_OUT = ("ignored_modules", "ignored_states")


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    built = [event for event in run.effects(Effect.BUILDS_OPTIMIZER) if event.surely]
    for wrap in run.called(FSDP):
        module = wrap.thing("module")
        if not wrap.surely or wrap.open or any(wrap.thing(name) is not None for name in LEFT_OUT):
            continue
        for made in built:
            given = made.thing("params")
            steps = [
                event
                for event in run.events
                if event.method == "step" and event.receiver is made.result and event.index > wrap.index
            ]
            if made.index < wrap.index and steps and module is not None and drawn_from(given) is module:
                kept = wrap.argument("use_orig_params").or_default(known(False))
                yield Finding(
                    when=kept == False,  # noqa: E712 - a Truth
                    at=made,
                    because=(("its parameters are replaced", wrap), ("it steps", steps[0])),
                )
