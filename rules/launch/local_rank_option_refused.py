from dtlint.job.process import Process
from dtlint.mend import Beside
from dtlint.rule import Finding
from dtlint.value import TRUE

PARSES = r"([\w.]+)\.parse_args\(\)"


def check(process: Process):
    launch, torch = process.launch, process.torch
    if process.run is None or launch is None or not launch.passes:
        return
    # PyTorch's launcher writes a dash since 2.0, and an underscore before.
    passed = {name for known in launch.passes for name in (known, known.replace("-rank", "_rank"))}
    for parser in process.run.parsers:
        if parser.open or parser.parsed_at is None:
            continue
        for word in parser.rejected:
            option = (word.string or "").partition("=")[0]
            if option in passed and not (torch.is_unknown and any(map(parser.accepts, passed))):
                yield Finding(
                    when=TRUE,
                    at=parser.parsed_at,
                    because=(("started here", launch),),
                    edits=(Beside(parser.parsed_at, parser.parsed_at, PARSES, declared(option)),),
                    tool=launch.called,
                    option=option,
                )


def declared(option):
    """Without a launcher there is no such option, and the default tells so."""
    return rf'\1.add_argument("{option}", type=int, default=-1)'
