"""Measures dtlint beside its peers, all in one run on one machine: `make bench`.

BENCH_TREES names the trees to check, separated by `:`; without it, those are the wheels of transformers and accelerate,
fetched once.  BENCH_PEERS=0 leaves the peers out.  Peers are installed once, each into an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "tests")]

from edited import FILES, LINES, workspace  # noqa: E402
from lsp_client import Client  # noqa: E402

TOP = Path(__file__).resolve().parent.parent
HERE = TOP / ".venv" / "bench"
JOB = TOP / "fixtures" / "broken" / "pretrain"

WHEELS = ("transformers==5.23.0", "accelerate==1.15.0")
PEERS = {"TorchFix": "torchfix==0.7.0", "Fixit": "fixit==2.2.1", "traincheck": "traincheck-lint==0.1.0"}
SAMPLE = 40
"""Screened files on which dtlint is measured beside its peers, which are too slow for all."""


def main() -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dtlint-bench-") as folder:
        scratch = Path(folder)
        peers = {} if os.environ.get("BENCH_PEERS") == "0" else dict(installed(PEERS))
        starting(peers)
        found = list(trees())
        whole(found, scratch)
        same_files(found, peers, scratch)
        ranks(scratch)
        typing(scratch)
        committing(scratch)


# -- what is measured


def starting(peers: dict[str, Path]) -> None:
    heading("Starting, whole process (median of 15)")
    row("python, nothing", seconds([sys.executable, "-c", "pass"], 15))
    row("dtlint --version", seconds(dtlint("--version"), 15), "80 ms")
    row("dtlint check, one job", seconds(dtlint("check", JOB), 15), "300 ms")
    if "traincheck" in peers:
        row("traincheck check, its job.sbatch", seconds([peers["traincheck"], "check", JOB / "job.sbatch"], 5))


def whole(found: Sequence[Path], scratch: Path) -> None:
    heading("Whole trees, cold and warm")
    for tree in found:
        files, lines, screened = size(tree)
        print(f"{tree.name}: {files:,} Python files of {lines:,} lines, {screened} pass the screen")
        cache = scratch / f"cache of {tree.name}"
        row("  cold", seconds(dtlint("check", tree), 1, cache), "15 s for both")
        row("  warm", seconds(dtlint("check", tree), 3, cache), "2 s for both")


def same_files(found: Sequence[Path], peers: dict[str, Path], scratch: Path) -> None:
    heading("The same screened files under each")
    every = [path for tree in found for path in screened_files(tree)]
    for title, chosen in (("all", every), (f"{SAMPLE} of them", every[:: max(1, len(every) // SAMPLE)])):
        folder = scratch / title.replace(" ", "-")
        for number, path in enumerate(chosen):
            (folder / str(number)).mkdir(parents=True)
            shutil.copy(path, folder / str(number))
        print(f"{title}: {len(chosen)} files")
        parsing = seconds([sys.executable, __file__, "--parse", folder], 1)
        ours = seconds(dtlint("check", "--no-cache", folder), 1)
        row("  libcst.parse_module", parsing)
        row("  dtlint check --no-cache", ours, "1.6 of libcst", parsing)
        if title != "all":
            if "TorchFix" in peers:
                row("  TorchFix, all rules", seconds([peers["TorchFix"], "--select", "ALL", folder], 1), "", parsing)
            if "Fixit" in peers:
                row("  Fixit, default rules", seconds([peers["Fixit"], "lint", folder], 1), "", parsing)


def ranks(scratch: Path) -> None:
    heading("A job of 16,384 ranks")
    times = []
    for nodes in (2, 2048):
        folder = scratch / f"{nodes} nodes"
        folder.mkdir()
        shutil.copy(JOB / "train.py", folder)
        (folder / "job.sbatch").write_text(
            f"#!/bin/bash\n#SBATCH --nodes={nodes}\n#SBATCH --ntasks-per-node=1\n#SBATCH --gpus-per-node=8\n"
            "HOST=$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1)\n"
            f"srun torchrun --nnodes={nodes} --nproc_per_node=8 --rdzv_backend=c10d --rdzv_endpoint=$HOST:29500 "
            "--rdzv_id=$SLURM_JOB_ID train.py --data /data\n"
        )
        times.append(seconds(dtlint("check", "--no-cache", folder), 5))
        row(f"dtlint check, {nodes} nodes of 8", times[-1], "1 s")
    row("  what the greater one costs more", times[1] - times[0], "0.5 s")
    for words in (("ranks",), ("ranks", "--json"), ("graph", "--no-cache")):
        row(f"dtlint {' '.join(words)}, 2048 nodes of 8", seconds(dtlint(*words, scratch / "2048 nodes"), 5), "1 s")


def typing(scratch: Path) -> None:
    heading(f"From a keystroke to diagnostics: {LINES} lines in a workspace of {FILES} files (median of 15)")
    script = workspace(scratch / "typed")
    row("dtlint lsp, two jobs start the script", keystroke([sys.executable, "-m", "dtlint", "lsp"], script))
    only = workspace(scratch / "typed by one", starting=1)
    row("dtlint lsp, one job starts it", keystroke([sys.executable, "-m", "dtlint", "lsp"], only), "150 ms")
    row("ruff server, which reads one file", keystroke([Path(sys.executable).parent / "ruff", "server"], only))


def keystroke(command: Sequence[str | Path], script: Path, times: int = 15) -> float:
    """The median time until diagnostics of just this version come."""
    taken = []
    text = script.read_text()
    with Client(command=[str(part) for part in command]) as client:
        client.begin(script.parent)
        uri = client.open(script)
        client.wait(lambda: client.current(uri))
        for number in range(times):
            begun = time.perf_counter()
            client.write(uri, text.replace("rate, record = ", f"rate, record_{number} = "))
            client.wait(lambda: client.current(uri))
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def committing(scratch: Path) -> None:
    heading("A commit in a repository of 200 files, as the hook sees it")
    folder = scratch / "repository"
    for number in range(20):
        project = folder / f"project{number}"
        shutil.copytree(JOB, project)
        for module in range(10 - len(list(JOB.iterdir()))):
            (project / f"module{module}.py").write_text("import torch\n\n\ndef double(x):\n    return x + x\n")
    changed = folder / "project0" / "job.sbatch"
    hook = dtlint("check", "--changed", changed.relative_to(folder))
    row("dtlint check --changed, first run", seconds(hook, 1, scratch / "commits", folder))
    row("  second run, nothing changed since", seconds(hook, 9, scratch / "commits", folder), "400 ms")
    row("  python and click alone", seconds([sys.executable, "-c", "import click"], 9))


# -- how


def dtlint(*arguments: str | Path) -> list[str | Path]:
    return [Path(sys.executable).parent / "dtlint", *arguments]


def seconds(command: Sequence[str | Path], times: int, cache: Path | None = None, cwd: Path | None = None) -> float:
    """The median wall time; a command may find something, but not fail."""
    # Bytecode is kept, as in any installation, but not in the checkout.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(HERE / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if cache:
        environment["XDG_CACHE_HOME"] = str(cache)
    words = [str(part) for part in command]
    if times > 1:
        subprocess.run(words, cwd=cwd, env=environment, capture_output=True, check=False)
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, check=False)
        taken.append(time.perf_counter() - begun)
        if done.returncode not in (0, 1):
            print(f"  {Path(command[0]).name} ended with {done.returncode}: {done.stderr.decode()[-200:]}")
    return statistics.median(taken)


def trees() -> Iterator[Path]:
    named = os.environ.get("BENCH_TREES")
    if named:
        yield from (Path(tree).resolve() for tree in named.split(":"))
        return
    for wheel in WHEELS:
        folder = HERE / "trees" / wheel.partition("==")[0]
        if not folder.is_dir():
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
            subprocess.run([*pip, "--dest", str(HERE), wheel], check=True)
            (archive,) = HERE.glob(f"{folder.name}-*.whl")
            with zipfile.ZipFile(archive) as content:
                content.extractall(folder)
        yield folder


def size(tree: Path) -> tuple[int, int, int]:
    """Python files, their lines, and how many files mention distributed training."""
    paths = list(tree.rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in paths)
    return len(paths), lines, sum(1 for _ in screened_files(tree))


def screened_files(tree: Path) -> Iterator[Path]:
    from dtlint.workspace import Workspace

    yield from (tree / path for path in Workspace(tree).scripts())


def installed(peers: dict[str, str]) -> Iterator[tuple[str, Path]]:
    for name, requirement in peers.items():
        folder = HERE / name
        program = folder / "bin" / name.lower()
        if not program.exists():
            venv.create(folder, with_pip=True)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", requirement]
            environment = {key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"}
            if subprocess.run(pip, env=environment, check=False).returncode:
                print(f"{name} cannot be installed, and is left out")
                continue
        yield name, program


def parse(folder: Path) -> None:
    """What the ratio of the whole analysis is taken to: parsing alone, in a process of its own."""
    import libcst

    for path in folder.rglob("*.py"):
        libcst.parse_module(path.read_bytes())


def heading(text: str) -> None:
    print(f"\n{text}")


def row(name: str, taken: float, aim: str = "", base: float = 0.0) -> None:
    shown = f"{taken * 1000:,.0f} ms" if taken < 1 else f"{taken:,.2f} s"
    ratio = f"{taken / base:6.2f} of libcst" if base else ""
    print(f"{name:<40}{shown:>12}  {ratio:<18}{f'aim {aim}' if aim else ''}".rstrip())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parse"]:
        parse(Path(sys.argv[2]))
    else:
        main()
