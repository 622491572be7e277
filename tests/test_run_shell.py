"""Shell programs on paper: what is started, with what, and where it was written."""

from __future__ import annotations

import pytest
from memory_files import MemoryFiles

from dtlint.run.environment import Environment
from dtlint.run.host import unknown_host
from dtlint.run.shell import Context, Outcome, execute, run_text
from dtlint.run.word import Exec, Word, plain
from dtlint.source import Span
from dtlint.value import How, Kind, Value, absent, known, unknown

HOST = unknown_host(0, "test")


def context(
    files: dict[str, str],
    arguments: tuple[str, ...] | None = (),
    environment: dict[str, Value] | None = None,
    closed: bool = True,
    name: str = "run.sh",
    directory: str = ".",
) -> Context:
    words = None if arguments is None else tuple(plain(text, Span(name, 0, 0)) for text in arguments)
    return Context(
        environment=Environment(environment or {}, scope="test", closed=closed),
        host=HOST,
        files=MemoryFiles(files),
        scope="test",
        arguments=words,
        name=name,
        directory=known(directory),
    )


def run(
    text: str,
    arguments: tuple[str, ...] | None = (),
    environment: dict[str, Value] | None = None,
    closed: bool = True,
    files: dict[str, str] | None = None,
    name: str = "run.sh",
) -> Outcome:
    made = context({**(files or {}), name: text}, arguments, environment, closed, name)
    program = made.files.shell(name)
    assert program is not None
    assert not program.problems
    return execute(program, made)


def said(exec: Exec) -> str:
    """The command as a person would say it; a word that may be any number of words has dots."""
    return " ".join(f"{word.value}{'…' if word.many else ''}" for word in exec.argv)


def commands(outcome: Outcome) -> list[str]:
    return [said(exec) for exec in outcome.execs]


def word(outcome: Outcome, index: int, exec: int = 0) -> Word:
    return outcome.execs[exec].argv[index]


# -- words and places


def test_an_option_from_a_variable_keeps_the_place_where_it_was_written() -> None:
    text = 'ARGS="\n  --nproc_per_node 8 \\\n  --nnodes=2"\ntorchrun $ARGS train.py\n'
    outcome = run(text)
    assert commands(outcome) == ["torchrun --nproc_per_node 8 --nnodes=2 train.py"]
    (piece,) = word(outcome, 2).pieces
    assert piece.exact
    assert text[piece.at.start : piece.at.end] == "8"
    (piece,) = word(outcome, 3).cut(len("--nnodes=")).pieces
    assert text[piece.at.start : piece.at.end] == "2"
    assert word(outcome, 3).written == "$ARGS"
    assert text[word(outcome, 3).at.start :].startswith("$ARGS train")


def test_the_trail_names_the_assignments_nearest_first() -> None:
    outcome = run("PROCS=8\nexport N=$PROCS\ntorchrun --n=$N\n")
    trail = word(outcome, 1).value.trail
    assert [(step.how, step.text) for step in trail] == [(How.ENVIRONMENT, "N=$PROCS"), (How.WRITTEN, "PROCS=8")]


def test_a_nested_string_keeps_places_and_holes() -> None:
    text = 'N=4\nsrun bash -c "torchrun --n $N --r \\$SLURM_NODEID --m $M t.py"\n'
    outcome = run(text, closed=False)
    nested = word(outcome, 3)
    inside = context({"run.sh": text}, environment={"SLURM_NODEID": known(3)})
    inner = run_text(nested, inside)
    assert commands(inner) == ["torchrun --n 4 --r 3 --m $M… t.py"]
    (piece,) = word(inner, 0).pieces
    assert text[piece.at.start : piece.at.end] == "torchrun"
    (piece,) = word(inner, 2).pieces
    assert piece.at == Span("run.sh", 2, 3)
    assert word(inner, 1).written == "--n"


