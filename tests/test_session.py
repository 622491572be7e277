"""A session judges anew only what an edit touches, and says what a fresh lint says of the same texts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dtlint.diagnostic import Severity
from dtlint.engine import lint
from dtlint.outcome import Report
from dtlint.session import InterruptedSessionError, Session

JOB = Path(__file__).parent.parent / "fixtures" / "broken" / "pretrain"
LAUNCH = "#!/bin/bash\ntorchrun --nproc_per_node=2 {script}\n"
TRAIN = "import torch.distributed as dist\ndist.init_process_group('nccl')\ndist.destroy_process_group()\n"


@pytest.fixture(autouse=True)
def _no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = (tmp_path / "work").resolve()
    shutil.copytree(JOB, folder / "job")
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "run.sh").write_text(LAUNCH.format(script="train.py"))
        (folder / name / "train.py").write_text(TRAIN)
    return folder


def said(report: Report) -> list[str]:
    return [repr(diagnostic) for diagnostic in report.shown(Severity.NOTE)]


def rules(report: Report, path: str) -> list[str]:
    return [diagnostic.rule for diagnostic in report.shown() if diagnostic.at.path == path]


def same(session: Session) -> Report:
    """What the session says, which a fresh lint says as well."""
    report = session.report()
    assert said(report) == said(lint([session.root], overlay=session.overlay, cache=False))
    return report


def told(tmp_path: Path, document: str, files: dict[str, str]) -> Session:
    """A session of a workspace with this document, after its first report."""
    work = (tmp_path / "told").resolve()
    work.mkdir()
    for name, text in {"README.md": document, **files}.items():
        (work / name).write_text(text)
    session = Session(work, cache=False)
    same(session)
    return session


def test_an_edit_costs_the_runs_that_read_the_file(root: Path) -> None:
    session = Session(root, cache=False)
    same(session)
    assert session.judged == 4
    read = sum(session.workspace.statistics.read.values())
    session.edit("job/ds.json", (root / "job" / "ds.json").read_text().replace("256", "512"))
    report = same(session)
    assert rules(report, "job/ds.json") == ["fp16-and-bf16"]
    # The job that reads it, and the file for itself.
    assert session.judged == 6
    assert sum(session.workspace.statistics.read.values()) == read + 1
    # A text that is on the disk already changes nothing.
    session.edit("one/run.sh", (root / "one" / "run.sh").read_text())
    same(session)
    assert session.judged == 6


def test_files_that_come_and_go_cost_the_runs_that_asked_for_them(root: Path) -> None:
    session = Session(root, cache=False)
    same(session)
    (root / "one" / "train.py").rename(root / "one" / "other.py")
    session.rescan()
    same(session)
    assert session.judged <= 7
    before = session.judged
    (root / "data").mkdir()
    (root / "data" / "notes.txt").write_text("nothing\n")
    session.rescan()
    same(session)
    assert session.judged == before
    # A file that is only in the editor is one of the workspace.
    session.edit("three/run.sh", LAUNCH.format(script="../two/train.py"))
    same(session)
    session.edit("three/run.sh", None)
    same(session)


def test_what_submits_a_script_is_part_of_it(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "train.py").write_text(TRAIN)
    (work / "job.sbatch").write_text(
        "#!/bin/bash\n#SBATCH --gpus-per-node=4\n#SBATCH --nodes=1\ntorchrun --nproc_per_node=$PROCS train.py\n"
    )
    submit = work / "submit.sh"
    submit.write_text("export PROCS=8\nsbatch job.sbatch\n")
    assert "procs-exceed-gpus" in rules(lint([work]), "job.sbatch")
    session = Session(work)
    assert "procs-exceed-gpus" in rules(session.report(), "job.sbatch")
    assert session.judged == 0, "the verdicts are in the cache"
    session.edit("submit.sh", "export PROCS=4\nsbatch job.sbatch\n")
    assert "procs-exceed-gpus" not in rules(same(session), "job.sbatch")
    # Nor may the cache take the old verdict for one on the new text.
    submit.write_text("export PROCS=4\nsbatch job.sbatch\n")
    assert "procs-exceed-gpus" not in rules(lint([work]), "job.sbatch")


def test_an_excluded_file_stays_so_in_the_editor(root: Path) -> None:
    (root / "dtlint.toml").write_text('exclude = ["job/"]\n')
    session = Session(root, cache=False)
    session.edit("job/job.sbatch", (root / "job" / "job.sbatch").read_text() + "\necho\n")
    assert not same(session).shown()
    (root / "dtlint.toml").write_text("")
    session.rescan()
    assert "procs-exceed-gpus" in rules(same(session), "job/job.sbatch")


def test_a_broken_text_leaves_the_last_one_that_could_be_read(root: Path) -> None:
    session = Session(root, cache=False)
    before = said(session.report())
    for broken in ('{"train_batch_size": ', "[", '{"a": 1'):
        session.edit("job/ds.json", broken)
        assert set(session.stale) == {"job/ds.json"}
        assert said(same(session)) == before
    session.edit("job/ds.json", None)
    assert not session.stale
    assert said(same(session)) == before
    # What was never readable is reported as what it is, by the rule that knows who reads it.
    (root / "job" / "ds.json").write_text("{")
    session.rescan()
    assert rules(same(session), "job/ds.json") == ["settings-file-malformed"]
    session.edit("job/ds.json", "{{")
    assert not session.stale
    same(session)


def test_a_report_stops_where_something_else_is_wanted(root: Path) -> None:
    session = Session(root, cache=False)
    with pytest.raises(InterruptedSessionError):
        session.report(stop=lambda: session.judged == 1)
    assert session.judged == 1
    same(session)
    assert session.judged == 4


def test_what_a_document_may_start_is_known_after_it_was_judged(tmp_path: Path) -> None:
    document = "# Train\n\n```bash\naccelerate launch --config_file $CONFIG train.py\n```\n"
    configuration = (
        "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPUS\nnum_machines: 1\nnum_processes: 2\n"
    )
    session = told(tmp_path, document, {"train.py": TRAIN, "cards.yaml": configuration})
    assert not session.report().shown()
    session.edit("other.sh", LAUNCH.format(script="other.py"))
    assert not same(session).shown()


def test_what_the_second_command_of_a_passage_stands_on(tmp_path: Path) -> None:
    commands = "source env.sh\ntorchrun --master_port=$PORT train.py\ntorchrun --master_port=$PORT second.py\n"
    files = {"env.sh": "export PORT=29501\n", "train.py": TRAIN, "second.py": TRAIN}
    session = told(tmp_path, f"# Train\n\n```bash\n{commands}```\n", files)
    session.edit("env.sh", "export PORT=70000\n")
    assert rules(same(session), "README.md") == ["port-out-of-range"] * 2


def test_a_file_that_was_closed_is_that_of_the_disk(root: Path) -> None:
    session = Session(root, cache=False)
    path, before = root / "job" / "ds.json", (root / "job" / "ds.json").read_text()
    after = before.replace("256", "512")
    report = same(session)
    session.edit("job/ds.json", after)
    same(session)
    path.write_text(after)
    session.rescan()
    session.edit("job/ds.json", None)
    same(session)
    assert not session.overlay
    # Somebody takes back what was saved.
    path.write_text(before)
    session.rescan()
    assert said(same(session)) == said(report)
