from dtlint.job.plan import Plan
from dtlint.rule import Finding

PROGRAMS = {"axolotl": "axolotl", "llamafactory": "LLaMA-Factory", "openrlhf": "OpenRLHF", "nemo": "NeMo"}
"""Names of the programs whose settings are read, by the source of the plan."""


def check(plan: Plan):
    program = PROGRAMS.get(plan.source)
    if program is None:
        return
    for one in plan.conflicts:
        yield Finding(
            when=one.when,
            at=one.option if one.option.trail else plan,
            because=one.because,
            program=program,
            reason=one.reason,
        )
