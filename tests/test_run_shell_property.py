"""The interpreter against the real thing: what it predicts of random scripts is what bash does."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles

from dtlint.run.environment import Environment
from dtlint.run.host import unknown_host
from dtlint.run.shell import Context, Outcome, execute
from dtlint.run.word import plain
from dtlint.source import Span

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="bash is not installed")
PROBE = "probe() { printf '%s\\n' \"$#\" \"$@\" --; }\n"

NAMES = ("A", "B", "C")
NUMBERS = ("N", "M")


def run(text: str, arguments: tuple[str, ...] = ()) -> Outcome:
    files = MemoryFiles({"run.sh": text})
    program = files.shell("run.sh")
    assert program is not None
    assert not program.problems
    words = tuple(plain(argument, Span("run.sh", 0, 0)) for argument in arguments)
    context = Context(
        environment=Environment(closed=False),
        host=unknown_host(0, "test"),
        files=files,
        scope="test",
        arguments=words,
        name="run.sh",
    )
    return execute(program, context)


def bash(text: str, arguments: tuple[str, ...] = ()) -> str:
    assert BASH is not None
    # In a folder without files nothing matches a pattern.
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [BASH, "-c", PROBE + text, "run.sh", *arguments],
                capture_output=True, text=True, timeout=5, check=False, env={"LC_ALL": "C.UTF-8"}, cwd=folder,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            # Bash multiplies as often as an exponent says, and a drawn one may have twelve digits.
            reject()
    return done.stdout


def shown(outcome: Outcome) -> str:
    printed: list[str] = []
    for exec in outcome.execs:
        words = [word.string for word in exec.argv]
        assert words[0] == "probe"
        printed += [str(len(words) - 1), *(str(word) for word in words[1:]), "--"]
    return "".join(f"{line}\n" for line in printed)


texts = st.sampled_from(
    ["a", "b c", "", "x/y/z.tar.gz", "--n=4", "a,b,,c", "  p  q ", "Ab", "5", "a=b", "1 2 3", "foo-01", "a'b", "é x"]
)
numbers = st.integers(-20, 40)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@st.composite
def arithmetic(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.integers(0, 7 if depth < 3 else 1))
    if kind == 0:
        return str(draw(st.integers(0, 30)))
    if kind == 1:
        return draw(st.sampled_from(["N", "M", "$N", "${M}", "NOTSET_BUT_ZERO=0"][:4]))
    left, right = draw(arithmetic(depth + 1)), draw(arithmetic(depth + 1))
    if kind == 2:
        return f"({left} {draw(st.sampled_from(['/', '%']))} {draw(st.integers(1, 9))})"
    if kind == 3:
        return f"({left} ? {right} : {draw(arithmetic(depth + 1))})"
    if kind == 4:
        return f"{draw(st.sampled_from(['-', '!', '~']))}({left})"
    operator = draw(st.sampled_from(["+", "-", "*", "<", ">", "<=", "==", "!=", "&&", "||", "&", "|", "^"]))
    return f"({left} {operator} {right})"


@st.composite
def expansions(draw: st.DrawFn) -> str:
    """A word whose value is known."""
    name = draw(st.sampled_from(NAMES))
    number = draw(st.sampled_from(NUMBERS))
    options = [
        f"${name}",
        f'"${name}"',
        f'"x${{{name}}}y"',
        f"pre-${name}",
        f"${{{name}:-d e}}",
        f'"${{{name}:-$B}}"',
        f"${{{name}:+alt}}",
        f'"${{{name}#*/}}"',
        f'"${{{name}##*/}}"',
        f'"${{{name}%.*}}"',
        f'"${{{name}%%.*}}"',
        f'"${{{name}/a/Z}}"',
        f'"${{{name}//,/ }}"',
        f'"${{{name}:1:2}}"',
        f'"${{{name}: -2}}"',
        f'"${{{name}^^}}"',
        f'"${{{name},,}}"',
        f'"${{#{name}}}"',
        f"${number}",
        f"$(({draw(arithmetic())}))",
        f'"$(echo "${name}")"',
        f"$(printf '%s-%03d' \"${name}\" 7)",
        f'"$(basename "x${name}")"',
        f'"$(dirname "/r/${{{name}}}q")"',
        f"$(echo ${name} | tr 'a' 'b')",
        "${L[@]}",
        '"${L[@]}"',
        '"${L[*]}"',
        "${#L[@]}",
        '"${L[0]}"',
        '"${L[@]:1}"',
        "${L[-1]}",
        "$#",
        '"$@"',
        "$1",
        '"${2}"',
        "{1..3}",
        "a{b,c}d",
        "lit",
        "'s q'",
        '"d \\$ \\" q"',
        "\\ e",
        "$(seq 2 4)",
    ]
    return draw(st.sampled_from(options))


@st.composite
def conditions(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(NAMES))
    number = draw(st.sampled_from(NUMBERS))
    return draw(
        st.sampled_from(
            [
                f'[ "${name}" = a ]',
                f'[[ ${name} == *b* ]]',
                f"[[ ${name} =~ ^[0-9]+$ ]]",
                f'[ -z "${name}" ]',
                f'[[ -n ${name} && ${number} -gt 3 ]]',
                f"[ ${number} -le 5 ]",
                f"(( {number} % 2 ))",
                f"(( {draw(arithmetic())} ))",
                f'[ "${name}" != "$B" -o ${number} -eq 1 ]',
                "true",
                "false",
                f'! [ -n "${name}" ]',
                f'[[ ( ${name} = a || ${number} < 2 ) ]]',
                f"test ${number} -ge 0",
            ]
        )
    )


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.integers(0, 17 if depth < 2 else 8))
    name = draw(st.sampled_from(NAMES))
    number = draw(st.sampled_from(NUMBERS))
    inner = statements(depth + 1)
    match kind:
        case 0 | 1:
            return "probe " + " ".join(draw(st.lists(expansions(), min_size=1, max_size=4)))
        case 2:
            return f"{name}={quoted(draw(texts))}"
        case 3:
            return f"{name}={draw(expansions().filter(lambda word: '{' not in word[:1] and 'a{' not in word))}"
        case 4:
            return f"{number}=$(({draw(arithmetic())}))"
        case 5:
            return f"{name}+={quoted(draw(texts))}"
        case 6:
            members = " ".join(draw(st.lists(expansions(), max_size=3)))
            return f"L{draw(st.sampled_from(['=', '+=']))}({members})"
        case 7:
            made = [f"(( {number}++ ))", f"(( {number} += 3 ))", f"let {number}=2*3", f"L[1]=${name}"]
            return draw(st.sampled_from(made))
        case 8:
            return draw(st.sampled_from([f"export {name}", f"unset {name}", "shift", f"set -- ${name} z", ":"]))
        case 9:
            first = f"if {draw(conditions())}; then\n{draw(inner)}\n"
            return f"{first}elif {draw(conditions())}; then\n{draw(inner)}\nelse\n{draw(inner)}\nfi"
        case 10:
            listed = " ".join(draw(st.lists(expansions(), max_size=3)))
            last = draw(st.sampled_from(["probe $A", "break", "continue; probe n"]))
            return f"for {name} in {listed}; do\n{draw(inner)}\n{last}\ndone"
        case 11:
            return f"for ((i=0; i<{draw(st.integers(0, 4))}; i++)); do\n{draw(inner)}\nprobe $i\ndone"
        case 12:
            first = f"case ${name} in\na|b*) {draw(inner)} ;;\n*.gz) {draw(inner)} ;;\n"
            return f"{first}[0-9]) probe digit ;;\n*) {draw(inner)} ;;\nesac"
        case 13:
            return f"f() {{\nlocal {name}=in\nprobe \"$@\" ${name}\n{draw(inner)}\n}}\nf {draw(expansions())} ${name}"
        case 14:
            return f"( {draw(inner)}\n)"
        case 15:
            return f"{draw(conditions())} {draw(st.sampled_from(['&&', '||']))} {{\n{draw(inner)}\n}}"
        case 16:
            lines = f"1 ${name} x\n$((N+1))\nEOF\n"
            return f'cat <<EOF | while read -r {name} rest; do\n{lines}probe "${name}" "$rest"\ndone'
        case _:
            return f"eval \"probe \\${name} ${number}\""


@st.composite
def scripts(draw: st.DrawFn) -> str:
    start = "".join(f"{name}={quoted(draw(texts))}\n" for name in NAMES)
    start += "".join(f"{name}={draw(numbers)}\n" for name in NUMBERS) + "L=(u 'v w')\n"
    body = "\n".join(draw(st.lists(statements(), min_size=1, max_size=7)))
    return f'{start}{body}\nprobe "$A" "$B" "$C" $N $M "${{L[@]}}"\n'


@settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
@given(scripts())
def test_what_is_predicted_is_what_bash_does(script: str) -> None:
    outcome = run(script, ("one", "t w"))
    assert outcome.complete
    assert all(not exec.branches for exec in outcome.execs)
    assert shown(outcome) == bash(script, ("one", "t w"))


ASSIGNED = re.compile(r"^(?:[ABCNM])=(?P<value>'[^'\n]*'|-?\d+)$", re.MULTILINE)


@settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
@given(scripts(), st.data())
def test_hiding_a_value_never_makes_another_one_known(script: str, data: st.DataObject) -> None:
    hidden = data.draw(st.sampled_from(list(ASSIGNED.finditer(script))))
    start, end = hidden.span("value")
    # The same length, so that places can be compared.
    fog = f"${'U' * (end - start - 1)}" if end - start > 1 else None
    if fog is None:
        return
    before = run(script, ("one", "t w"))
    after = run(script[:start] + fog + script[end:], ("one", "t w"))
    assert after.complete
    seen: dict[int, set[str | None]] = {}
    for exec in before.execs:
        seen.setdefault(exec.at.start, set()).update(word.string for word in exec.argv)
    for exec in after.execs:
        # What stands in a branch may not be run, and what `$(…)` starts was only understood before.
        if exec.branches or exec.repeated or exec.argv[0].string != "probe":
            continue
        # An unknown may be several words, so that those behind it move.
        assert {word.string for word in exec.argv} - {None} <= seen.get(exec.at.start, set())