def test_a_hole_in_command_position_hides_what_follows() -> None:
    text = 'bash -c "$WRAPPER torchrun --n 2"\n'
    inner = run_text(word(run(text), 2), context({"run.sh": text}))
    (exec,) = inner.execs
    assert exec.argv[0].many
    assert exec.argv[0].string is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A='x y'; c $A \"$A\"", "c x y x y"),
        ("A=; c a$A \"$A\" $A b", "c a  b"),
        ("A=(1 'b c'); A+=(d); c ${A[@]:1} ${#A[@]} \"${A[1]}\"", "c b c d 3 b c"),
        ("declare -A M=([k]=v); M[x]=y; c ${M[k]} ${M[x]} ${!M[@]}", "c v y k x"),
        ("A=8; A+=1; c $A $((A*2/3)) $((-7/2)) $((-7%2))", "c 81 54 -3 -1"),
        ("c ${A:-d} ${B:=e} $B", "c d e e"),
        ("f=a/b.tar.gz; c ${f##*/} ${f%.*} ${f%%.*} ${f/a/b}", "c b.tar.gz a/b.tar a/b b/b.tar.gz"),
        ("f=a/b.tar.gz; c ${f^^} ${f:2:1} ${#f}", "c A/B.TAR.GZ b 10"),
        ("N=A; A=3; c ${!N}", "c 3"),
        ("c {1..3} x{a,b} {01..03}", "c 1 2 3 xa xb 01 02 03"),
        ("IFS=,; A=1,2; c $A", "c 1 2"),
        ("IFS=',' read -ra A <<< '1,2,3'; c ${#A[@]} ${A[2]}", "c 3 3"),
        ("A=(1 2); B=$(IFS=,; echo \"${A[*]}\"); c $B \"${A[*]}\"", "c 1,2 1 2"),
        ("j() { local IFS=$1; shift; echo \"$*\"; }; A=$(j : a b); c $A \"$A x\"", "c a:b a:b x"),
        ("A=(1 2); IFS=,; B=${A[*]} C=${A[@]}; D=\"${A[@]}\"; c \"$B\" \"$C\" \"$D\"", "c 1,2 1 2 1 2"),
        ("A=(1 2); IFS=; c \"${A[*]}\"; unset IFS; c \"${A[*]}\"", "c 12"),
        ("A=(1 2); IFS=', '; unset IFS; c \"${A[*]}\"", "c 1 2"),
        ("O=$IFS; IFS=/; IFS=$O; A=(1 2); B='x y'; c \"${A[*]}\" $B", "c 1 2 x y"),
        ("A=(1 2); IFS=, c \"${A[*]}\"", "c 1 2"),
        ("A=(1 2); IFS=, B=\"${A[*]}\"; c $B \"$IFS\"", "c 1 2 ,"),
        ("IFS=', '; A=' a , b,,c, '; B=($A); c ${#B[@]} \"${B[2]}\" \"${B[3]}\"", "c 4  c"),
        ("IFS=, ; A=1,,3; c $A b${A}c", "c 1  3 b1  3c"),
        ("IFS=, read -ra A <<< '1,,3,'; c ${#A[@]} ${A[2]}", "c 3 3"),
        ("IFS= read -r A <<< '  x '; read -r B <<< '  x '; c \"$A\" \"$B\"", "c   x  x"),
        ("eval 'A=1; c $A'", "c 1"),
        ("set -- a b; shift; c $1 $#", "c b 1"),
        ("printf -v P '%02d' 7; c $P", "c 07"),
        ("A=1 B=2; c $A$B", "c 12"),
        ("readonly X=5; c $X", "c 5"),
        ("command c a; exec d", "c a"),
        ("A=\"c --x\"; $A 1", "c --x 1"),
        ("A=(c --x); \"${A[@]}\" 1", "c --x 1"),
    ],
)  # fmt: skip
def test_values(text: str, expected: str) -> None:
    assert commands(run(text))[0] == expected


