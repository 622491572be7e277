import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import DESTROYER, INITIALISER, MESHES
from dtlint.run.ray_data import trainer_of
from dtlint.value import TRUE

MAKERS = (INITIALISER, "deepspeed.init_distributed", *MESHES)
"""What surely leaves a default group behind."""
ENDS = re.compile("destroy|clean|clear|shut|final|free|end|reset|close|abort|exit|stop|release|teardown")
"""Calls of what was not read that may take it down, by their names."""


def check(process: Process):
    made = trainer_of(process)  # Ray Train makes one before it calls the worker's function
    for event in process.events:
        if event.name == DESTROYER or (event.row is None and ENDS.search(event.method)):
            made = None
        elif event.name == INITIALISER and made is not None and event.surely and not event.caught:
            yield Finding(when=TRUE, at=event, because=(("it is made here", made),))
            return
        elif event.name in MAKERS and event.surely and not event.caught:
            made = event
