from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod import familiar
from dtlint.value import TRUE

QUESTIONS = ("rank", "local_rank", "cross_rank", "size", "local_size", "cross_size")


def check(process: Process):
    run = process.run
    if run is None or run.child:
        return
    calls = [event for event in run.events if event.name.startswith("horovod.")]
    begins = next((event for event in calls if event.method == "init"), None)
    asked = next((event for event in calls if event.method in QUESTIONS), None)
    if begins is None or asked is None or asked.index > begins.index or not (asked.surely and begins.surely):
        return
    if familiar([event for event in run.events if event.index < asked.index]):
        yield Finding(when=TRUE, at=asked, because=(("Horovod starts here", begins),), call=asked.method)
