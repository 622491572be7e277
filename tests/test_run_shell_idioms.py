"""Substitutions that are understood: hosts, GPUs, chance, and filters over known text."""

from __future__ import annotations

import pytest
from memory_files import MemoryFiles

from dtlint.run.environment import Environment
from dtlint.run.host import Host, names_host
from dtlint.run.shell import Context, Outcome, cut_lists, digits, execute
from dtlint.value import Kind, Reach, Value, known, unknown

HOST = Host(index=0, name=known("gpu01"), gpus=known(4), cpus=known(32))


def run(text: str, host: Host = HOST, files: dict[str, str] | None = None, **extra: object) -> Outcome:
    memory = MemoryFiles({**(files or {}), "run.sh": text})
    program = memory.shell("run.sh")
    assert program is not None
    assert not program.problems
    given: dict[str, object] = {"environment": Environment(closed=False), **extra}
    context = Context(
        host=host,
        files=memory,
        scope="test",
        arguments=(),
        name="run.sh",
        **given,  # type: ignore[arg-type]
    )
    return execute(program, context)


def values(outcome: Outcome) -> list[Value]:
    return [word.value for word in outcome.execs[-1].argv[1:]]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("$(hostname)", "gpu01"),
        ("`hostname -s`", "gpu01"),
        ("$HOSTNAME", "gpu01"),
        ("$(nvidia-smi -L | wc -l)", "4"),
        ("$(nvidia-smi --query-gpu=name --format=csv,noheader | wc -l)", "4"),
        ("$(python -c 'import torch; print(torch.cuda.device_count())')", "4"),
        ("$(nproc)", "32"),
        ("$(( $(nproc) / 4 ))", "8"),
        ("$(echo a,b,c | tr ',' '\\n' | wc -l)", "3"),
        ("$(echo 0,1,2 | awk -F, '{print NF}')", "3"),
        ("$(echo a.b.c | cut -d. -f2)", "b"),
        ("$(echo 'x y z' | awk '{print $2}')", "y"),
        ("$(printf 'a\\nb\\nc\\n' | sed -n 2p)", "b"),
        ("$(printf 'a\\nb\\nc\\n' | tail -n 1)", "c"),
        ("$(echo a-b | sed 's/-/_/')", "a_b"),
        ("$(echo 'n[1-4]' | sed 's/\\[.*//')", "n"),
        ("$(echo 'n[1-4],m7' | sed 's/[:,].*$//')", "n[1-4]"),
        ("$(seq -s , 0 3)", "0,1,2,3"),
        ("$(expr 3 \\* 4)", "12"),
        ("$(expr $(nproc) / 4)", "8"),
        ("$(basename /a/b.sh .sh)", "b"),
        ("$(dirname a/b/c)", "a/b"),
        ("$(realpath ./a/../b)", "b"),
        ("$(cat hosts | wc -l)", "2"),
        ("$(wc -l < hosts)", "2"),
        ("$(wc -l hosts | awk '{print $1}')", "2"),
        ("$(grep -c slots hosts)", "2"),
        ("$(grep -v '^#' list | paste -sd,)", "a,b"),
        ("$(head -n 1 hosts | cut -d' ' -f1)", "n1"),
        ("$(which python)", "python"),
        ("$(scontrol show hostnames 'n[01-03],m')", "n01 n02 n03 m"),
        ("$(scontrol show hostnames 'n[01-03]' | head -n 1)", "n01"),
        ("$(cat list 2>/dev/null | xargs)", "#x a b"),
    ],
)
def test_known_output(written: str, expected: str) -> None:
    files = {"hosts": "n1 slots=4\nn2 slots=4\n", "list": "#x\na\nb\n"}
    outcome = run(f"c {written}", files=files)
    assert len(outcome.execs) == 1
    assert " ".join(str(value) for value in values(outcome)) == expected


def test_unknown_gpus_are_the_gpus_of_the_host() -> None:
    gpus = unknown("gpus", low=0, whole=True)
    host = Host(index=0, name=known("h"), gpus=gpus, cpus=known(1))
    counted = "$(python3 -c 'import torch;print(torch.cuda.device_count())')"
    outcome = run(f"N=$(nvidia-smi --list-gpus | wc -l)\nc $N {counted}", host)
    assert all(value.same(gpus) for value in values(outcome))