def test_what_an_unknown_separator_joins_or_parts_is_not_known() -> None:
    outcome = run('A=(1 2); IFS=$UNSEEN; B=1,2; c "${A[*]}" "${A[@]}" $B')
    joined, first, second, parted = outcome.execs[0].argv[1:]
    assert joined.string is None
    assert not joined.many
    assert (first.string, second.string) == ("1", "2")
    assert parted.many


def test_an_unknown_between_other_separators_may_be_any_number_of_words() -> None:
    outcome = run("IFS=-; c $Y", environment={"Y": unknown("Y", low=0, whole=True)})
    assert outcome.execs[0].argv[1].many


def test_an_unknown_alone_may_be_any_number_of_words() -> None:
    outcome = run('c $X "$X" --x=$X $Y', environment={"Y": unknown("Y", low=0, whole=True)})
    assert [word.many for word in outcome.execs[0].argv] == [False, True, False, False, False]


def test_arguments_that_nobody_was_seen_to_give() -> None:
    outcome = run('A=$1; shift; c $A $1 "$@" ${2:-4}', None)
    first, second, rest, default = outcome.execs[0].argv[1:]
    assert not first.value.same(second.value)
    assert rest.many
    assert default.string == "4"
    assert default.value.trail[0].how is How.DEFAULT


def test_the_same_unknown_argument_is_the_same_in_a_function() -> None:
    outcome = run('f() { c $1; }\nc $2\nshift\nf "$@"\n', None)
    assert word(outcome, 1, 0).value.same(word(outcome, 1, 1).value)


def test_known_arguments_are_read_for_real() -> None:
    cases = "--nodes) N=$2; shift 2;; --x=*) X=${1#*=}; shift;; *) shift;;"
    text = f"while [[ $# -gt 0 ]]; do case $1 in {cases} esac; done\nc $N $X"
    assert commands(run(text, ("--nodes", "4", "-v", "--x=y"))) == ["c 4 y"]


def test_options_that_nobody_was_seen_to_give_are_unknown() -> None:
    text = "N=1\nM=2\nwhile getopts 'n:' o; do case $o in n) N=$OPTARG;; esac; done\nc --n=$N --m=$M"
    outcome = run(text, None)
    assert word(outcome, 1).string is None
    assert word(outcome, 2).string == "--m=2"
    assert commands(run(text, ("-n", "8"))) == ["c --n=8 --m=2"]


# -- environment


def test_only_exported_variables_reach_a_command() -> None:
    outcome = run("A=1\nexport B=2\nC=3 c\nexport A\nd\nunset B\ne\nset -a; D=4; set +a\nf")
    found = [{name: exec.environment.get(name).string for name in "ABCD"} for exec in outcome.execs]
    assert found == [
        {"A": None, "B": "2", "C": "3", "D": None},
        {"A": "1", "B": "2", "C": None, "D": None},
        {"A": "1", "B": None, "C": None, "D": None},
        {"A": "1", "B": None, "C": None, "D": "4"},
    ]
    assert outcome.execs[2].environment.get("B").is_absent
    assert outcome.execs[0].environment.get("B").trail[0].how is How.ENVIRONMENT


def test_what_was_in_the_environment_stays_exported() -> None:
    outcome = run("A=2\nc", environment={"A": known("1")})
    assert outcome.execs[0].environment.get("A").string == "2"


def test_names_of_launchers_are_absent_until_something_unread_is_sourced() -> None:
    outcome = run('c "$RANK"\nsource other.sh\nc "$RANK"\n')
    assert word(outcome, 1, 0).string == ""
    assert word(outcome, 1, 1).string is None
    assert outcome.execs[0].environment.get("RANK").is_absent
    assert not outcome.execs[1].environment.get("RANK").is_absent


def test_activating_an_environment_sets_no_rank() -> None:
    assert word(run('source venv/bin/activate\nsource ~/.bashrc\nc "$RANK"\n'), 1).string == ""


