import re

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
MEANS_SOMETHING = re.compile(
    r"(?:MASTER_(?:ADDR|PORT)|(?:LOCAL_|NODE_)?RANK|WORLD_SIZE|CUDA_VISIBLE_DEVICES|OMP_NUM_THREADS)$"
    r"|(?:NCCL|GLOO|UCX|FI|OMPI|HOROVOD|TORCH|PYTORCH|XLA|TF|JAX|HF|WANDB)_"
)
"""Variables of launchers, libraries and frameworks, which take quotes for a part of the value."""


def check(run: Run):
    blamed = set()
    for container in run.containers():
        if container.options is None or not container.options.has("--env-file"):
            continue
        for name, value in container.variables.items():
            text = value.string or ""
            wanted = value.trail and QUOTED.fullmatch(text) and MEANS_SOMETHING.match(name)
            given = container.options.values("--env")
            sure = all(one.starts_with(f"{name}=").surely_not for one in given) and not container.options.hidden
            if wanted and sure and value.trail[0].text == f"{name}={text}" and value.at not in blamed:
                blamed.add(value.at)
                yield Finding(
                    when=TRUE,
                    at=value,
                    because=(("docker reads the file here", container.at),),
                    name=name,
                    value=text,
                )
