"""`dtlint check --fix`, `--diff` and `--add-ignores`: what changes in files, and what must not."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reports import FOUND

from dtlint.cli import main
from dtlint.diagnostic import Diagnostic
from dtlint.fix import Edit, Fix, StaleFixError, apply, digest
from dtlint.mend import FirstOf, HeadOfLoop, HeadOfLoopAround, Imported, Removed, Replaced, word
from dtlint.mending import MOST_ROUNDS, UnwritableError, mend, one_round, write
from dtlint.outcome import Report
from dtlint.source import Source, Span

LAUNCH = "torchrun --nproc_per_node=2 --master_port=77777 train.py\n"
SAFE = """\
import os
import torch
import torch.distributed as dist

local_rank = os.environ["LOCAL_RANK"]
dist.init_process_group("nccl", device_id=f"cuda:{local_rank}")
dist.destroy_process_group()
"""
GIVEN = 'f"cuda:{local_rank}"'

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dtlint", "check", *arguments])
        status = main()
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


# -- whole commands


def test_only_safe_fixes_are_made_unless_others_are_asked_for(run: Run) -> None:
    Path("run.sh").write_text(LAUNCH)
    Path("train.py").write_text(SAFE)
    status, _, err = run("--fix")
    assert status == 1
    assert "1 finding mended in 1 file" in err
    assert f"device_id=torch.device({GIVEN})" in Path("train.py").read_text()
    assert Path("run.sh").read_text() == LAUNCH
    status, _, err = run("--unsafe-fixes")
    assert status == 0
    assert Path("run.sh").read_text() == LAUNCH.replace("77777", "29500")


def test_a_second_run_changes_nothing(run: Run) -> None:
    Path("run.sh").write_text(LAUNCH)
    run("--unsafe-fixes")
    before = Path("run.sh").stat().st_mtime_ns
    assert run("--unsafe-fixes") == (0, "nothing found\n", "")
    assert Path("run.sh").stat().st_mtime_ns == before


def test_a_diff_changes_nothing_and_patch_takes_it(run: Run) -> None:
    Path("run.sh").write_text(LAUNCH.rstrip("\n"))
    status, out, _ = run("--diff", "--unsafe-fixes")
    assert status == 1
    assert Path("run.sh").read_text() == LAUNCH.rstrip("\n")
    subprocess.run(["git", "apply", "-"], input=out, text=True, check=True)
    assert Path("run.sh").read_text() == LAUNCH.rstrip("\n").replace("77777", "29500")
    assert run("--diff", "--unsafe-fixes")[:2] == (0, "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"# \xe9\r\n", b"# \xe9\r\n"),
        (b"\xef\xbb\xbf", b"\xef\xbb\xbf"),
        (b"true\t&& \\\r\n  ", b"true\t&& \\\r\n  "),
    ],
)
def test_bytes_around_a_fix_stay_what_they_are(run: Run, before: bytes, after: bytes) -> None:
    Path("run.sh").write_bytes(before + LAUNCH.encode() + b"# end \r")
    run("--unsafe-fixes")
    if b"\xe9" in before:  # a file that is no valid text is left alone
        assert Path("run.sh").read_bytes() == before + LAUNCH.encode() + b"# end \r"
    else:
        assert Path("run.sh").read_bytes() == after + LAUNCH.replace("77777", "29500").encode() + b"# end \r"


def test_a_declared_encoding_is_kept(run: Run) -> None:
    text = "# -*- coding: latin-1 -*-\n# Größe\n" + SAFE
    Path("run.sh").write_text("torchrun --nproc_per_node=2 train.py\n")
    Path("train.py").write_bytes(text.encode("latin-1"))
    run("--fix")
    assert Path("train.py").read_bytes() == text.replace(GIVEN, f"torch.device({GIVEN})").encode("latin-1")


def test_permissions_and_links_stay(run: Run) -> None:
    Path("bin").mkdir()
    Path("bin/real.sh").write_text(LAUNCH)
    Path("bin/real.sh").chmod(0o755)
    Path("run.sh").symlink_to("bin/real.sh")
    run("--unsafe-fixes")
    assert Path("run.sh").is_symlink()
    assert Path("bin/real.sh").stat().st_mode & 0o777 == 0o755
    assert "29500" in Path("run.sh").read_text()


def test_only_what_is_in_focus_is_mended(run: Run) -> None:
    Path("a.sh").write_text(LAUNCH)
    Path("b.sh").write_text(LAUNCH)
    run("--unsafe-fixes", "--focus", "a.sh")
    assert "29500" in Path("a.sh").read_text()
    assert Path("b.sh").read_text() == LAUNCH


def test_what_a_baseline_hides_is_not_mended(run: Run) -> None:
    Path("run.sh").write_text(LAUNCH)
    run("--baseline", "known.json", "--write-baseline")
    assert run("--unsafe-fixes", "--baseline", "known.json")[0] == 0
    assert Path("run.sh").read_text() == LAUNCH


def test_the_epoch_is_told_at_the_head_of_the_loop_over_epochs(run: Run) -> None:
    loop = "for epoch in range(9):  # all of them\r\n\r\n    for batch in loader:\r\n"
    Path("run.sh").write_text("torchrun --nproc_per_node=2 train.py\n")
    text = f"""\