def test_python_counts_the_visible_gpus() -> None:
    outcome = run("export CUDA_VISIBLE_DEVICES=0,2\nc $(python -c 'import torch; print(torch.cuda.device_count())')")
    assert [str(value) for value in values(outcome)] == ["2"]


NODES = (
    "nodes=( $( scontrol show hostnames $SLURM_JOB_NODELIST ) )\nnodes_array=(${nodes[@]})\n"
    "head=${nodes_array[0]}\n"
)


def test_known_nodes() -> None:
    outcome = run(f"{NODES}c $head ${{nodes[1]}} ${{#nodes[@]}}", node_names=(known("a"), known("b")))
    assert [str(value) for value in values(outcome)] == ["a", "b", "2"]


def test_nodes_that_are_not_known_differ_from_each_other() -> None:
    first = unknown("the first node", key="first", family="nodes")
    text = (
        f"{NODES}M=$(scontrol show hostnames \"$SLURM_JOB_NODELIST\" | head -n 1)\n"
        'list=$(scontrol show hostnames $SLURM_NODELIST)\nset -- $list\n'
        'L=$(scontrol show hostnames $SLURM_JOB_NODELIST)\nF=$(echo "$L" | sed -n 1p)\n'
        "c $head $M $1 $F ${nodes[1]} ${nodes[1]} ${nodes[2]} ${#nodes[@]}"
    )
    outcome = run(text, first_node=first, node_count=known(4))
    *firsts, second, again, third, count = values(outcome)
    assert all(value.same(first) for value in firsts)
    assert len(firsts) == 4
    assert second.same(again)
    assert (second == third).never
    assert count.integer == 4 or count.string == "4"


def test_a_list_of_other_nodes_is_not_the_allocation() -> None:
    outcome = run("c $(scontrol show hostnames $OTHER | head -n 1)", node_names=(known("a"),))
    assert not values(outcome)[0].known


@pytest.mark.parametrize(
    ("cut", "mistaken"),
    [
        ("$(echo $SLURM_JOB_NODELIST | cut -d, -f1)", ("node[01-04]", "node[01-04]")),
        ("$(echo $SLURM_NODELIST | cut -c1-6)", ("node[01-04]", "node[0")),
        ("$(echo $SLURM_NODELIST | tr ',' '\\n' | head -n 1)", ("node[01-04]", "node[01-04]")),
        ("$(perl -le '$_=$ENV{\"SLURM_JOB_NODELIST\"}; s/,.*//; s/\\[//; print')", ("node[01-04]", "node01-04]")),
        ("${SLURM_JOB_NODELIST%%,*}", ("node[01-04]", "node[01-04]")),
        ("$(echo ${SLURM_NODELIST%%[*} | cut -d, -f1)", ("node[01-04]", "node")),
        ("${SLURM_NODELIST:0:6}", ("node[01-04]", "node[0")),
        ("$(echo $SLURM_JOB_NODELIST | first)", None),
        ("$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1 | cut -d. -f1)", None),
    ],
)
def test_what_is_cut_out_of_the_list_of_nodes(cut: str, mistaken: tuple[str, str] | None) -> None:
    listed = Environment({f"SLURM_{name}NODELIST": unknown("nodes", key="list") for name in ("JOB_", "")})
    (value,) = values(run(f"prog {cut}\n", environment=listed))
    assert cut_lists.mistaken(value) == mistaken


def test_a_text_with_unknown_parts_is_split_in_a_shell_below() -> None:
    outcome = run('export A="torchrun --nnodes 4 --master_addr $(scontrol show hostnames | head -n 1) -x"\nprog $A\n')
    host = values(outcome)[4]
    assert [value.string for value in values(outcome)[:4]] == ["torchrun", "--nnodes", "4", "--master_addr"]
    assert host.is_unknown
    assert values(outcome)[5].string == "-x"


