"""What mpirun starts: Open MPI's is compared with the real one in tests/test_proofs.py, Hydra's was looked at."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, run, variables

OURS = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_SIZE")
THEIRS = ("PMI_RANK", "MPI_LOCALRANKID", "PMI_SIZE")


def started(command: str, before: str = ""):
    files = {"run.sh": f"{before}\n{command} python train.py\n", "hosts": "a slots=2\nb slots=2\n", "train.py": TRAIN}
    job = run(files)
    return job, job.launches[0]


@pytest.mark.parametrize(
    ("options", "nodes", "per_node", "total"),
    [
        ("-np 4", 1, 4, 4),
        ("-H a:2,b:2", 2, 2, 4),
        ("--host a,a,b,b", 2, 2, 4),
        ("-np 4 --hostfile hosts", 2, 2, 4),
        ("--machinefile hosts", 2, 2, 4),
        ("-H a:4,b:4 -N 3", 2, 3, 6),
        ("-H a:4,b:4 --pernode", 2, 1, 2),
        ("-hosts a,b -ppn 8 -n 16", 2, 8, 16),
        ("-H a:4,b:4 --map-by ppr:2:node", 2, 2, 4),
    ],
)
def test_how_many_processes(options, nodes, per_node, total):
    _, launch = started(f"mpirun {options}")
    assert (launch.nodes.integer, launch.per_node.integer, launch.total.integer) == (nodes, per_node, total)


@pytest.mark.parametrize(
    ("options", "ours", "theirs"),
    [
        ("--allow-run-as-root -np 2", ("0", "0", "2"), (None, None, None)),
        ("-genv A 1 -np 2", (None, None, None), ("0", "0", "2")),
        ("-np 2", ("0", "0", "2"), ("0", "0", "2")),
    ],
)
def test_each_family_has_variables_of_its_own(options, ours, theirs):
    job, _ = started(f"mpirun {options}")
    assert (variables(job, *OURS)[0], variables(job, *THEIRS)[0]) == (ours, theirs)


@pytest.mark.parametrize(
    "options",
    [
        "-np 2 -mca btl ^openib --mca pml ob1 -x NCCL_DEBUG=INFO -bind-to none -map-by slot",
        "--np 2 --oversubscribe --use-hwthread-cpus --report-bindings --tag-output --output-filename o",
        "-n 2 --prtemca a b --pmixmca c d --tune f --launch-agent x --personality ompi --display map",
        "-np 2 --rankfile r --cpu-list 0,1 --npersocket 1 --timeout 5 --get-stack-traces --wdir /w",
        "-n 2 -ppn 1 -launcher ssh -iface eth0 -prepend-rank -outfile-pattern o -gpus-per-proc 1 -rmk slurm",
    ],
)
def test_the_program_stands_behind_all_options(options):
    job, launch = started(f"mpirun {options}")
    assert launch.options.strange == ()
    assert {process.script for process in job.processes} == {"train.py"}


def test_with_one_process_on_each_host_the_second_is_elsewhere_though_no_host_is_known():
    job, _ = started("mpirun -np 2 -npernode 1 -H $1,$2")
    first, second = job.processes
    assert not first.host.is_(second.host)
    assert [(process.node, process.local) for process in job.processes] == [(0, 0), (1, 0)]


def test_processes_of_launchers_below_it_are_not_its_own():
    job, _ = started("mpirun -np 2 -H a:1,b:1 torchrun --nnodes=2 --nproc_per_node=4 train.py")
    assert [(world.first.tool, world.size.integer) for world in job.worlds] == [("torchrun", 8)]


@pytest.mark.parametrize(
    ("before", "slots"),
    [
        ("echo a slots=3 > list", [3]),
        ("echo a slots=3 > list; echo b slots=4 >> list", [3, 4]),
        ("cat > list <<EOF\na slots=3\nb slots=4\nEOF", [3, 4]),
        ("for i in 1 2; do echo n$i slots=8; done > ./list", [8, 8]),
        ("cd sub; echo a slots=3 > ../list; cd ..", [3]),
        ("echo a slots=3 > list; sed -i s/3/4/ list", []),
        ("echo a slots=3 > list; ./more >> list", []),
        ("echo a slots=3 > list; mv list other", []),
        ("while read host; do echo a slots=3 >> list; done < nodes.txt", []),
        ("test -n \"$A\" && echo a slots=3 > list", []),
        ("echo a slots=3 > other", []),
    ],
)
def test_a_hostfile_that_the_job_writes_lists_its_hosts(before, slots):
    _, launch = started("mpirun --hostfile list", before)
    hosts = {child.host.index: child.host for child in launch.children}
    found = [host.slots.integer for _, host in sorted(hosts.items()) if not host.slots.is_absent]
    assert found == slots
