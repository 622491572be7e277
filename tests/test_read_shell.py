"""Shell programs: shapes, places, recovery."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtlint.facts import shell
from dtlint.facts.shell import (
    AndOr,
    Arithmetic,
    ArithmeticCommand,
    Background,
    Case,
    Command,
    CountingFor,
    Declaration,
    For,
    Function,
    Group,
    If,
    Literal,
    Not,
    Parameter,
    Pipeline,
    ShellProgram,
    Substitution,
    Unparsed,
    Unread,
    While,
    Word,
)
from dtlint.read.shell import parse, read
from dtlint.source import Source, Span


def program(text: str) -> ShellProgram:
    return read(Source("run.sh", text))


def only(text: str) -> shell.Statement:
    found = program(text)
    assert not found.problems
    assert len(found.body) == 1
    return found.body[0]


def words(text: str) -> tuple[Word, ...]:
    command = only(text)
    assert isinstance(command, Command)
    return command.words


def everything(node: object) -> Iterator[object]:
    """The node and all that it holds."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack.extend(current)
        elif dataclasses.is_dataclass(current) and not isinstance(current, type):
            yield current
            stack.extend(getattr(current, field.name) for field in dataclasses.fields(current))


def texts(word: Word) -> str:
    """The word with its kinds of parts marked."""
    shown = []
    for part in word.parts:
        match part:
            case Literal():
                shown.append(part.text)
            case Parameter():
                shown.append(f"<{part.name}{part.operator}>")
            case Substitution():
                shown.append(f"<({part.text})>")
            case Arithmetic():
                shown.append("<((…))>")
            case Unread():
                shown.append(f"<?{part.text}>")
    return "".join(shown)


def source_of(text: str, at: Span) -> str:
    return text[at.start : at.end]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("srun --n=$N a", ["srun", "--n=<N>", "a"]),
        ('a "b $C d"', ["a", "b <C> d"]),
        ("a 'b $C'", ["a", "b $C"]),
        (r"a \$B b\ c", ["a", "$B", "b c"]),
        ("a \\\n  --b \\\n  c", ["a", "--b", "c"]),
        ("a --x=\\\ny", ["a", "--x=y"]),
        ("a ${B:-c d}", ["a", "<B:->"]),
        ("a $(b c)d", ["a", "<(b c)>d"]),
        ("a `b c`", ["a", "<(b c)>"]),
        ("a $((1+2)) $[3]", ["a", "<((…))>", "<((…))>"]),
        ("a $'x\\ty'", ["a", "x\ty"]),
        ("a b#c # d", ["a", "b#c"]),
        ("a {1..3} x{b,c}", ["a", "<?{1..3}>", "x<?{b,c}>"]),
        ("a <(b c)", ["a", "<?<(b c)>"]),
        ("a --n {{ nodes }} --m <FILL_IN>", ["a", "--n", "<?{{ nodes }}>", "--m", "<?<FILL_IN>>"]),
        ("a $ $% {} [ ]", ["a", "$", "$%", "{}", "[", "]"]),
        ("a $1 ${10} $# $@ $? $$", ["a", "<1>", "<10>", "<#>", "<@>", "<?>", "<$>"]),
        ('a "it\'s" "a\\"b"', ["a", "it's", 'a"b']),
        ("a é\u00a0b", ["a", "é\u00a0b"]),
        ("a --x=<(b c)d >(e)", ["a", "--x=<?<(b c)>d", "<?>(e)>"]),
        ("a --x=<FILL> w=<w>/$b", ["a", "--x=<?<FILL>>", "w=<?<w>>/<b>"]),
        ("a $((echo b))", ["a", "<?$((echo b))>"]),
        ("a \\", ["a"]),
        ("a b\\", ["a", "b"]),
        ("a b\\\\", ["a", "b\\"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [texts(word) for word in words(text)] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${A:-d}", Parameter("A", Span("", 0, 0), operator=":-")),
        ("${A##*/}", Parameter("A", Span("", 0, 0), operator="##")),
        ("${A/x/y}", Parameter("A", Span("", 0, 0), operator="/")),
        ("${A:1:2}", Parameter("A", Span("", 0, 0), operator=":")),
        ("${A^^}", Parameter("A", Span("", 0, 0), operator="^^")),
        ("${#A}", Parameter("A", Span("", 0, 0), length=True)),
        ("${!A}", Parameter("A", Span("", 0, 0), indirect=True)),
        ("${#}", Parameter("#", Span("", 0, 0))),
        ("${@:2}", Parameter("@", Span("", 0, 0), operator=":")),
    ],
)
def test_expansions(written: str, expected: Parameter) -> None:
    (part,) = words(f"a {written}")[1].parts
    assert isinstance(part, Parameter)
    bare = dataclasses.replace(part, at=Span("", 0, 0), arguments=(), index=None)
    assert bare == expected