def test_sets_are_recorded() -> None:
    outcome = run("A=1\nexport B=2\nC=3 c\nif x; then D=4; fi\n")
    assert [(s.name, s.value.string, s.exported, len(s.branches)) for s in outcome.sets] == [
        ("A", "1", False, 0), ("B", "2", True, 0), ("C", "3", True, 0), ("D", "4", False, 1),
    ]  # fmt: skip


# -- conditions


def test_an_undecided_condition_runs_both_sides_and_joins() -> None:
    outcome = run('if [ "$MODE" = a ]; then N=1; c; else N=2; d; fi\ne $N', closed=False)
    c, d, e = outcome.execs
    assert c.excludes(d)
    assert not c.excludes(e)
    assert e.branches == ()
    assert e.argv[1].value.options == ("1", "2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1; if [ $A -eq 1 ]; then c; else d; fi", ["c"]),
        ("A=b; case $A in a) c;; b*) d;; *) e;; esac", ["d"]),
        ("A=2; [[ $A -gt 1 && $A != 3 ]] && c", ["c"]),
        ("A=2; [[ $A -gt 3 ]] && c || d", ["d"]),
        ("A=; [ -z \"$A\" ] && c", ["c"]),
        ("(( 3 > 4 )) || c", ["c"]),
        ("c && d", ["c", "d"]),
        ("c || exit 1; d", ["c", "d"]),
        ("[ -n \"$RANK\" ] && c; d", ["d"]),
        ("if true; then exit; fi; c", []),
        ("for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; c $i; done", ["c 1", "c 3"]),
        ("for i in 1 2 3; do [ $i = 2 ] && break; c $i; done", ["c 1"]),
        ("f() { [ $1 = 1 ] && return; c $1; }; f 1; f 2", ["c 2"]),
        ("f() { return 1; }; if f; then c; else d; fi", ["d"]),
        ("( exit; ); c", ["c"]),
        ("i=0; while [ $i -lt 2 ]; do c $i; i=$((i+1)); done", ["c 0", "c 1"]),
        ("for ((i=0;i<2;i++)); do c $i; done", ["c 0", "c 1"]),
        ("until true; do c; done; d", ["d"]),
        ("A=x; A=y | c; d $A", ["c", "d x"]),
        ("! false && c", ["c"]),
    ],
)  # fmt: skip
def test_control(text: str, expected: list[str]) -> None:
    outcome = run(text)
    assert commands(outcome) == expected
    assert not any(exec.branches for exec in outcome.execs)


def test_what_follows_an_undecided_exit_stands_on_the_other_side() -> None:
    outcome = run('if [ -n "$X" ]; then\n c\n exit\nfi\nd', closed=False)
    c, d = outcome.execs
    assert c.excludes(d)


def test_a_guard_that_only_leaves_is_no_branch() -> None:
    outcome = run("if [ $# -lt 1 ]; then echo usage; exit 1; fi\nN=$1\nc --n=$N", None)
    assert outcome.execs[0].branches == ()
    assert outcome.sets[0].branches == ()


def test_a_guard_for_an_empty_variable_is_its_default() -> None:
    for text in (
        'if [ -z "$PORT" ]; then PORT=29500; fi\nc $PORT',
        '[ -z "${PORT:-}" ] && PORT=29500\nc $PORT',
        'if [ -n "$PORT" ]; then :; else export PORT=29500; fi\nc $PORT',
    ):
        port = word(run(text), 1)
        assert port.string == "29500"
        assert port.value.trail[0].how is How.DEFAULT
    seen = run('[ -z "$PORT" ] && PORT=29500\nc $PORT', environment={"PORT": unknown("the caller's port")})
    assert word(seen, 1).string is None


def test_a_fallback_is_another_branch() -> None:
    outcome = run("a || b\nc")
    assert [len(exec.branches) for exec in outcome.execs] == [0, 1, 0]


def test_a_condition_of_chance_is_undecided() -> None:
    outcome = run("if (( RANDOM % 2 )); then a; else b; fi")
    assert outcome.execs[0].excludes(outcome.execs[1])


