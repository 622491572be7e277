"""IBM Spectrum LSF: what `#BSUB` lines ask for, and what the batch script finds on the first host.

Options: https://www.ibm.com/docs/en/spectrum-lsf/10.1.0?topic=options-n (slots in all, `min,max`),
https://www.ibm.com/docs/en/spectrum-lsf/10.1.0?topic=strings-span-string (`ptile` slots on each host, `hosts=1`),
https://www.ibm.com/docs/en/spectrum-lsf/10.1.0?topic=options-gpu (`num` GPUs of each host unless it says `/task`) and
`-nnodes` of clusters with jsrun, https://docs.olcf.ornl.gov/systems/summit_user_guide.html#running-jobs .
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.facts.shell import ShellProgram
from dtlint.job.launch import Allocation
from dtlint.job.site import Site
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.tools import batch_header, batch_hosts
from dtlint.tools.batch_hosts import hidden
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import How, Step, Value, absent, known, unknown

MARK: Final = "#BSUB"
_VALUED: Final = """
    a alloc_flags app b c C cn_cu cn_mem cwd D data E Ep env e eo eptl F freq g G gpu hostfile i is J Jd jsm L Lp m M n
    nnodes notify o oo outdir P p pack Q q R S s sla sp stage step_cgroup T t U u v w W We wa wt
"""
_FLAGS: Final = "B H I Ip Is IS ISp ISs IX K N Ne Nd hl k r rn rnc ti tty XF Zs x"
_SPEC: Final = Spec(
    (*(option(f"-{name}") for name in _VALUED.split()), *(flag(f"-{name}") for name in _FLAGS.split())),
    abbreviations=False,
    single_dash=True,
)
VARIABLES: Final = (
    "LSB_JOBID", "LSB_JOBINDEX", "LSB_JOBNAME", "LSB_QUEUE", "LSB_HOSTS", "LSB_MCPU_HOSTS", "LSB_DJOB_HOSTFILE",
    "LSB_DJOB_NUMPROC", "LSB_MAX_NUM_PROCESSORS", "LSB_BATCH_JID", "LSB_SUB_HOST", "LS_SUBCWD", "LSF_BINDIR",
)  # fmt: skip
"""Variables of a batch script whose values only the cluster knows."""
_SPAN: Final = re.compile(r"span\[\s*(ptile|hosts)\s*=\s*(\d+)\s*\]")
_GPUS: Final = re.compile(r"(?:^|:)num=(\d+)(/task|/host)?(?=:|$)")


def granted(program: ShellProgram, path: str, site: Site, scope: object) -> tuple[Allocation, dict[str, Value]] | None:
    """What the header asks for, with the variables of the batch script; None for a script without such lines."""
    words = batch_header.words(program, MARK)
    if not words:
        return None
    at = batch_header.at(program, MARK, path)
    options = parse(tuple(words), _SPEC)
    slots = _number(options, "-n")
    hosts, each = _spread(options, slots, at)
    gpus = _gpus(options, each)
    allocation = batch_hosts.granted("lsf", at, scope, hosts, slots, each, gpus, site.cluster.gpus_per_node)
    return allocation, {name: unknown(f"${name}", key=("lsf", at, name)) for name in VARIABLES}


def _spread(options: Options, slots: Value, at: Span) -> tuple[Value, Value]:
    """Hosts, and slots on each of them; absent where a host has as many as it happens to have free."""
    asked = _number(options, "-nnodes")
    if not asked.is_absent:
        return asked, absent()
    word, found = _found(options, "-R", _SPAN)
    total = slots.integer if not slots.is_absent else 1
    if word is None and total == 1:
        return known(1, Step(How.DEFAULT, "without -n LSF grants one slot", at)), absent()
    if word is None or found is None:
        return hidden("lsf", "hosts", at), absent()
    said = Step(How.HEADER, f"-R {word.written}", word.at)
    number = known(int(found[2])).because(said)
    if found[1] == "hosts":
        return (number if number.integer == 1 else hidden("lsf", "hosts", at)), absent()
    if total is None or total % int(found[2]):
        return hidden("lsf", "hosts", at), number
    return known(total // int(found[2])).after(slots.trail, number.trail), number


def _gpus(options: Options, each: Value) -> Value:
    """GPUs of each host."""
    word, found = _found(options, "-gpu", _GPUS)
    if word is None:
        return absent()
    said = Step(How.HEADER, f"-gpu {word.written}", word.at)
    if found is None:
        return unknown("the GPUs of a host", key=("lsf", "gpus", word.at), low=0, whole=True, trail=(said,))
    number = known(int(found[1])).because(said)
    if found[2] == "/task":
        if each.is_absent:
            return unknown("the GPUs of a host", key=("lsf", "gpus", word.at), low=0, whole=True, trail=(said,))
        return number * each
    return number


def _found(options: Options, name: str, form: re.Pattern[str]) -> tuple[Word | None, re.Match[str] | None]:
    """The option's word that has what `form` looks for; the last one where none has."""
    given = [word for one in options.given.get(name, ()) for word in one.values]
    for word in given:
        found = form.search(word.string or "")
        if found is not None:
            return word, found
    return (given[-1] if given and name == "-gpu" else None), None


def _number(options: Options, name: str) -> Value:
    """`-n 8`; of `-n 4,8` LSF may grant any number between."""
    given = [word for one in options.given.get(name, ()) for word in one.values]
    if not given:
        return absent()
    word = given[-1]
    said = Step(How.HEADER, f"{name} {word.written}", word.at)
    if word.string is not None and word.string.isdigit():
        return known(int(word.string)).because(said)
    return unknown(f"{name} of the job", key=("lsf", name, word.at), low=1, whole=True, trail=(said,))
