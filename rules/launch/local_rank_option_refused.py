import re

from dtlint.job.process import Process
from dtlint.mend import Beside, Replaced
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
            if option not in passed or (torch.is_unknown and any(map(parser.accepts, passed))):
                continue
            # Of the two spellings the other one may be declared: there it is mended, not where the words are parsed.
            twin = next((one for one in parser.options if passed.intersection(one.names)), None)
            started, refused = ("started here", launch), ("it is refused here", parser.parsed_at)
            yield Finding(
                when=TRUE,
                at=twin.at if twin else parser.parsed_at,
                because=(started, refused) if twin else (started,),
                edits=(spelt_both_ways(twin.at, option) if twin else declared(parser.parsed_at, option),),
                tool=launch.called,
                option=option,
            )


def declared(at, option):
    """Without a launcher there is no such option, and the default tells so."""
    return Beside(at, at, PARSES, rf'\1.add_argument("{option}", type=int, default=-1)')


def spelt_both_ways(at, option):
    return Replaced(at, re.compile(r"([\"'])--local[-_]rank\1"), rf"\1{option}\1, \g<0>")
