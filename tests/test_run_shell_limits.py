"""Whatever a script does, running it on paper ends, with what was found so far."""

from __future__ import annotations

import time

import pytest
from memory_files import MemoryFiles

from dtlint.run.environment import Environment
from dtlint.run.host import unknown_host
from dtlint.run.shell import Context, Outcome, execute


def run(text: str) -> Outcome:
    memory = MemoryFiles({"run.sh": text})
    program = memory.shell("run.sh")
    assert program is not None
    host = unknown_host(0, "test")
    context = Context(environment=Environment(), host=host, files=memory, scope="test", name="run.sh")
    return execute(program, context)


@pytest.mark.parametrize(
    "text",
    [
        "while true; do :; done",
        "for ((;;)); do a; done",
        ":(){ :|:& };:",
        "f() { f; f; }; f",
        "source run.sh",
        "X='eval \"$X\"'; eval \"$X\"",
        "X=aaaaaaaa\n" + "X=$X$X\n" * 60,
        "X=$(echo a a)\n" + "X=$(echo $X $X $X $X)\n" * 12,
        "for i in {1..1000}; do for j in {1..1000}; do a $i $j; done; done",
        "echo {1..100000000} {1..900}{1..900}{1..900}",
        "a=" + "a" * 40 + "b; [[ $a =~ ^(a+)+$ ]]; [[ $a == *a*a*a*a*a*a*a*a*c ]]; b ${a##*a*a*a*a*a*a*a*c}",
        "a $((9**99999999)) $((1<<99999)) $((1/0)) $((2**-1))",
        "A=A; B=B; a $((A + B)); C='C+C'; a $((C))",
        "printf '%999999999s' x",
        "while read a; do " * 25 + "B=$a;" + "done;" * 25,
        "".join(f"f{i}() {{ f{i + 1}; f{i + 1}; }}\n" for i in range(40)) + "f0",
        "".join(f"if [ $A{i} = 1 ]; then B{i}=1; else B{i}=2; fi\n" for i in range(300)),
        "a | " * 3000 + "b",
        "(" * 3000,
    ],
)  # fmt: skip
def test_it_ends(text: str) -> None:
    start = time.process_time()
    outcome = run(text)
    assert time.process_time() - start < 5
    assert len(outcome.execs) <= 1000


def test_what_was_found_before_the_end_is_kept() -> None:
    outcome = run("torchrun a\nf() { f; f; }\nf\ntorchrun b")
    assert outcome.execs[0].argv[1].string == "a"
    assert not outcome.complete


def test_everything_that_a_long_loop_would_start_is_not_kept() -> None:
    outcome = run("for i in {1..200}; do a $i; done")
    assert len(outcome.execs) == 65
    assert outcome.execs[-1].repeated
    assert outcome.execs[-1].argv[1].string is None
