"""`tune run` of torchtune: torchrun where any of its options stands in front of the recipe, else one process.

`_run_cmd` and `_run_distributed` of torchtune/_cli/run.py: without `--rdzv-endpoint` it adds `--standalone`.
"""

from __future__ import annotations

from dtlint.job.launch import Launch
from dtlint.job.site import Site
from dtlint.run.word import Exec, Word, plain
from dtlint.tools import torchrun
from dtlint.tools.options import parse

COMMANDS = frozenset({"tune"})
MODULES = frozenset({"torchtune._cli.tune"})


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    if not words or words[0].string != "run":
        return None
    options = parse(words[1:], torchrun.SPEC)
    recipe = options.rest[0].string if options.rest else None
    # A word that is not known may be any option, not the recipe.
    if options.hidden or recipe is None:
        return None
    # A recipe for one device is meant to be one process, and one under development may start its workers by Ray.
    if not options.given and (not recipe.endswith("_distributed") or "/" in recipe):
        return None
    alone = bool(options.given) and not options.has("--rdzv-endpoint")
    added = (plain("--standalone", exec.at),) if alone else ()
    return torchrun.spawn(exec, (*added, *words[1:]), "torchrun", site)