def test_arguments_of_expansions_are_words() -> None:
    (part,) = words('a "${A[$i]/x$y/z}"')[1].parts
    assert isinstance(part, Parameter)
    assert part.quoted
    assert part.index is not None
    assert texts(part.index) == "<i>"
    assert [texts(argument) for argument in part.arguments] == ["x<y>", "z"]
    (default,) = words("a ${A:-$(b ${C:-d})}")[1].parts
    assert isinstance(default, Parameter)
    assert isinstance(default.arguments[0].parts[0], Substitution)


def test_statements_have_their_shapes() -> None:
    text = """
if a; then b; elif c; then d; else e; fi
case $x in a|b) c ;; *) d ;; esac
for i in 1 2; do a; done
for i; do a; done
for ((i = 0; i < 3; i++)); do a; done
while a; do b; done
until a; do b; done
f() { a; }
function g { a; }
( a; b )
{ a; }
a | b |& c
a && b || c
! a
a &
[ -f a ]
[[ -f a ]]
test -f a
(( a++ ))
let a=1
export A=1
time a
"""
    found = program(text)
    assert not found.problems
    assert [type(statement) for statement in found.body] == [
        If, Case, For, For, CountingFor, While, While, Function, Function, Group, Group, Pipeline, AndOr, Not,
        Background, shell.Test, shell.Test, shell.Test, ArithmeticCommand, ArithmeticCommand, Declaration, Command,
    ]  # fmt: skip
    loop, positional = found.body[2], found.body[3]
    assert isinstance(loop, For)
    assert loop.words is not None
    assert len(loop.words) == 2
    assert isinstance(positional, For)
    assert positional.words is None
    assert isinstance(found.body[6], While)
    assert found.body[6].until
    assert isinstance(found.body[11], Pipeline)
    assert len(found.body[11].stages) == 3


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("coproc x { cat; }", Group),
        ("coproc x (cat)", Group),
        ("coproc x while a; do b; done", While),
        ("coproc { cat; }", Group),
        ("coproc x a", Command),
        ("coproc time a", Command),
    ],
)
def test_coprocesses(text: str, body: type) -> None:
    statement = only(text)
    assert isinstance(statement, Background)
    assert isinstance(statement.body, body)


@pytest.mark.parametrize("text", ["for ((;;)); { a; }", "for i in b; { a; }", "for i in b\n{ a; }", "for i; { a; }"])
def test_a_loop_with_braces(text: str) -> None:
    loop = only(text)
    assert isinstance(loop, For | CountingFor)
    assert [texts(node.words[0]) for node in loop.body if isinstance(node, Command)] == ["a"]


def test_select_is_a_loop_that_somebody_ends() -> None:
    loop = only("select  x in a b; do c $x; done")
    assert isinstance(loop, While)
    (choice, _unknown) = loop.condition
    assert isinstance(choice, Command)
    assert [assignment.name for assignment in choice.assignments] == ["x", "REPLY"]
    assert choice.assignments[0].at == Span("run.sh", 8, 9)
    assert [texts(node.words[0]) for node in loop.body if isinstance(node, Command)] == ["c"]


def test_assignments() -> None:
    command = only("A=1 B+=2 C= D=(a 'b c' $d) E[1]=x cmd")
    assert isinstance(command, Command)
    assert [(a.name, a.append, a.array and len(a.array)) for a in command.assignments] == [
        ("A", False, None), ("B", True, None), ("C", False, None), ("D", False, 3), ("E", False, None),
    ]  # fmt: skip
    assert command.assignments[4].index is not None
    assert texts(command.words[0]) == "cmd"
    table = only("declare -A M=([a]=1 [\"b c\"]=$x)")
    assert isinstance(table, Declaration)
    assert table.flags == ("-A",)
    keys = table.assignments[0].keys
    assert keys is not None
    assert [texts(key) for key in keys if key is not None] == ["a", "b c"]
    late = only('export "$name=$value" X Y=2')
    assert isinstance(late, Declaration)
    assert [texts(word) for word in late.words] == ["<name>=<value>"]
    assert [(a.name, a.value is None) for a in late.assignments] == [("X", True), ("Y", False)]


