from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.spawning import refusal
from dtlint.value import TRUE


def check(process: Process):
    for child in process.run.children if process.run is not None else ():
        refused = refusal(child.event) if not child.event.caught else None
        if refused is not None:
            yield Finding(
                when=TRUE,
                at=child.event,
                because=((f"{refused.function.name} stands here", refused.function),),
                function=refused.function.name,
                reason=refused.reason,
                first=", the first of which is the number of the process" if refused.counted else "",
            )
