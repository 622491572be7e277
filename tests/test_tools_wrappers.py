"""Commands around commands: the program and its environment behind the options of wrappers, shells, Python and ssh."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, runs, variables

FILES = {"train.py": TRAIN, "inner.sh": "python train.py $1\n"}


def job(command: str):
    jobs = runs({**FILES, "run.sh": f"export A=1\n{command}\n"})
    return next(job for job in jobs if job.root == "run.sh")


@pytest.mark.parametrize(
    "command",
    [
        "env -u B C=1 python train.py",
        "env --chdir /tmp -i PATH=/bin python train.py",
        "timeout -k 5 --preserve-status 60 python train.py",
        "taskset -c 0-3 python train.py",
        "nice -n 5 ionice -c2 -n7 python train.py",
        "numactl --cpunodebind=0 -m 0 --localalloc python train.py",
        "stdbuf -oL -eL python train.py",
        "sudo -E -u me python train.py",
        "nohup setsid -w python train.py",
        "nsys profile -o out --trace=cuda,nvtx --capture-range cudaProfilerApi -f true python train.py",
        "singularity exec --nv -B /data:/data --pwd /work image.sif python train.py",
        "apptainer run --containall --bind /data --no-home docker://image python train.py",
        "conda run -n base --no-capture-output --live-stream python train.py",
        "uv run --frozen --extra gpu --with torch -p 3.11 python train.py",
        "poetry run python train.py",
        "python -u -X dev -W ignore train.py",
        "python -Wignore -OO -um train",
        "python3.11 -Bmtrain",
        "bash -euo pipefail -c 'python train.py'",
        "bash -lc 'python train.py'",
        "bash --norc --rcfile x -x inner.sh a",
        "bash -o errexit +o nounset inner.sh a",
    ],
)
def test_the_script_is_found(command):
    assert {process.script for process in job(command).processes} == {"train.py"}


@pytest.mark.parametrize("command", ["python -c 'import train'", "python - < train.py", "python -uc 'x' train.py"])
def test_a_text_is_no_script(command):
    assert not job(command).processes


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("env B=2", ("1", "2")),
        ("env -u A B=2", (None, "2")),
        ("env -i B=2", (None, "2")),
        ("singularity exec image", ("1", None)),
        ("singularity exec --cleanenv image", (None, None)),
        ("singularity exec -e --env B=2,A=3 image", ("3", "2")),
        ("SINGULARITYENV_B=2 singularity exec -e image", (None, "2")),
        ("apptainer exec --containall --env A=4 image", ("4", None)),
        ("sudo B=2", ("1", "2")),
    ],
)
def test_what_the_command_finds(command, found):
    assert variables(job(f"{command} python train.py"), "A", "B") == [found]


@pytest.mark.parametrize(
    ("command", "host"),
    [
        ("ssh -p 22 -o StrictHostKeyChecking=no me@n1 'python train.py'", "n1"),
        ("ssh n1 -tt -p 22 python train.py", "n1"),
        ("ssh -nNq -B eth0 -J jump n1 python train.py", "n1"),
    ],
)
def test_ssh_takes_options_before_and_behind_the_host(command, host):
    (process,) = job(command).processes
    assert (process.script, str(process.host.name)) == ("train.py", host)


def test_a_host_that_is_not_known_is_a_host():
    (process,) = job('ssh "$HOST" "python train.py"').processes
    assert process.script == "train.py"
    assert process.host.name.is_unknown


@pytest.mark.parametrize(
    "command",
    [
        "singularity exec image.sif python train.py",
        "singularity run image.sif bash -c 'export PLACE=$SLURM_PROCID && python train.py'",
        "env B=2 numactl -l python train.py",
        "bash -c 'apptainer exec image.sif python train.py'",
    ],
)
def test_what_only_starts_a_command_leaves_the_task_where_it_is(command):
    header = "#!/bin/bash\n#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=2\n"
    (job,) = runs({"train.py": TRAIN, "job.sbatch": f"{header}srun {command}\n"})
    assert [(process.node, process.local, process.rank.integer) for process in job.processes] == [
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 2),
        (1, 1, 3),
    ]


FOUR_TASKS = "#!/bin/bash\n#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=4\nexport A=1 CUDA_VISIBLE_DEVICES=0\n"


def batch(command: str):
    jobs = runs({**FILES, "job.sbatch": f"{FOUR_TASKS}{command}\n"})
    return next(job for job in jobs if job.root == "job.sbatch")


@pytest.mark.parametrize(
    "command",
    [
        "srun bash -c '$PROFILE_CMD python train.py'",
        'srun bash -c "$PROFILE_CMD python train.py"',
        "srun bash -c '${NUMA} ${PROFILE_CMD} bash inner.sh 2'",
        "$DRY_RUN srun python train.py",
    ],
)
def test_words_that_nobody_knows_only_start_the_command_of_a_task(command):
    job = batch(command)
    assert [(process.script, process.node, process.local) for process in job.processes] == [
        ("train.py", node, local) for node in (0, 1) for local in (0, 1, 3)
    ]
    assert all("only starts it" in process.presumed[-1] for process in job.processes)
    if "srun bash" in command:
        # They may choose the GPU or set what launchers set, but not what they do not know.
        assert variables(job, "A", "CUDA_VISIBLE_DEVICES", "RANK") == [("1", None, None)] * 6
        assert job.processes[0].environment.get("RANK").is_unknown


@pytest.mark.parametrize(
    "command",
    [
        "$LAUNCHER python train.py",
        "srun --ntasks=2 --ntasks-per-node=1 bash -c '$LAUNCHER python train.py'",
        "$LAUNCHER torchrun --nproc_per_node=4 train.py",
        '"$LAUNCHER" srun python train.py',
        "srun bash -c '$LAUNCHER train.py'",
    ],
)
def test_nothing_is_claimed_behind_words_that_may_be_a_launcher(command):
    assert not batch(command).processes