def test_what_looks_like_an_assignment_behind_the_command_is_a_word() -> None:
    assert [texts(word) for word in words("env A=1 cmd B=2")] == ["env", "A=1", "cmd", "B=2"]


def test_here_documents() -> None:
    text = "cat <<EOF > f | tee g\na $B\nEOF\ncat <<'E' <<-\"F\"\n$x\nE\n\t\ty $z\n\tF\nafter\n"
    found = program(text)
    assert not found.problems
    pipeline, two, after = found.body
    assert isinstance(pipeline, Pipeline)
    first = pipeline.stages[0]
    assert isinstance(first, Command)
    assert first.redirects[0].target is not None
    assert texts(first.redirects[0].target) == "a <B>\n"
    assert isinstance(two, Command)
    targets = [redirect.target for redirect in two.redirects]
    assert [texts(target) for target in targets if target is not None] == ["$x\n", "y $z\n"]
    assert isinstance(after, Command)
    assert texts(after.words[0]) == "after"


def test_here_document_inside_a_substitution() -> None:
    (word,) = only('X="$(cat <<EOF\na)b\nEOF\n)"').assignments  # type: ignore[union-attr]
    assert word.value is not None
    (part,) = word.value.parts
    assert isinstance(part, Substitution)
    inner = part.body[0]
    assert isinstance(inner, Command)
    assert inner.redirects[0].target is not None
    assert texts(inner.redirects[0].target) == "a)b\n"


def test_many_here_documents_on_a_line_end_quickly() -> None:
    for begin in ("<<E ", "<<'E' ", "<<E | cat "):
        start = time.process_time()
        found = program(f"cat {begin * 10_000}x\n" + "E\n" * 10_000)
        assert time.process_time() - start < 5
        assert not found.problems


def test_here_documents_inside_and_behind_a_substitution() -> None:
    text = 'cat <<A "$(cat <<B\nb\nB\n)" <<C\na\nA\nc\nC\nlast\n'
    found = program(text)
    assert not found.problems
    redirects = [node for node in everything(found.body) if isinstance(node, shell.Redirect)]
    assert sorted(texts(redirect.target) for redirect in redirects if redirect.target) == ["a\n", "b\n", "c\n"]
    assert len(found.body) == 2


def test_what_stands_behind_a_here_document_on_its_line() -> None:
    found = program("a <<E & b\nx\nE\nc\n")
    assert [type(statement) for statement in found.body] == [Background, Command, Command]


@pytest.mark.parametrize("text", ["a 2>&1 >/dev/null", "a &> b", "a 2> c < d", "a >& b", "a 3>&- {fd}> b", "> a"])
def test_redirections_are_no_words(text: str) -> None:
    command = only(text)
    assert isinstance(command, Command)
    assert [texts(word) for word in command.words] in (["a"], [])
    assert command.redirects


def test_test_operators_are_words() -> None:
    double = only('[[ ( $a == b* || -z "$c" ) && ! $d =~ ^(x|y)+$ && 1 < 2 ]]')
    assert isinstance(double, shell.Test)
    assert double.double
    assert [texts(word) for word in double.words] == [
        "(", "<a>", "==", "b*", "||", "-z", "<c>", ")", "&&", "!", "<d>", "=~", "^(x|y)+$", "&&", "1", "<", "2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "regex",
    ["(a|b)c", "^((a b)|c)$", "(a\n|b)", '(")"c)', r"(\)c)", "(a;b<c&&d)", "zz||zz", "(${a}b|$(c d))", "('x y'|a)"],
)
def test_a_regular_expression_is_one_word(regex: str) -> None:
    double = only(f"[[ ( $x =~ {regex}) && y ]]")
    assert isinstance(double, shell.Test)
    assert len(double.words) == 7
    at = double.words[3].at
    assert (at.start, at.end - at.start) == (11, len(regex))
    assert [texts(word) for word in double.words[4:]] == [")", "&&", "y"]