def test_loops_that_are_not_known_run_once() -> None:
    outcome = run('N=1\nfor host in $HOSTS; do c $host $N; N=2; done\nd --n=$N', closed=False)
    c, d = outcome.execs
    assert c.repeated
    assert not d.repeated
    assert c.argv[1].string is None
    assert c.argv[2].string is None
    assert d.argv[1].value.options == ("--n=1", "--n=2")


def test_an_endless_loop_hides_what_follows() -> None:
    assert commands(run("while true; do c; done\nd")) == ["c"]
    assert commands(run("while :; do c; if x; then break; fi; done\nd")) == ["c", "x", "d"]


def test_functions_have_their_own_names_and_arguments() -> None:
    text = "A=1\nf() { local A=$1; B=$2; c $A $#; }\nf 5 6\nd $A $B"
    assert commands(run(text)) == ["c 5 2", "d 1 6"]


# -- background


def test_background_commands_overlap_until_they_are_waited_for() -> None:
    a, b, c, d = run("a &\nb &\nwait\nc\nd &").execs
    assert a.overlaps(b)
    assert not b.overlaps(c)
    assert not a.overlaps(d)
    assert not c.overlaps(d)


def test_commands_of_one_background_group_follow_each_other() -> None:
    a, b, c = run("( a; b ) &\nc").execs
    assert not a.overlaps(b)
    assert b.overlaps(c)


def test_every_stage_of_a_pipe_is_started() -> None:
    assert commands(run("a | tee log | b 2>&1 | c")) == ["a", "b", "c"]


# -- files


def test_sourced_files_set_variables_here() -> None:
    files = {"env/a.sh": "N=4\nsource ./b.sh\nreturn\nN=5", "env/b.sh": "M=$1x"}
    outcome = run('DIR=$(dirname "$0")\nsource "$DIR/env/a.sh"\nc $N $M', ("q",), files=files)
    assert commands(outcome) == ["c 4 qx"]
    assert outcome.sourced == ("env/a.sh", "env/b.sh")
    assert [step.at.path for step in word(outcome, 1).value.trail] == ["env/a.sh"]


def test_a_file_behind_an_unknown_folder_is_found_by_its_end() -> None:
    assert commands(run('. "$ROOT/env/a.sh"\nc $N', files={"env/a.sh": "N=4"})) == ["c 4"]


def test_files_that_the_script_writes() -> None:
    text = (
        "N=2\nCFG=conf/ds.$SLURM_JOB_ID.json\ncat <<EOF > $CFG\n{\"n\": $N}\nEOF\n"
        "echo a > list\necho b >> list\nprintf '%s\\n' x | tee out.txt\ncd sub\necho y > z\nc $CFG"
    )
    outcome = run(text, closed=False, files={"sub/x": ""})
    target = word(outcome, 1).value
    written = outcome.file(target)
    assert written is not None
    assert written.text.string == '{"n": 2}\n'
    assert {w.path.string: w.text.string for w in outcome.written[1:]} == {
        "list": "a\nb\n", "out.txt": "x\n", "sub/z": "y\n",
    }  # fmt: skip
    piece = next(piece for piece in written.text.pieces if piece.exact)
    assert text[piece.at.start : piece.at.end] == piece.content


def test_what_was_written_can_be_read_again() -> None:
    text = (
        "echo 'export A=3' > env.sh\nsource env.sh\necho h1 > hosts; echo h2 >> hosts\n"
        "c $A $(cat hosts | wc -l) $(head -n 1 hosts)"
    )
    assert commands(run(text)) == ["c 3 2 h1"]


