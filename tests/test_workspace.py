"""Finding files, reading them, resolving references, and what is kept between two runs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtlint import ignored
from dtlint.cache import Cache, Screen, key_of
from dtlint.config import Config
from dtlint.read.kinds import Kind
from dtlint.workspace import Workspace, locate

TRAIN = "import torch.distributed as dist\n"


def lay_out(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


class TestDiscovery:
    def test_what_git_ignores_is_not_found_but_can_be_referred_to(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {
            ".gitignore": "out/\n*.log\n!keep.log\n",
            ".git/info/exclude": "private.sh\n",
            "a.sh": "", "private.sh": "", "x.log": "", "keep.log": "", "out/ds.json": '{"a": 1}',
            "sub/.gitignore": "/local.sh\n!x.log\n", "sub/local.sh": "", "sub/deep/local.sh": "", "sub/x.log": "",
        })  # fmt: skip
        workspace = Workspace(tmp_path)
        assert workspace.paths == (
            ".gitignore", "a.sh", "keep.log", "sub/.gitignore", "sub/deep/local.sh", "sub/x.log",
        )  # fmt: skip
        assert workspace.exists("out/ds.json")
        assert workspace.document("out/ds.json") is not None

    def test_ignore_files_above_the_root_count(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {".git/HEAD": "", ".gitignore": "*.tmp.sh\n/sub/b.sh\n"})
        lay_out(tmp_path / "sub", {"a.tmp.sh": "", "b.sh": "", "c.sh": ""})
        assert Workspace(tmp_path / "sub").paths == ("c.sh",)

    def test_a_folder_that_git_ignores_is_looked_through_where_somebody_names_it(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {".git/HEAD": "", ".gitignore": "/out/\n*.tmp.sh\n"})
        lay_out(tmp_path / "out/a", {"run.sh": "", ".gitignore": "no.sh\n", "no.sh": ""})
        lay_out(tmp_path / "src", {"run.sh": "", "x.tmp.sh": ""})
        assert Workspace(tmp_path / "out").paths == ("a/.gitignore", "a/run.sh")
        assert Workspace(tmp_path / "out/a").paths == (".gitignore", "run.sh")
        assert Workspace(tmp_path, targets=("out/a", "src")).paths == ("out/a/.gitignore", "out/a/run.sh", "src/run.sh")

    def test_folders_that_nobody_wrote_are_left_out(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {
            "a.py": "", "__pycache__/a.py": "", "node_modules/a.sh": "", ".git/hooks/a.sh": "", ".venv/a.py": "",
            "my-env/pyvenv.cfg": "", "my-env/lib/a.py": "",
        })  # fmt: skip
        assert Workspace(tmp_path).paths == ("a.py",)

    def test_include_and_exclude(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"a/x.py": "", "a/y.sh": "", "b/x.py": "", "c.py": ""})
        assert Workspace(tmp_path, Config(exclude=("b/",))).paths == ("a/x.py", "a/y.sh", "c.py")
        assert Workspace(tmp_path, Config(include=("a/", "c.py"), exclude=("*.sh",))).paths == ("a/x.py", "c.py")
        # Patterns count from the folder of the configuration.
        assert Workspace(tmp_path / "a", Config(base="..", exclude=("/a/y.sh",))).paths == ("x.py",)

    def test_links_are_followed_once_and_never_outside(self, tmp_path: Path) -> None:
        root = lay_out(tmp_path / "root", {"a/x.py": "", ".gitignore": "/hidden/\n", "hidden/h.py": ""})
        outside = lay_out(tmp_path / "outside", {"o.py": "secret"})
        (root / "a/loop").symlink_to(root)
        (root / "again").symlink_to(root / "a")
        (root / "shown").symlink_to(root / "hidden")
        (root / "out").symlink_to(outside)
        (root / "o.py").symlink_to(outside / "o.py")
        (root / "dangling").symlink_to(root / "nothing")
        workspace = Workspace(root)
        assert workspace.paths == (".gitignore", "a/x.py", "shown/h.py")
        assert not workspace.exists("out/o.py")
        assert workspace.source("o.py") is None
        assert not workspace.exists("../outside/o.py")

    def test_targets_limit_what_is_looked_through(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"a/x.py": "", "b/x.py": "", "c/x.py": "", "d.sh": ""})
        workspace = Workspace(tmp_path, targets=("a", "c", "d.sh"))
        assert workspace.paths == ("a/x.py", "c/x.py", "d.sh")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_what_may_not_be_read_is_a_problem(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"a.sh": "", "closed/b.sh": ""})
        (tmp_path / "closed").chmod(0)
        (tmp_path / "a.sh").chmod(0)
        try:
            workspace = Workspace(tmp_path)
            assert workspace.paths == ("a.sh",)
            assert workspace.source("a.sh") is None
            assert len(workspace.problems) == 2
        finally:
            (tmp_path / "closed").chmod(0o700)

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        workspace = Workspace(tmp_path)
        assert workspace.paths == ()
        assert workspace.listing("") == ()
        assert list(workspace.scripts()) == []

    @given(
        st.lists(st.text("ab*/!.?[]\\ #", min_size=1, max_size=6), max_size=8),
        st.lists(st.text("ab./", min_size=1, max_size=8).map(lambda path: path.strip("/") or "a"), max_size=6),
    )
    def test_the_one_expression_agrees_with_all_patterns(self, lines: list[str], paths: list[str]) -> None:
        plain, quick = ignored.patterns("", lines), ignored.patterns("", lines)
        if plain is None or quick is None:
            return
        for _ in range(ignored.WORTH_IT):
            quick.verdict("x")
        for path in paths:
            for form in (path, path + "/"):
                assert quick.verdict(form) == plain.verdict(form)


class TestLocate:
    def test_a_folder_is_a_workspace(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"pyproject.toml": "", "sub/a.py": ""})
        located = locate([tmp_path / "sub"])
        assert (located.root, located.targets, located.focus) == (tmp_path / "sub", ("",), None)

    def test_a_file_lies_in_the_project_around_it(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"pyproject.toml": "", "sub/deep/a.py": ""})
        located = locate([tmp_path / "sub/deep/a.py"])
        assert (located.root, located.focus) == (tmp_path, {"sub/deep/a.py"})
        assert located.targets == ("",)

    def test_a_file_outside_of_any_project_has_what_lies_nearest(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"job.sh": "", "conf/ds.json": "", ".cache/y.py": "", "other/.git/HEAD": "", "other/x": ""})
        lay_out(tmp_path, {f"data/{part}/{number}.txt": "" for part in range(4) for number in range(400)})
        located = locate([tmp_path / "job.sh"])
        assert (located.root, located.focus) == (tmp_path, {"job.sh"})
        assert {"job.sh", "conf/ds.json"} <= set(located.targets)
        assert not any(path.startswith(("other", ".cache")) for path in located.targets)
        assert len(located.targets) < 1_500

    def test_several_folders_have_their_parent_for_a_root(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"a/x.py": "", "b/x.py": "", "c/x.py": ""})
        located = locate([tmp_path / "a", tmp_path / "b"])
        assert (located.root, located.targets, located.focus) == (tmp_path, ("a", "b"), None)

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="nothing-here"):
            locate([tmp_path / "nothing-here"])


class TestReading:
    def test_each_kind_by_its_reader(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {
            "train.py": TRAIN, "run": "#!/bin/bash\necho\n", "job": "#SBATCH -N 2\n", "a.yaml": "a: 1", "b.json": "{}",
            "c.toml": "", ".env": "A=1", "hostfile": "n slots=2", "Dockerfile": "FROM a",
            "requirements.txt": "torch==2.1", "config": '{"a": 1}', "text": "hello",
        })  # fmt: skip
        workspace = Workspace(tmp_path)
        assert workspace.script("train.py") is not None
        assert workspace.script("run") is None
        assert list(workspace.of_kind(Kind.SHELL)) == ["job", "run"]
        documents = {path: workspace.document(path) for path in workspace.paths}
        assert {path: document.format for path, document in documents.items() if document is not None} == {
            "a.yaml": "yaml", "b.json": "json", "c.toml": "toml", ".env": "dotenv", "hostfile": "hostfile",
            "config": "json",
        }  # fmt: skip
        assert workspace.dockerfile("Dockerfile") is not None
        assert workspace.dockerfile("a.yaml") is None
        assert [pin.name for pin in workspace.pins("requirements.txt")] == ["torch"]
        assert workspace.hostfile("text") is not None

    def test_facts_are_read_once(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"a.yaml": "a: 1"})
        workspace = Workspace(tmp_path)
        assert workspace.document("a.yaml") is workspace.document("./a.yaml")

    def test_what_is_not_there_is_none(self, tmp_path: Path) -> None:
        workspace = Workspace(lay_out(tmp_path, {"a/b.py": ""}))
        for path in ("x.py", "a", "a/b.py/c", "../x", "/etc/passwd", "a\0b"):
            assert workspace.source(path) is None
        assert workspace.problems == ()

    def test_large_and_binary_files_are_problems_when_asked_for(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"big.yaml": "a: 1\n" * 100, "b.json": b"\0\1", "other.bin": b"\0"})
        workspace = Workspace(tmp_path, largest=100)
        assert workspace.paths
        assert workspace.problems == ()
        assert workspace.document("big.yaml") is None
        assert workspace.document("b.json") is None
        assert [(problem.at.path, problem.message) for problem in workspace.problems] == [
            ("b.json", "looks binary"), ("big.yaml", "not read: 500 bytes, more than 100"),
        ]  # fmt: skip

    def test_a_pipe_does_not_hold_the_run(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.sh")
        began = time.monotonic()
        workspace = Workspace(tmp_path)
        assert workspace.shell("pipe.sh") is None
        assert time.monotonic() - began < 2

    def test_an_overlay_is_newer_than_the_disk(self, tmp_path: Path) -> None:
        lay_out(tmp_path, {"a.yaml": "a: 1"})
        workspace = Workspace(tmp_path, overlay={"a.yaml": "a: 2", "new/b.py": TRAIN})
        assert workspace.source("a.yaml").text == "a: 2"  # type: ignore[union-attr]
        assert workspace.paths == ("a.yaml", "new/b.py")
        assert workspace.exists("new/b.py")
        assert workspace.is_directory("new")
        assert workspace.listing("new") == ("new/b.py",)
        assert list(workspace.scripts()) == ["new/b.py"]
        assert workspace.resolve("b.py", "new") == "new/b.py"


class TestResolve:
    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Workspace:
        return Workspace(lay_out(tmp_path, {
            "train.py": "", "jobs/run.sh": "", "jobs/train.py": "", "jobs/ds.json": "", "src/pkg/model.py": "",
            "a/one.py": "", "b/one.py": "", "conf/ds.yaml": "",
        }))  # fmt: skip

    @pytest.mark.parametrize(
        ("reference", "directory", "beside", "found"),
        [
            ("train.py", "", "jobs/run.sh", "train.py"),
            ("train.py", "jobs", "jobs/run.sh", "jobs/train.py"),
            ("./train.py", "jobs", None, "jobs/train.py"),
            ("../train.py", "jobs", None, "train.py"),
            # Both the script's folder and the root have one.
            ("train.py", None, "jobs/run.sh", None),
            ("ds.json", None, "jobs/run.sh", "jobs/ds.json"),
            ("ds.json", "a", "jobs/run.sh", "jobs/ds.json"),
            ("jobs/train.py", "jobs", "jobs/run.sh", "jobs/train.py"),
            # The folder is not known, so its end decides; it is known, so nothing else does.
            ("model.py", None, "jobs/run.sh", "src/pkg/model.py"),
            ("model.py", "a", "jobs/run.sh", None),
            ("pkg/model.py", None, None, "src/pkg/model.py"),
            ("one.py", None, None, None),
            ("a/one.py", None, None, "a/one.py"),
            ("$ROOT/a/one.py", "jobs", None, "a/one.py"),
            ("${ROOT}/one.py", "a", None, None),
            ("~/code/src/pkg/model.py", "a", None, "src/pkg/model.py"),
            ("/workspace/jobs/train.py", "a", None, "jobs/train.py"),
            ("/workspace/pkg/model.py", None, None, "src/pkg/model.py"),
            ("/workspace/other/model.py", None, None, "src/pkg/model.py"),
            ("/data/one.py", None, None, None),
            # A configuration of that name may well be another one.
            ("/data/ds.yaml", None, None, None),
            ("/usr/lib/model.py", None, None, None),
            # Started from a folder above the script that names it.
            ("model.py", ".", "src/pkg/tools/run.sh", "src/pkg/model.py"),
            ("model.py", "elsewhere", "src/pkg/tools/run.sh", None),
            ("gone.py", None, None, None),
            ("jobs", "", None, None),
            ("", "", None, None),
        ],
    )
    def test_references(
        self, workspace: Workspace, reference: str, directory: str | None, beside: str | None, found: str | None
    ) -> None:
        assert workspace.resolve(reference, directory, beside) == found

    def test_an_absolute_path_into_the_workspace(self, workspace: Workspace) -> None:
        assert workspace.resolve(f"{workspace.root}/a/one.py", None) == "a/one.py"
        assert workspace.resolve(f"{workspace.root}/a/two.py", None) is None


class TestCache:
    def test_what_was_put_is_got(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path / "cache")
        assert cache.get(key_of("a")) is None
        cache.put(key_of("a"), b"content")
        assert cache.get(key_of("a")) == b"content"
        assert key_of("ab", "c") != key_of("a", "bc")

    def test_a_damaged_entry_is_none(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path)
        cache.put_json(key_of("a"), {"x": 1})
        (file,) = tmp_path.glob("??/*")
        for content in (b"", b"x", file.read_bytes()[:-1], file.read_bytes()[:-1] + b"?"):
            file.write_bytes(content)
            assert cache.get_json(key_of("a")) is None

    def test_a_folder_that_cannot_be_written_is_no_fault(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        cache = Cache(tmp_path / "file" / "cache")
        cache.put(key_of("a"), b"x")
        assert cache.get(key_of("a")) is None

    def test_it_stays_within_its_size(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path, largest=10_000)
        for number in range(30):
            cache.put(key_of(str(number)), bytes(1000))
            os.utime(tmp_path / "pruned", (0, 0))
        assert sum(file.stat().st_size for file in tmp_path.glob("??/*")) <= 11_100
        assert cache.get(key_of("29")) is not None
        assert cache.get(key_of("0")) is None

    def test_several_writers(self, tmp_path: Path) -> None:
        cache, key = Cache(tmp_path), key_of("shared")
        seen: list[bytes | None] = []

        def write(letter: bytes) -> None:
            for _ in range(30):
                cache.put(key, letter * 5000)
                seen.append(cache.get(key))

        threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(seen) <= {b"a" * 5000, b"b" * 5000}
        assert not list(tmp_path.glob("??/.new-*"))

    def test_the_screen_is_asked_again_only_for_changed_files(self, tmp_path: Path) -> None:
        root = lay_out(tmp_path / "root", {"a.py": TRAIN, "b.py": "x = 1\n", "c.py": "x = 1\n"})
        old = time.time() - 100
        for file in root.iterdir():
            os.utime(file, (old, old))
        cache = Cache(tmp_path / "cache")
        assert list(Workspace(root, cache=cache).scripts()) == ["a.py"]
        # The same size and time: only the cache can say what stood there before.
        (root / "a.py").write_text("y" * len(TRAIN))
        os.utime(root / "a.py", (old, old))
        assert list(Workspace(root, cache=cache).scripts()) == ["a.py"]
        (root / "b.py").write_text(TRAIN)
        assert list(Workspace(root, cache=cache).scripts()) == ["a.py", "b.py"]
        assert list(Workspace(root).scripts()) == ["b.py"]

    def test_a_file_changed_just_now_is_not_remembered(self, tmp_path: Path) -> None:
        file = tmp_path / "a.py"
        file.write_text("")
        screen = Screen(Cache(tmp_path / "cache"), tmp_path, "1")
        screen.put("a.py", file.stat(), True)
        assert screen.get("a.py", file.stat()) is None

    def test_another_screen_forgets(self, tmp_path: Path) -> None:
        file = tmp_path / "a.py"
        file.write_text("")
        os.utime(file, (1, 1))
        cache = Cache(tmp_path / "cache")
        screen = Screen(cache, tmp_path, "1")
        screen.put("a.py", file.stat(), True)
        screen.save()
        assert Screen(cache, tmp_path, "1").get("a.py", file.stat()) is True
        assert Screen(cache, tmp_path, "2").get("a.py", file.stat()) is None


class TestMemory:
    def test_only_so_many_characters_of_scripts_are_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dtlint.workspace.SCRIPTS_KEPT", 100)
        lay_out(tmp_path, {f"{name}.py": TRAIN + f"# {name}\n" for name in "abcd"})
        workspace = Workspace(tmp_path)
        first = {name: id(workspace.script(f"{name}.py")) for name in "ab"}
        assert id(workspace.script("a.py")) == first["a"], "there is room for both"
        workspace.script("c.py")
        assert id(workspace.script("a.py")) == first["a"], "asked for later than the other"
        assert workspace.statistics.read["python"] == 3
        workspace.script("b.py")
        assert workspace.statistics.read["python"] == 4

    def test_a_script_that_somebody_holds_is_not_read_twice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dtlint.workspace.SCRIPTS_KEPT", 1)
        lay_out(tmp_path, {"a.py": TRAIN, "b.py": TRAIN})
        workspace = Workspace(tmp_path)
        held = workspace.script("a.py")
        workspace.script("b.py")
        assert workspace.script("a.py") is held
        workspace.overlaid("a.py", TRAIN * 2)
        changed = workspace.script("a.py")
        assert changed is not None
        assert held is not None
        assert len(changed.body) == 2 * len(held.body)

    def test_what_could_not_be_read_is_told_though_more_came_after_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dtlint.workspace.SCRIPTS_KEPT", 100)
        lay_out(tmp_path, {"broken.py": "def f(:\n", **{f"{name}.py": TRAIN * 2 for name in "abc"}})
        workspace = Workspace(tmp_path)
        for name in ("broken", "a", "b", "c"):
            workspace.script(f"{name}.py")
        assert [problem.at.path for problem in workspace.problems] == ["broken.py"]

    def test_a_changed_script_is_read_again_and_counted_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dtlint.workspace.SCRIPTS_KEPT", 100)
        lay_out(tmp_path, {"a.py": TRAIN, "b.py": TRAIN})
        workspace = Workspace(tmp_path)
        kept = workspace.script("b.py")
        for count in range(10):
            workspace.overlaid("a.py", f"{TRAIN}x = {count}\n")
            workspace.script("a.py")
        assert workspace.script("b.py") is kept
