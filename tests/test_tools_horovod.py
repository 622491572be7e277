"""What horovodrun starts: expected values follow from horovod/runner (0.28), which tools/horovod.py names."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, run, variables


def started(options: str):
    files = {"run.sh": f"horovodrun {options} python train.py\n", "hosts": "a slots=2\nb slots=2\n", "train.py": TRAIN}
    job = run(files)
    return job, job.launches[0]


@pytest.mark.parametrize(
    ("options", "nodes", "total"),
    [
        ("-np 4", 1, 4),
        ("-np 4 -H a:2,b:2", 2, 4),
        ("--num-proc=4 --hostfile hosts", 2, 4),
        # Gloo fills all slots, mpirun starts as many as it is told; without either which one runs is not known.
        ("-np 2 -H a:2,b:2 --gloo", 2, 4),
        ("-np 2 -H a:2,b:2 --mpi", 2, 2),
        ("-np 2 -H a:2,b:2", 2, None),
        # Both refuse more than the slots, so what was asked for is what is wrong.
        ("-np 8 -H a:2,b:2", 2, 8),
        ("-np 8 -H a:2,b:2 --gloo", 2, 8),
        ("-np 4 --min-np 2 --max-np 8 --host-discovery-script d.sh", None, None),
    ],
)
def test_how_many_processes(options, nodes, total):
    _, launch = started(options)
    assert (launch.nodes.integer, launch.total.integer) == (nodes, total)


@pytest.mark.parametrize(
    ("hosts", "total", "each"),
    [("a:2,b:2", 4, 2), ("a:1,b:3", 4, None), ("a:2,b:4,c:0", 6, None), ("a:4,b:4", 4, None)],
)
def test_hosts_that_are_filled_have_as_many_processes_as_slots(hosts, total, each):
    _, launch = started(f"-np {total} -H {hosts}")
    assert launch.per_node.integer == each


def test_mpirun_tells_them_their_ranks():
    job, _ = started("-np 2 -H a:1,b:1 --mpi")
    assert variables(job, "HOROVOD_RANK", "OMPI_COMM_WORLD_RANK") == [(None, "0"), (None, "1")]
    job, _ = started("-np 2 -H a:1,b:1 --gloo")
    assert variables(job, "HOROVOD_RANK", "HOROVOD_SIZE", "HOROVOD_CROSS_RANK") == [("0", "2", "0"), ("1", "2", "1")]


@pytest.mark.parametrize(
    "options",
    [
        "-p 22 -i key --network-interfaces eth0 --verbose --disable-cache --start-timeout 9",
        "--fusion-threshold-mb 32 --cycle-time-ms 5 --hierarchical-allreduce --torus-allreduce --no-autotune",
        "--autotune --autotune-log-file f --autotune-warmup-samples 3 --stall-check-warning-time-seconds 9",
        "--mpi-args='-x A' --tcp --binding-args b --log-level INFO --log-without-timestamp --config-file c",
        "--timeline-filename t --no-timeline-mark-cycles --blacklist-cooldown-range 1 2 -prefix-timestamp",
    ],
)
def test_the_program_stands_behind_all_options(options):
    job, launch = started(f"-np 2 {options}")
    assert launch.options.strange == ()
    assert {process.script for process in job.processes} == {"train.py"}