def test_directories() -> None:
    files = {"jobs/run.sh": "", "jobs/data/x": "", "src/t.py": ""}
    text = 'cd "$(dirname "$0")"; a\ncd data; b\ncd ../../src; c\ncd "$NOWHERE"; d\ncd /opt; e\npushd .; popd; f $(pwd)'
    outcome = run(text, files=files, name="jobs/run.sh")
    assert [exec.directory.string for exec in outcome.execs] == ["jobs", "jobs/data", "src", None, "/opt", "/opt"]
    for folder in (
        "${BASH_SOURCE%/*}",
        '"$( cd "$( dirname "${BASH_SOURCE[0]}" )" && pwd )"',
        '"$( cd -- "$( dirname -- "${BASH_SOURCE[0]}" )" &> /dev/null && pwd -P )"',
        '"$(dirname "$(readlink -f "$0")")"',
        '"$(dirname "$(realpath "$0")")/../jobs"',
    ):
        (exec,) = run(f"cd {folder}\na", files=files, name="jobs/run.sh").execs
        assert exec.directory.string == "jobs"


def test_standard_input_is_kept() -> None:
    outcome = run("N=2\nsbatch <<EOF\n#SBATCH --nodes=$N\nEOF\nbash <<< 'srun a'")
    first, second = (exec.stdin for exec in outcome.execs)
    assert first is not None
    assert first.string == "#SBATCH --nodes=2\n"
    assert second is not None
    assert second.string == "srun a\n"


# -- arithmetic with unknowns


def test_arithmetic_keeps_terms() -> None:
    nodes = unknown("$SLURM_NNODES", low=1, whole=True)
    text = "c $((SLURM_NNODES * 8)) $(( $(( SLURM_NNODES * 8 )) / 8 )) $((MASTER + 1)) $((MASTER + 1))"
    outcome = run(text, environment={"SLURM_NNODES": nodes})
    world, back, port, again = (word.value for word in outcome.execs[0].argv[1:])
    assert (world == nodes * 8).always
    assert back.same(nodes)
    assert port.same(again)
    assert (port == unknown("$MASTER", key=("environment", "test", "MASTER"))).never


def test_random_ports_keep_their_bounds() -> None:
    outcome = run("P=$((20000 + RANDOM % 50000))\nQ=$((1024 + RANDOM % 1000))\nc $P $Q $P")
    port, small, again = (word.value for word in outcome.execs[0].argv[1:])
    assert (port > 50_000).surely
    assert (port > 65_535).never
    assert (small > 2_023).never
    assert port.same(again)
    assert not port.same(small)
    assert all(symbol.kind is Kind.CHANCE for symbol in port.symbols())


def test_an_absent_variable_is_nothing() -> None:
    outcome = run('c a$GONE "$GONE" ${GONE:-d}', environment={"GONE": absent()})
    assert [word.string for word in outcome.execs[0].argv] == ["c", "a", "", "d"]


# -- constructs that are read with an unknown inside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x=08\na $((10#$x+1)) $((0x$x)) $((x$i[1]))", "a 9 8 $((x$i[1]))"),
        ("i=1; x1=5; y=x\na $((x$i+1)) $((${y}1)) $(($y$i))", "a 6 5 5"),
        ("b=16; x=ff\na $(($b#$x))", "a 255"),
        ("unset x; a \"${x:-\\d+}\" ${x:-\\d+}", "a \\d+ d+"),
        ("cat f | time torchrun b", "time torchrun b"),
    ],
)
def test_what_bash_makes_of_it(text: str, expected: str) -> None:
    assert commands(run(text)) == [expected]


def test_digits_that_are_not_known_make_an_unknown_number() -> None:
    outcome = run("a $((10#$X+1))", closed=False)
    assert word(outcome, 1).value.string is None


def test_a_choice_of_select_is_unknown_and_its_body_may_run() -> None:
    text = "select x in a b; do\n  c $x\n  case $REPLY in 1) d;; 2) e; break;; esac\ndone\nf $x\n"
    outcome = run(text)
    assert commands(outcome) == ["c $x…", "d", "e", "f $x…"]
    assert [exec.repeated for exec in outcome.execs] == [True, True, True, False]


def test_a_coprocess_runs_beside_what_follows() -> None:
    assert commands(run("coproc x { torchrun a; }\nb")) == ["torchrun a", "b"]
