from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.compiled_states import not_taken
from dtlint.value import TRUE


def check(run: Run):
    for one in not_taken(run.processes):
        yield Finding(
            when=TRUE,
            at=one.put,
            because=(("the model is compiled", one.compiled), ("its state is saved here", one.save)),
            end="this raises" if one.strict else "strict=False loads nothing at all",
        )
