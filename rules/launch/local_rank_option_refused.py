from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(process: Process):
    launch, torch = process.launch, process.torch
    if process.run is None or launch is None or not launch.passes:
        return
    # The spelling with a dash came with PyTorch 2.0.
    spelling = TRUE
    if "--local-rank" in launch.passes and not torch.is_absent:
        spelling = torch.mapped("major", lambda text: int(str(text).partition(".")[0])) >= 2
    for parser in process.run.parsers:
        if parser.open or parser.parsed_at is None:
            continue
        for word in parser.rejected:
            option = (word.string or "").partition("=")[0]
            if option in launch.passes:
                yield Finding(
                    when=spelling,
                    at=parser.parsed_at,
                    because=(("started here", launch),),
                    tool=launch.called,
                    option=option,
                )