import os
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

dist.init_process_group("nccl")
device = int(os.environ["LOCAL_RANK"])
torch.cuda.set_device(device)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(4, 1).cuda(), device_ids=[device])
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
data = TensorDataset(torch.load("rows.pt"))
sampler = DistributedSampler(data)
loader = DataLoader(data, batch_size=4, sampler=sampler)
{loop}        loss = model(batch[0].cuda()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
dist.destroy_process_group()
""".replace("\r\n", "\n").replace("\n", "\r\n")
    Path("train.py").write_bytes(text.encode())
    assert run("--unsafe-fixes")[0] == 0
    mended = loop.replace("them\r\n", "them\r\n    sampler.set_epoch(epoch)\r\n")
    assert Path("train.py").read_bytes().decode() == text.replace(loop, mended)


@pytest.mark.parametrize(
    "arguments",
    [("--fix", "--command", "true"), ("--fix", "--stdin-filename", "a.sh"), ("--add-ignores", "--fix")],
)
def test_wrong_use(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


# -- suppressions


def test_suppressions_are_written_above_what_they_are_for(run: Run) -> None:
    text = "#!/bin/bash\nif true; then\n    torchrun --nproc_per_node=2 \\\n        --master_port=77777 train.py\nfi\n"
    Path("run.sh").write_text(text)
    status, out, err = run("--add-ignores")
    assert (status, out) == (0, "nothing found, 1 suppressed\n")
    assert "1 finding suppressed in 1 file: write the reasons" in err
    comment = "    # dtlint: ignore[port-out-of-range] (why is it right here?)\n"
    assert Path("run.sh").read_text() == text.replace("    torchrun", f"{comment}    torchrun")
    assert run()[0] == 0


def test_what_stands_in_a_here_document_is_suppressed_for_the_file(run: Run) -> None:
    text = f"#!/bin/bash\nbash <<EOF\n{LAUNCH}EOF\n"
    Path("run.sh").write_text(text)
    assert run()[0] == 1
    run("--add-ignores")
    lines = Path("run.sh").read_text().splitlines()
    assert lines[1].startswith("# dtlint: ignore-file[port-out-of-range]")
    assert [lines[0], *lines[2:]] == text.splitlines()
    assert run()[0] == 0


def test_a_file_without_comments_is_left_alone(run: Run) -> None:
    Path("two.json").write_text('{"distributed_type": "MULTI_GPUS", "num_processes": 2}\n')
    Path("run.sh").write_text("accelerate launch --config_file two.json train.py\n")
    Path("train.py").write_text("from accelerate import Accelerator\naccelerator = Accelerator()\n")
    assert run()[0] == 1
    status, _, err = run("--add-ignores")
    assert status == 1
    assert "two.json has no comments; name it in per-path-ignores" in err


# -- the pieces

TEXT = "alpha beta\n"
PATH = "a.txt"


def sources(path: str) -> Source | None:
    return Source(PATH, TEXT) if path == PATH else None


def fixed(*edits: tuple[int, int, str], safe: bool = True, text: str = TEXT, rule: str = "r") -> Diagnostic:
    made = tuple(Edit(Span(PATH, start, end), new) for start, end, new in edits)
    fix = Fix("mend it", made, safe, ((PATH, digest(text)),))
    return Diagnostic(rule, FOUND.severity, rule, Span(PATH, 0, 1), fix=fix)


def test_a_fix_is_made_as_a_whole_or_not_at_all() -> None:
    done = one_round([fixed((0, 5, "A")), fixed((0, 1, "x"), (6, 10, "B"), rule="other")], sources, False)
    assert done.texts == {PATH: "A beta\n"}
    assert [refused.why for refused in done.refused] == ["it overlaps another fix"]


def test_equal_edits_of_two_fixes_are_made_once() -> None:
    done = one_round([fixed((0, 0, "import os\n")), fixed((0, 0, "import os\n"), rule="other")], sources, False)
    assert done.texts == {PATH: "import os\n" + TEXT}
    assert len(done.made) == 2


def test_two_insertions_at_one_place_have_no_order() -> None:
    done = one_round([fixed((6, 6, "x")), fixed((6, 6, "y"), rule="other")], sources, False)
    assert done.texts == {PATH: "alpha xbeta\n"}


def test_a_fix_for_another_text_is_refused() -> None:
    done = one_round([fixed((0, 5, "A"), text="gamma beta\n")], sources, False)
    assert (done.texts, done.refused[0].why) == ({}, "the file has changed since it was judged")


def test_fixes_that_wake_each_other_end() -> None:
    text = TEXT

    def lint(texts: dict[str, str]) -> Report:
        now = texts.get(PATH, text)
        one = fixed((0, 1, "b" if now[0] == "a" else "a"), text=now)
        return Report(root=Path("/"), diagnostics=(one,), sources=lambda path: Source(PATH, now))

    done = mend(lint, lambda report: report.diagnostics, False)  # type: ignore[arg-type]
    assert len(done.made) == MOST_ROUNDS
    assert done.refused[0].why == "fixes wake each other"


def test_nothing_is_written_over_a_file_that_has_changed(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1")
    (tmp_path / "two").write_text("2")
    before = {"one": "1", "two": "another"}
    with pytest.raises(UnwritableError, match="two has changed"):
        write(tmp_path, {"one": "I", "two": "II"}, lambda path: Source(path, before[path]))
    assert (tmp_path / "one").read_text() == "1"


def test_nothing_is_written_that_the_encoding_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\n")
    with pytest.raises(UnwritableError, match="has no"):
        write(tmp_path, {"a.py": "# \u2713\n"}, lambda path: Source(path, "# coding: latin-1\n"))


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(StaleFixError):
        apply(TEXT, [Edit(Span(PATH, 0, 5), ""), Edit(Span(PATH, 4, 6), "")])


def made(mending: object, text: str) -> str | None:
    edits = mending.edits(lambda path: Source(path, text))  # type: ignore[attr-defined]
    return None if edits is None else apply(text, edits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--n=8", "--n=4"),
        ("--n 8", "--n 4"),
        ("X='8'", "X='4'"),
        ("--n=88", None),
        ("--n8", None),
        ("8 8", None),
        ("$8", None),
        ("1.8", None),
        ("8.5", None),
    ],
)
def test_a_word_is_replaced_where_it_stands_alone_and_once(text: str, expected: str | None) -> None:
    assert made(word(Span(PATH, 0, len(text)), "8", "4"), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run --n 4 x", "run x"),
        ("run \\\n  --n 4 \\\n  x", "run \\\n  x"),
        ("run \\\n  --n 4\n", "run \\\n\n"),
        ("run --n=$N", None),
    ],
)
def test_an_option_goes_away_with_its_line(text: str, expected: str | None) -> None:
    start = text.index("--n")
    assert made(Removed(Span(PATH, start, start + 5), r"--n[= ]\d"), text) == expected


def test_the_first_that_fits_is_taken() -> None:
    first = Replaced(Span(PATH, 0, 1), re.compile("x"), "y")
    assert made(FirstOf((first, word(Span(PATH, 0, 1), "8", "4"))), "8") == "4"
    assert made(FirstOf((first,)), "8") is None


DOCUMENTED = "'''import.'''\nfrom __future__ import annotations\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import os\nx\n", "import os\nx\n"),
        ("import torch\n", "import os\nimport torch\n"),
        (f"{DOCUMENTED}import b\n", f"{DOCUMENTED}import os\nimport b\n"),
        ("import os as system\n", "import os\nimport os as system\n"),
        ("import b\r\nc\r\n", "import os\r\nimport b\r\nc\r\n"),
        ("x = 1\n", None),
        ("import (\n", None),
        ("if x:\n    import b\n", None),
    ],
)
def test_an_import_stands_in_front_of_the_others(text: str, expected: str | None) -> None:
    assert made(Imported(PATH, "os"), text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("s = S()\nfor e in range(3):\n    for b in LOOP:\n", "    s.set(e)\n"),
        ("s = S()\nfor e in trange(3):\n\n    # why\n    if x:\n        for b in LOOP:\n", "    s.set(e)\n"),
        ("s = S()\nfor _ in range(3):\n    for b in LOOP:\n", None),
        ("s = S()\nfor e in names:\n    for b in LOOP:\n", None),
        ("s = S()\ns = None\nfor e in range(3):\n    for b in LOOP:\n", None),
        ("s = S()\ndef f():\n    for e in range(3):\n        for b in LOOP:\n", None),
        ("f(S())\nfor e in range(3):\n    for b in LOOP:\n", None),
        ("s = S()\nwhile x:\n    for b in LOOP:\n", None),
    ],
)
def test_a_line_stands_at_the_head_of_the_loop_around(text: str, line: str | None) -> None:
    made_at, loop = text.index("S()"), text.index("for b")
    mending = HeadOfLoop(Span(PATH, loop, loop + 1), True, Span(PATH, made_at, made_at + 3), "{name}.set({variable})")
    head = text.index("\n", text.index("for")) + 1
    assert made(mending, text) == (None if line is None else text[:head] + line + text[head:])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("for e in range(3):\n    for b in LOOP.x:\n        pass\n", "    LOOP.x.set(e)\n"),
        ("for e in range(3):\n    LOOP = f()\n    for b in LOOP:\n        pass\n", None),
        ("for e in range(3):\n    for b in f(LOOP):\n        pass\n", None),
        ("for e in range(3):\n    for b in tqdm(LOOP):\n        pass\n", None),
        ("def f(e):\n    for b in LOOP:\n        pass\nfor e in range(3):\n    f(e)\n", None),
    ],
)
def test_a_line_names_what_the_inner_loop_goes_over(text: str, line: str | None) -> None:
    inner = text.index("for b")
    mending = HeadOfLoopAround(None, Span(PATH, inner, inner + 1), "{name}.set({variable})")
    head = text.index("\n") + 1
    assert made(mending, text) == (None if line is None else text[:head] + line + text[head:])
