"""What has a known value where it is written, as an editor shows it under the pointer; and what is left unsaid."""

from __future__ import annotations

import textwrap

from memory_files import MemoryFiles

from dtlint.job.site import Cluster
from dtlint.readings import Reading, readings
from dtlint.run.jobs import Jobs
from dtlint.value import absent

JOB = """\
    #!/bin/bash
    #SBATCH --nodes=4
    #SBATCH --gpus-per-node=8
    source env.sh
    srun torchrun --nnodes=$SLURM_NNODES --nproc_per_node=$PROCS --rdzv_backend=c10d \\
        --rdzv_endpoint=head:29500 train.py --batch-size $BATCH --data "$SOMEWHERE"
    """
SCRIPT = """\
    import argparse
    import os
    import torch
    import torch.distributed as dist

    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--data")
    args = parser.parse_args()
    local_rank = int(os.environ["LOCAL_RANK"])
    seed = os.environ.get("SEED", 7)
    torch.cuda.set_device(local_rank)
    dist.init_process_group("nccl")
    world_size: int = dist.get_world_size()
    loader = torch.utils.data.DataLoader(open_all(args.data), batch_size=args.batch_size, num_workers=4)
    other = torch.utils.data.DataLoader(open_all(args.data), batch_size=args.batch_size * world_size, num_workers=seed)
    """
SETTINGS = "export PROCS=8\nexport BATCH=16\nexport ALL=$((PROCS * 4))\n"
FILES = {"job.sbatch": JOB, "env.sh": SETTINGS, "train.py": SCRIPT}
LAUNCH = "torchrun: 4 nodes × 8 processes = 32 ranks"


def read(files: dict[str, str]) -> dict[tuple[str, str], Reading]:
    """By what stands in the place, and the name."""
    memory = MemoryFiles({path: textwrap.dedent(text) for path, text in files.items()})
    scripts = [path for path in files if path.endswith(".py")]
    (run,) = Jobs(files=memory, shells=["job.sbatch"], scripts=scripts, cluster=Cluster(absent(), absent())).runs()
    found = {}
    for one in readings(run, memory.source):
        source = memory.source(one.at.path)
        assert source is not None
        found[" ".join(source.text[one.at.start : one.at.end].split()), one.name] = one
    return found


def by_name(files: dict[str, str]) -> dict[str, str]:
    return {name: one.text for (_, name), one in read(files).items()}


def test_words_of_commands_and_variables_of_shells() -> None:
    found = read(FILES)
    word = "--nproc_per_node=$PROCS"
    told = found[word, word]
    assert told.text == "--nproc_per_node=8"
    assert [(cause.text, cause.at.path) for cause in told.because] == [("PROCS=8", "env.sh")]
    assert told.in_command
    assert found["ALL=$((PROCS * 4))", "ALL"].text == "32"
    # What stands there already is not said again.
    assert not {"PROCS", "train.py", "--rdzv_endpoint=head:29500"} & {name for _, name in found}


def test_where_the_numbers_of_a_launch_come_from() -> None:
    told = read(FILES)["PROCS=8", "processes on each node"]
    assert (told.text, told.comes_to) == ("8", LAUNCH)
    assert read(FILES)["--nodes=4", "nodes"].comes_to == LAUNCH
    unsaid = JOB.replace("--nnodes=$SLURM_NNODES", "--nnodes=$NODES")
    assert "nodes" not in by_name({**FILES, "job.sbatch": unsaid})
    said = read({**FILES, "job.sbatch": unsaid, "env.sh": f"NODES=4\n{SETTINGS}"})
    assert said["NODES=4", "nodes"].comes_to == LAUNCH


def test_variables_of_the_environment_in_all_processes() -> None:
    found = read(FILES)
    local = found['os.environ["LOCAL_RANK"]', "LOCAL_RANK"]
    assert local.text == "0 in ranks 0 and 8, 1 in rank 1, 7 in rank 31"
    assert local.comes_to == LAUNCH
    assert found["local_rank", "local_rank"].text == local.text
    # Somebody may set it; where it is used, the default is presumed to hold.
    assert ('os.environ.get("SEED", 7)', "SEED") not in found
    assert found["num_workers=seed", "num_workers=seed"].text == "7"


def test_arguments_options_and_results_of_a_script() -> None:
    found = read(FILES)
    told = found["batch_size=args.batch_size", "batch_size=args.batch_size"]
    assert told.text == "16"
    assert [cause.text for cause in told.because if cause.at.path == "env.sh"]
    assert found["dist.get_world_size()", "dist.get_world_size()"].text == "32"
    assert found["world_size", "world_size"].text == "32"
    product = "batch_size=args.batch_size * world_size"
    assert found[product, product].text == "512"
    assert found['parser.add_argument("--batch-size", type=int, default=4)', "--batch-size"].text == "16"
    epochs = found['parser.add_argument("--epochs", type=int, default=3)', "--epochs"]
    assert (epochs.text, [cause.text for cause in epochs.because]) == ("3", ["--epochs is not given", "default=3"])


def test_what_is_not_known_in_all_processes_is_not_said() -> None:
    known = by_name(FILES).keys()
    assert not {"--data", '"$SOMEWHERE"', "num_workers=4"} & known
    open_ended = by_name({**FILES, "env.sh": 'export PROCS=$1\nexport BATCH="$2"\n'})
    assert not {"--nproc_per_node=$PROCS", "batch_size=args.batch_size", "--batch-size", "ALL"} & open_ended.keys()


def test_what_one_process_meets_with_several_values_is_not_said() -> None:
    script = """\
        import torch

        def rows(size):
            return torch.zeros(size, 4)

        rows(2)
        {second}
        """
    assert by_name({**FILES, "train.py": script.format(second="")})["size"] == "2"
    assert "size" not in by_name({**FILES, "train.py": script.format(second="rows(3)")})


def test_batch_sizes_of_a_configuration_and_what_they_come_to() -> None:
    batches = '{"train_micro_batch_size_per_gpu": 2, "gradient_accumulation_steps": 4, "train_batch_size": 256}'
    script = """\
        import deepspeed
        engine, *_ = deepspeed.initialize(model=make(), config="ds.json")
        """
    found = read({**FILES, "train.py": script, "ds.json": batches})
    told = found["2", "micro batch"]
    assert told.comes_to == (
        "2 samples × 4 micro batches × 32 data parallel processes = 256 samples in an optimizer step"
    )
    assert found["256", "global batch"].comes_to == told.comes_to
    assert told.root == "job.sbatch"


def test_what_a_trainer_fills_into_a_configuration() -> None:
    script = """\
        from transformers import Trainer, TrainingArguments
        arguments = TrainingArguments("out", per_device_train_batch_size=2, gradient_accumulation_steps=4,
                                      deepspeed="ds.json")
        Trainer(model=make(), args=arguments).train()
        """
    left_open = '{"train_micro_batch_size_per_gpu": "auto", "gradient_accumulation_steps": "auto"}'
    found = read({**FILES, "train.py": script, "ds.json": left_open})
    told = {name: one.text for (text, name), one in found.items() if text == '"auto"'}
    assert told == {"micro batch": "2", "gradient accumulation": "4"}