@pytest.mark.parametrize("text", ["[[ $x =~ (a ]]", "[[ $x =~ b;c ]]", "[[ $x =~ bc]]"])
def test_a_broken_regular_expression_is_a_problem(text: str) -> None:
    assert program(text).problems


@pytest.mark.parametrize("text", ["a+(b|c)", "@(a|b)*", "+(a b)"])
def test_an_extended_glob_is_part_of_its_word(text: str) -> None:
    double = only(f"[[ $x == {text} ]]")
    assert isinstance(double, shell.Test)
    assert len(double.words) == 3
    assert any(isinstance(part, Unread) for part in double.words[2].parts)


def test_time_behind_a_pipe_is_a_command() -> None:
    pipeline = only("a | time -p b")
    assert isinstance(pipeline, Pipeline)
    last = pipeline.stages[1]
    assert isinstance(last, Command)
    assert [texts(word) for word in last.words] == ["time", "-p", "b"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"${x:-\\a}"', "\\a"),
        ('"${x:-a\\}b}"', "a}b"),
        ('"${x:-\\"\\$\\\\}"', '"$\\'),
        ("${x:-\\a}", "a"),
        ('"${x#\\a}"', "a"),
        ('"${x:-a\\\nb}"', "ab"),
    ],
)
def test_a_backslash_in_an_operand(written: str, expected: str) -> None:
    (part,) = words(f"a {written}")[1].parts
    assert isinstance(part, Parameter)
    assert texts(part.arguments[0]) == expected


@pytest.mark.parametrize(
    ("written", "leaf"),
    [
        ("10#$x", "10#<x>"),
        ("10#${x}", "10#<x>"),
        ("16#ff", "16#ff"),
        ("0x$x", "0x<x>"),
        ("$b#$x", "<b>#<x>"),
        ("x$i", "x<i>"),
        ("${p}_y", "<p>_y"),
    ],
)
def test_what_is_put_together_is_one_operand(written: str, leaf: str) -> None:
    (part,) = words(f"a $(({written}+1))")[1].parts
    assert isinstance(part, Arithmetic)
    word = part.expression.operands[0].word
    assert word is not None
    assert texts(word) == leaf


def test_arithmetic_that_is_not_understood_starts_nothing() -> None:
    found = program("((a b))\na $((b c)) $((x$i[1]))\nfor ((i = 0; a b; i++)); do c; done\n")
    assert not found.problems
    assert [type(statement) for statement in found.body] == [Unparsed, Command, CountingFor]
    assert not any(isinstance(node, Substitution | Group) for node in everything(found.body))
    loop = found.body[2]
    assert isinstance(loop, CountingFor)
    assert loop.condition is not None


def test_arithmetic_is_a_tree() -> None:
    (part,) = words("a $(( x + 2 * ${y} ** 2 > 3 ? b[1]++ : -c ))")[1].parts
    assert isinstance(part, Arithmetic)
    tree = part.expression
    assert tree.operator == "?:"
    condition, chosen, other = tree.operands
    assert condition.operator == ">"
    assert condition.operands[0].operator == "+"
    assert condition.operands[0].operands[1].operator == "*"
    assert chosen.operator == "x++"
    assert other.operator == "-"
    bare = condition.operands[0].operands[0].word
    assert bare is not None
    assert isinstance(bare.parts[0], Parameter)
    assert bare.parts[0].name == "x"


def test_comments_and_shebang() -> None:
    found = program("#!/bin/bash\n#SBATCH --nodes=2\na # dtlint: ignore[x]\ncat <<E\n# no comment\nE\n")
    assert found.shebang == "#!/bin/bash"
    assert [comment.text for comment in found.comments] == [
        "#!/bin/bash", "#SBATCH --nodes=2", "# dtlint: ignore[x]",
    ]  # fmt: skip


def test_a_python_batch_script_has_a_header_and_no_commands() -> None:
    found = program("#!/usr/bin/env python3\n#SBATCH --nodes=2\nif x:\n    print('it\\'s')\n")
    assert [comment.text for comment in found.comments][1] == "#SBATCH --nodes=2"
    assert [type(statement) for statement in found.body] == [Unparsed]
    assert not found.problems