def test_an_address_is_stable() -> None:
    text = (
        f'{NODES}ip=$(srun --nodes=1 --ntasks=1 -w "$head" hostname --ip-address)\n'
        'ip2=$(srun -N1 -n1 --nodelist="$head" hostname -I | awk \'{print $1}\')\nc $ip $ip2 $(hostname -i)'
    )
    outcome = run(text, node_names=(known("gpu01"), known("gpu02")))
    first, second, own = values(outcome)
    assert len(outcome.execs) == 1
    assert not first.known
    assert first.same(second)
    assert first.same(own)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("$(ip addr show eth0 | grep 'inet ' | awk '{print $2}')", True),
        ("$(ip -4 a | grep inet | grep -v 127.0.0.1 | head -n 1 | awk '{ print $2 }')", True),
        ("$(ifconfig eth0 | awk '/inet /{print $2}')", True),
        ("$(ip -o -4 addr show eth0 | awk '{print $4}')", True),
        ("$(getent hosts node7 | awk '{print $1}')", True),
        ("$(dig +short node7)", True),
        ("$(curl -s ifconfig.me)", True),
        ("$(ip -o -4 addr show | awk '{print $2}')", False),
        ("$(ip addr | grep -B2 'inet 10.' | head -n 1 | awk '{print $2}')", False),
        ("$(ip route | grep default | awk '{print $5}')", False),
        ("$(curl -s example.org/name)", False),
    ],
)
def test_what_prints_the_address_of_a_host(written: str, address: bool) -> None:
    (value,) = values(run(f"c {written}"))
    assert names_host(value) is address


FREE_PORT = 'import socket; s=socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("$RANDOM", 0, 32_767),
        ("$SRANDOM", 0, 2**32 - 1),
        ("$(shuf -i 20000-30000 -n 1)", 20_000, 30_000),
        ("$(python -c 'import random; print(random.randint(10000, 20000))')", 10_000, 20_000),
        (f"$(python3 -c '{FREE_PORT}')", 1024, 65_535),
        ("$$", 1, 2**22),
    ],
)
def test_chance_has_bounds(written: str, low: int, high: int) -> None:
    (value,) = values(run(f"c {written}"))
    assert (value >= low).always
    assert (value <= high).always
    assert value.reach is Reach.PROCESS
    assert all(symbol.kind is Kind.CHANCE for symbol in value.symbols())


def test_chance_differs_by_evaluation_and_by_host() -> None:
    text = "f() { echo $((20000 + RANDOM % 100)); }\nc $(f) $(f) $$ $$ $(date +%s)"
    other = Host(index=1, name=known("gpu02"), gpus=known(4), cpus=known(1))
    here, there = values(run(text)), values(run(text, other))
    assert not here[0].same(here[1])
    assert here[2].same(here[3])
    assert not any(mine.same(theirs) for mine, theirs in zip(here, there, strict=True))


def test_what_is_not_understood_is_an_unknown_of_its_place_and_still_started() -> None:
    outcome = run("A=$(foo --bar)\nc $A $A $(foo --bar)")
    assert [exec.argv[0].string for exec in outcome.execs] == ["foo", "foo", "c"]
    first, again, other = values(outcome)
    assert first.same(again)
    assert not first.same(other)


def test_a_launch_in_a_substitution_is_not_lost() -> None:
    outcome = run('OUT=$(torchrun --nproc_per_node 2 t.py 2>&1 | tee log)\n')
    assert [word.string for word in outcome.execs[0].argv] == ["torchrun", "--nproc_per_node", "2", "t.py"]


def test_lines_are_read_one_by_one() -> None:
    files = {"hosts": "n1\nn2\n"}
    text = (
        "while read -r host; do ssh $host; done < hosts\ncat hosts | while read h; do c $h; done\n"
        "mapfile -t A < <(cat hosts)\nd ${A[1]}"
    )
    outcome = run(text, files=files)
    assert [" ".join(str(word.value) for word in exec.argv) for exec in outcome.execs] == [
        "ssh n1", "ssh n2", "c n1", "c n2", "d n2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "misread"),
    [
        ("$((10000 + $(echo -n $SLURM_JOBID | tail -c 4)))", True),
        ("$((10000 + ${SLURM_JOB_ID: -4}))", True),
        ("$((20000 + $(date +%M%S)))", True),
        ("$((20000 + $(date +%s) % 100))", False),
        # The line end is one of the two characters, and one digit is the same in both.
        ("$((10000 + $(echo $SLURM_JOBID | tail -c 2)))", False),
        ("$((10000 + 10#${SLURM_JOB_ID: -4}))", False),
        ("$(expr 10000 + ${SLURM_JOB_ID: -4})", False),
        ("$((SLURM_JOB_ID % 10000))", False),
        ("$((10000 + ${NAME: -4}))", False),
    ],
)
def test_digits_with_zeros_in_front_are_octal_in_arithmetic(written, misread):
    (value,) = values(run(f"c {written}"))
    assert (digits.misread(value) is not None) is misread
