"""Compose files: what each service runs and finds, against https://docs.docker.com/reference/compose-file/ ."""

from __future__ import annotations

import textwrap

import pytest
from memory_files import MemoryFiles

from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.test_jobs import TRAIN, variables

NAME = "compose.yaml"


def run(text: str, **others: str) -> Run:
    files = {"train.py": TRAIN, NAME: textwrap.dedent(text), **others}
    jobs = Jobs(
        files=MemoryFiles(files),
        shells=(),
        scripts=("train.py",),
        manifests=(NAME,),
        cluster=Cluster(absent(), absent()),
    )
    return next(found for found in jobs.runs() if found.root == NAME)


def service(lines: str, **others: str) -> Run:
    text = "services:\n  one:\n    image: python:3.11\n" + textwrap.indent(textwrap.dedent(lines), "    ")
    return run(text, **others)


@pytest.mark.parametrize(
    "command",
    [
        "command: python train.py --a 'b c'",
        "command: [python, train.py, --a, b c]",
        'command: >\n  python train.py\n  --a "b c"',
        "entrypoint: python\ncommand: train.py --a 'b c'",
        "entrypoint: [python, train.py]\ncommand: [--a, b c]",
    ],
)
def test_commands(command):
    (process,) = service(command).processes
    assert process.script == "train.py"
    assert [word.string for word in process.arguments] == ["--a", "b c"]


def test_a_shell_expands_what_is_left_for_it():
    found = service('environment: {X: "7"}\ncommand: bash -c "Y=$$X python train.py"')
    assert variables(found, "X", "Y") == [("7", "7")]


@pytest.mark.parametrize(
    "form", ["environment:\n  A: 1\n  B: ${B:-two}\n  C: ${C}\n", "environment: [A=1, 'B=${B:-two}', 'C=${C}']\n"]
)
def test_environment(form):
    found = service(
        form + "env_file: [more.env]\ncommand: python train.py", **{".env": "C='three'\n", "more.env": "A=9\nD=4\n"}
    )
    assert variables(found, "A", "B", "C", "D") == [("1", "two", "three", "4")]


def test_anchors_extends_and_overrides():
    found = run(
        """\
        x-base: &base
          image: python:3.11
          command: python train.py
          environment: {A: "1", B: "1"}
        services:
          one:
            <<: *base
          two:
            extends: one
            environment: {B: "2"}
        """,
        **{"compose.override.yaml": 'services:\n  one:\n    environment: {B: "3"}\n'},
    )
    assert variables(found, "A", "B") == [("1", "3"), ("1", "2")]


def test_the_dockerfile_of_the_build():
    text = "services:\n  one:\n    build: {context: .}\n  two:\n    build: .\n    command: python train.py x\n"
    found = run(text, Dockerfile='FROM python:3.11\nENV A=1\nCMD ["python", "train.py"]\n')
    assert [[word.string for word in process.arguments] for process in found.processes] == [[], ["x"]]
    assert variables(found, "A") == [("1",), ("1",)]


def test_services_that_meet_are_one_world_and_others_are_not():
    found = run(
        """\
        x-base: &base {image: python:3.11, command: python train.py}
        services:
          a: {<<: *base, environment: {MASTER_ADDR: a, RANK: "0"}}
          b: {<<: *base, environment: {MASTER_ADDR: a, RANK: "1"}}
          c: {image: python:3.11, command: python train.py board}
        """
    )
    (world,) = found.worlds
    assert [str(process.host.name) for process in world.processes] == ["a", "b"]
    assert len(found.processes) == 3
    assert world.size.integer == 2


@pytest.mark.parametrize(
    ("lines", "expected"),
    [("", 64 * 1024**2), ("shm_size: 2gb", 2 * 1024**3), ("ipc: host", None), ("volumes: ['/dev/shm:/dev/shm']", None)],
)
def test_shared_memory(lines, expected):
    assert service(f"{lines}\n").containers()[0].shared_memory.integer == expected


@pytest.mark.parametrize(
    ("device", "expected"),
    [("count: 2", 2), ("count: all", None), ("device_ids: ['0', '4', '5']", 3)],
)
def test_gpus(device, expected):
    text = (
        f"deploy:\n  resources:\n    reservations:\n      devices:\n        - capabilities: [gpu]\n          {device}\n"
    )
    assert service(text).containers()[0].gpus.integer == expected


def test_replicas_and_the_network_of_the_host():
    found = service("command: python train.py\nnetwork_mode: host\nscale: 3\n")
    first, *others = found.workloads[0].hosts
    assert len(others) == 2
    assert all(host.is_(first) for host in others)


def test_a_file_that_only_adds_to_another_is_none():
    jobs = Jobs(
        files=MemoryFiles({NAME: "services:\n  one:\n    command: python train.py\n"}),
        shells=(), scripts=(), manifests=(NAME,), cluster=Cluster(absent(), absent()),
    )  # fmt: skip
    assert not jobs.runs()


def test_a_script_that_calls_compose_may_set_what_it_likes():
    script = "export COUNT=4\nOTHER=1 docker compose up\n"
    lines = "environment: ['A=${COUNT:-1}', 'B=${FREE:-1}']\ncommand: python train.py"
    found = service(lines, **{"up.sh": script})
    assert variables(found, "A", "B") == [(None, "1")]