def test_carriage_returns_a_mark_and_tabs() -> None:
    text = "\ufeffA=8\r\n\tsrun \\\r\n\t--n=$A\r\ncat <<EOF\r\nx\r\nEOF\r\nb\r\n"
    found = program(text)
    assert not found.problems
    assert len(found.body) == 4
    command = found.body[1]
    assert isinstance(command, Command)
    assert [texts(word) for word in command.words] == ["srun", "--n=<A>"]
    assert source_of(text, command.words[1].at) == "--n=$A"


def test_places_count_code_points() -> None:
    text = "echo 'é😀' ünï $X\n"
    command = only(text)
    assert isinstance(command, Command)
    assert [source_of(text, word.at) for word in command.words] == ["echo", "'é😀'", "ünï", "$X"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nif b; then\nc\nd\n", "end"),
        ("a\nfi\nb\n", "fi"),
        ("a\necho 'x\nb\n", "'x"),
        ("a\nb (c)\nd\n", "(c)"),
        ("a\nfor i in 1; b; done\nd\n", "b; done"),
        ("a\n| b\nc\n", "| b"),
        ("a ${b\nc", "${b"),
    ],
)
def test_a_syntax_error_is_one_problem_and_the_rest_is_read(text: str, line: str) -> None:
    found = program(text)
    assert len(found.problems) == 1
    assert found.problems[0].at.start == (len(text) if line == "end" else text.index(line))
    assert isinstance(found.body[0], Command | Unparsed)


def test_what_stands_before_a_missing_end_is_kept() -> None:
    found = program("if a; then\n  srun b\n")
    assert [type(node) for node in found.body] == [If]
    assert sum(isinstance(node, Command) for node in everything(found.body)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}\nsrun --n {{ n }} a\n{% endif %}\n",
        "srun --n=<NODES> a\n",
        "DATA=<path to data>\n",
        "DATA=<Where the data is (such as /data)>\n",
        "srun --n=<user/model, or host:port> a\n",
        "srun --n={{cookiecutter.nodes}} --m={{ a | b }}\n",
    ],
)
def test_templates_are_no_errors(text: str) -> None:
    found = program(text)
    assert not found.problems
    assert any(isinstance(node, Unread | Unparsed) for node in everything(found.body))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "$(" * 5000,
        'a "$(' * 5000,
        "{ " * 5000,
        "if a; then " * 5000,
        "a ${b:-" * 5000,
        "a && " * 9000,
    ],
)
def test_deep_nesting_ends_quickly(text: str) -> None:
    found = program(text)
    assert any(isinstance(node, Unparsed) for node in everything(found.body)) or found.problems


def test_holes_are_parameters() -> None:
    text = "srun \ue000 'x\ue001y' \"\ue002\" $((\ue003+1)) A\ue004"
    command = parse(text, lambda start, end: Span("f", start + 100, end + 100), "f").body[0]
    holes = [node for node in everything(command) if isinstance(node, Parameter)]
    assert sorted((hole.hole, hole.quoted) for hole in holes if hole.hole is not None) == [
        (0, False), (1, True), (2, True), (3, False), (4, False),
    ]  # fmt: skip
    assert all(hole.name == "" for hole in holes)
    assert min(hole.at.start for hole in holes) == 105


ALPHABET = st.sampled_from(
    ["a", "B=", "$", "${", "}", "$(", ")", "((", "))", '"', "'", "`", "\\", "\n", " ", ";", "|", "&", "<", ">",
     "<<E\n", "E\n", "if ", "then ", "fi ", "for ", "do ", "done ", "case ", "in ", "esac ", "[[ ", " ]]", "#", "{",
     "{{", "é", "\ue000", "=", "*", "[", "]", "1", "A", ":-", "/", "export ", "f() ", "\r\n", "\t", "!"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(ALPHABET, max_size=40).map("".join))
def test_any_text_is_read_and_every_place_holds_what_it_says(text: str) -> None:
    found = program(text)
    for node in everything(found.body):
        at = getattr(node, "at", None)
        if isinstance(at, Span):
            assert 0 <= at.start <= at.end <= len(text)
        if isinstance(node, Literal) and node.at.end - node.at.start == len(node.text) and "\r" not in text:
            assert source_of(text, node.at) == node.text
    assert len(found.problems) <= 1
