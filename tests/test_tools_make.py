"""Makefiles: what the shells of a recipe get, held against GNU make; and the jobs that targets start."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles

from dtlint.engine import lint
from dtlint.facts.makefile import Plain
from dtlint.read.makefile import read
from dtlint.run.environment import Environment
from dtlint.run.host import unknown_host
from dtlint.run.word import Exec, plain
from dtlint.source import Source, Span
from dtlint.tools.make import Recipe, recipe
from dtlint.value import absent, known, unknown

MAKE = shutil.which("make")
AT = Span("job.sh", 0, 0)


def made(text: str, *words: str, environment: Environment | None = None) -> Recipe | None:
    files = MemoryFiles({"Makefile": text})
    argv = tuple(plain(word, AT) for word in ("make", *words))
    finds = environment or Environment(closed=False)
    return recipe(Exec(argv, finds, known("."), AT, unknown_host(0, "test")), "make", files)


def text_of(found: Recipe | None) -> str:
    assert found is not None
    assert found.shell.text is not None
    return found.shell.text.value.string or "unknown"


class TestTexts:
    @pytest.mark.parametrize(
        ("makefile", "text"),
        [
            ("N = 4\nt:\n\trun -n $(N)\n", "run -n 4\n"),
            ("A = $(B)\nB = late\nt:\n\techo $(A) ${B}\n", "echo late late\n"),
            ("B = early\nA := $(B)\nB = late\nt:\n\techo $(A)\n", "echo early\n"),
            ("A = 1\nA ?= 2\nt:\n\techo $A\n", "echo 1\n"),
            ("A = -x\nA += -y\nt:\n\trun $(A)\n", "run -x -y\n"),
            ("t:\n\t@-echo $$HOME\n", "echo $HOME\n"),
            ("t: ; run here\n", "run here\n"),
            ("t:\n\trun --a \\\n\t  --b\n", "run --a \\\n  --b\n"),
            ("A = 1 \\\n    2\nt:\n\trun $(A)\n", "run 1 2\n"),
            ("A = 1# the first\nt:\n\trun $(A)\n", "run 1\n"),
            ("t: A = 2\nA = 1\nt:\n\trun $(A)\n", "run 2\n"),
            ("t: data\n\ttrain $@\ndata:\n\tload\n", "load\ntrain t\n"),
            (".PHONY: t\nt:\n\trun\n\n# a remark\n\tagain\n", "run\nagain\n"),
        ],
    )
    def test_what_the_shell_gets(self, makefile: str, text: str) -> None:
        assert text_of(made(makefile, "t")) == text

    def test_each_line_has_a_shell_of_its_own(self) -> None:
        assert text_of(made("t:\n\tcd data\n\ttrain\n")) == "(\ncd data\n)\ntrain\n"
        assert text_of(made(".ONESHELL:\nt:\n\tcd data\n\ttrain\n")) == "cd data\ntrain\n"

    @pytest.mark.parametrize(
        "makefile",
        [
            "A = $(shell nproc)\nt:\n\trun $(A)\n",
            "A != nproc\nt:\n\trun $(A)\n",
            "ifdef BIG\nA = 8\nelse\nA = 1\nendif\nt:\n\trun $(A)\n",
            "include local.mk\nA ?= 8\nt:\n\trun $(A)\n",
            "define A\n8\nendef\nt:\n\trun $(A)\n",
            "A = $(A)\nt:\n\trun $(A)\n",
            "t:\n\trun $(words $(LIST))\n",
            "t:\n\trun $(NOBODY_SETS_IT)\n",
        ],
    )
    def test_what_is_not_known(self, makefile: str) -> None:
        assert text_of(made(makefile, "t")) == "unknown"

    @pytest.mark.parametrize(
        ("makefile", "words"),
        [
            ("t:\n\trun\n", ("other",)),
            ("t:\n\trun\n", ("-n", "t")),
            ("t:\nifdef X\n\trun\nendif\n", ("t",)),
            ("t:\n\trun\n", ("-C", "elsewhere", "t")),
            ("", ()),
        ],
    )
    def test_where_nothing_is_claimed(self, makefile: str, words: tuple[str, ...]) -> None:
        assert made(makefile, *words) is None


class TestVariables:
    def test_the_command_line_wins_and_is_handed_on(self) -> None:
        found = made("N = 4\nt:\n\trun $(N)\n", "t", "N=8")
        assert text_of(found) == "run 8\n"
        assert found is not None
        assert found.exec.environment.get("N").string == "8"

    def test_the_environment_wins_over_a_default_alone(self) -> None:
        given = Environment({"N": known("8"), "M": known("8")})
        assert text_of(made("N ?= 4\nM = 4\nt:\n\trun $(N) $(M)\n", environment=given)) == "run 8 4\n"

    def test_exported_ones_are_found_by_the_shells(self) -> None:
        found = made("export A = 1\nB = 2\nexport B\nC = 3\nt:\n\trun\n")
        assert found is not None
        environment = found.exec.environment
        assert (environment.get("A").string, environment.get("B").string) == ("1", "2")
        assert environment.get("C").is_unknown

    def test_what_is_set_for_a_target_holds_for_what_it_needs(self) -> None:
        makefile = "N = 4\nbig: N = 8\nbig: run\nrun:\n\ttrain -n $(N)\n"
        assert text_of(made(makefile, "big")) == "train -n 8\n"
        assert text_of(made(makefile, "run")) == "train -n 4\n"
        assert text_of(made(makefile, "big", "run")) == "train -n 8\n", "what was made is not made again"

    def test_what_a_target_exports_is_not_seen_beside_it(self) -> None:
        makefile = "t: export A = 1\nt:\n\trun\nu:\n\tother\n"
        assert text_of(made(makefile, "t", "u")) == "(\nexport A=1\nrun\n)\nother\n"
        assert text_of(made("t: export A = 1 2\nt:\n\trun\n")) == "unknown"

    def test_an_override_wins_over_the_command_line(self) -> None:
        assert text_of(made("override N = 4\nt:\n\trun $(N)\n", "t", "N=8")) == "run 4\n"

    def test_the_command_line_reaches_a_make_that_is_called(self) -> None:
        above = made("t:\n\t$(MAKE) u\n", "t", "N=8")
        assert above is not None
        assert text_of(made("N = 4\nu:\n\trun $(N)\n", "u", environment=above.exec.environment)) == "run 8\n"
        unsure = Environment({"MAKEFLAGS": unknown("$MAKEFLAGS", key="flags")})
        assert made("N = 4\nu:\n\trun $(N)\n", "u", environment=unsure) is None

    def test_the_number_of_jobs_is_no_target(self) -> None:
        assert text_of(made("t:\n\trun\n", "-j", "4", "t")) == "run\n"

    def test_a_variable_that_is_surely_not_there_leaves_the_default(self) -> None:
        gone = Environment({"LOCAL_RANK": absent()})
        assert text_of(made("LOCAL_RANK ?= 0\nt:\n\trun $(LOCAL_RANK)\n", environment=gone)) == "run 0\n"

    def test_text_keeps_its_place(self) -> None:
        makefile = "N = 4\nt:\n\trun -n $(N)\n"
        found = made(makefile)
        assert found is not None
        assert found.shell.text is not None
        places = {str(piece.content): makefile[piece.at.start : piece.at.end] for piece in found.shell.text.pieces}
        assert places["run -n "] == "run -n "
        assert places["4"] == "4"


NAMES = st.sampled_from(("A", "B", "C"))
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(("x", "y", " ", "1", "\\\n\t", "#k")),
        NAMES.map(lambda name: f"$({name})"),
        NAMES.map(lambda name: f"${{{name}}}"),
    ),
    max_size=4,
).map("".join)
ASSIGNMENTS = st.tuples(
    st.sampled_from(("", "", "t: ", "override ", "export ", "t: override ", "t: export ")),
    NAMES,
    st.sampled_from(("=", ":=", "?=", "+=", "::=")),
    TEXTS,
).map(lambda parts: f"{parts[0]}{parts[1]} {parts[2]} {parts[3]}\n")
GIVEN = st.sampled_from(((), (), ("A=7",), ("B=x y", "C=")))


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ASSIGNMENTS, max_size=6), TEXTS.filter(lambda text: "#" not in text and "\n" not in text), GIVEN)
def test_make_says_the_same(assignments: list[str], command: str, given: tuple[str, ...]) -> None:
    """What `make -n` prints is what the shell would get; where we know it, it must be that, but for what we put around
    it for a target that exports."""
    assert MAKE is not None
    makefile = "".join(assignments) + f"t:\n\techo '{command}'\n"
    found = made(makefile, "t", *given, environment=Environment({}, whole=True))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Makefile").write_text(makefile)
        done = subprocess.run(
            [MAKE, "-n", "t", *given], capture_output=True, text=True, timeout=20, check=False, cwd=folder, env={}
        )
    if done.returncode or "unknown" in (ours := text_of(found)):
        return
    own = (
        ours
        if not ours.startswith("(\n")
        else "".join(line for line in ours.splitlines(keepends=True)[1:-1] if not line.startswith("export "))
    )
    assert own == done.stdout


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (
                "A",
                "=",
                ":=",
                "?=",
                "$(A)",
                "${",
                "$(",
                ")",
                "$$",
                "$",
                "\n",
                "\n\t",
                "\\\n",
                "t",
                ":",
                "::",
                ";",
                "#",
                " ",
                "ifeq (a,b)",
                "endif",
                "define X",
                "endef",
                "include y",
                "export",
                ".ONESHELL:",
                "%",
                "\r\n",
                "é",
                "|",
            )
        ),
        max_size=30,
    ).map("".join)
)
def test_any_text_can_be_read(text: str) -> None:
    """Each part stands where it says, and each exact one letter for letter."""
    makefile = read(Source("Makefile", text))
    commands = [part for rule in makefile.rules for command in rule.commands for part in command]
    for part in (*commands, *(part for one in makefile.assignments for part in one.parts)):
        assert 0 <= part.at.start <= part.at.end <= len(text)
        if isinstance(part, Plain) and part.exact:
            assert text[part.at.start : part.at.end] == part.text
    for name in ("t", "A"):
        made(text, name)


class TestJobs:
    TRAIN = "import torch.distributed as dist\ndist.init_process_group('gloo')\ndist.destroy_process_group()\n"

    def lint(self, folder: Path, **files: str) -> list[tuple[str, str, int]]:
        for name, text in {"train.py": self.TRAIN, **files}.items():
            (folder / name.replace("__", ".")).write_text(text)
        report = lint([folder], cache=False)
        found = []
        for one in report.diagnostics:
            source = report.sources(one.at.path)
            assert source is not None
            found.append((one.rule, one.at.path, source.position(one.at.start).line))
        return found

    def test_a_target_is_a_job(self, tmp_path: Path) -> None:
        makefile = "PORT = 70000\ntrain:\n\ttorchrun --nproc_per_node=2 --master_port=$(PORT) train.py\n"
        assert self.lint(tmp_path, Makefile=makefile) == [("port-out-of-range", "Makefile", 1)]

    def test_a_script_that_makes_a_target_is_the_job(self, tmp_path: Path) -> None:
        makefile = "PORT ?= 29500\ntrain:\n\ttorchrun --nproc_per_node=2 --master_port=$(PORT) train.py\n"
        script = "#!/bin/bash\nmake train PORT=70000\n"
        assert self.lint(tmp_path, Makefile=makefile) == []
        assert self.lint(tmp_path, Makefile=makefile, job__sh=script) == [("port-out-of-range", "Makefile", 3)]

    def test_a_comment_suppresses(self, tmp_path: Path) -> None:
        makefile = "train:\n# dtlint: ignore[port-out-of-range] it is cut\n\ttorchrun --master_port=70000 train.py\n"
        assert self.lint(tmp_path, Makefile=makefile) == []


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("echo $$(( 2 * 4 ))", "8"),
        ("echo \"$$(( ($(N) + 1) * 4 ))\"", "12"),
        ("expr $(N) \\* 4", "8"),
        ("expr 9 / $(N)", "4"),
        ("echo $$(( 1 - $(N) ))", "unknown"),
        ("echo $$(( 2 ** 40 ))", "unknown"),
        ("echo $$(( 1 / 0 ))", "unknown"),
        ("nproc", "unknown"),
        ("echo $$(( $(M) + 1 ))", "unknown"),
    ],
)
def test_what_a_shell_reckons_for_make_is_known(called: str, expected: str) -> None:
    assert text_of(made(f"N := 2\nall:\n\techo $(shell {called})\n")).strip().removeprefix("echo ") == expected
