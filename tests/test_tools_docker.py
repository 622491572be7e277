"""`docker run`: the container, what it runs, and what its processes find, against Docker's documentation."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, runs, variables

FILES = {
    "train.py": TRAIN,
    "Dockerfile": "FROM python:3.11\nENV LEVEL=info\nWORKDIR /app\nCOPY . .\n",
    "job.env": '# a comment\nA=1\n\nB="two"\nC\n',
}
GIBIBYTE = 1024**3


def job(command: str, **files: str):
    named = {name.replace("_", ".", 1): text for name, text in files.items()}
    jobs = runs({**FILES, **named, "run.sh": f"export C=3\n{command}\n"})
    return next(job for job in jobs if job.root == "run.sh")


def container(options: str):
    return job(f"docker run {options} image python train.py").containers()[0]


@pytest.mark.parametrize(
    "command",
    [
        "docker run --rm -it image python train.py",
        "sudo docker run -itd -v $PWD:/app -w/app -p 80:80 -eA=1 --rm=true image:2 python train.py",
        "docker --context far container run --gpus all --ulimit memlock=-1 image bash -c 'python train.py'",
        "podman run --replace --device nvidia.com/gpu=all image python train.py",
        "nvidia-docker run -h name --name n image python train.py",
        "nerdctl run --net host image torchrun --standalone --nproc_per_node=1 train.py",
        "docker run --rm $IMAGE python train.py",
        "docker run --entrypoint python image train.py",
        "docker run -d --name n image sleep 9 && docker exec -w /app n python train.py",
        "docker build -t mine . && docker run mine python train.py",
    ],
)
def test_the_script_is_found(command):
    assert {process.script for process in job(command).processes} == {"train.py"}


@pytest.mark.parametrize(
    "last",
    [
        'CMD ["python", "train.py"]',
        "CMD python train.py",
        'ENTRYPOINT ["python"]\nCMD ["train.py"]',
        'CMD ["other.py"]\nENTRYPOINT ["python", "train.py"]',
        "ENTRYPOINT exec python train.py",
    ],
)
def test_the_dockerfile_says_what_runs(last):
    text = FILES["Dockerfile"] + last + "\n"
    found = job("docker build -t mine:dev .\ndocker run mine:dev", Dockerfile=text)
    assert [process.script for process in found.processes] == ["train.py"]


def test_words_take_the_place_of_cmd_and_follow_the_entrypoint():
    text = FILES["Dockerfile"] + 'ENTRYPOINT ["python", "train.py"]\nCMD ["--a"]\n'
    (process,) = job("docker build -t mine . ; docker run mine --b 2", Dockerfile=text).processes
    assert [word.string for word in process.arguments] == ["--b", "2"]


def test_an_image_that_is_not_read_leaves_the_run_incomplete():
    found = job("docker run --gpus all registry.example.org/image")
    assert not found.complete
    assert not found.processes
    assert found.containers()


def test_the_environment_is_that_of_the_image_and_the_options():
    command = "docker build -t mine . \ndocker run --env-file job.env -e D=4 -e A=5 -e C mine python train.py"
    found = job(command)
    assert variables(found, "A", "B", "C", "D", "LEVEL") == [("5", '"two"', "3", "4", "info")]
    (process,) = found.processes
    assert process.environment.get("RANK").is_absent


def test_what_the_shell_exports_stays_outside():
    found = job("docker run python:3.11 python train.py")
    assert variables(found, "C") == [(None,)]
    (process,) = found.processes
    assert process.host.container.outside["C"].string == "3"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", 64 * 1024**2),
        ("--shm-size 2g", 2 * GIBIBYTE),
        ("--shm-size=512M", 512 * 1024**2),
        ("--ipc private", 64 * 1024**2),
    ],
)
def test_shared_memory(options, expected):
    assert container(options).shared_memory.integer == expected


@pytest.mark.parametrize(
    "options", ["--ipc=host", "-v /dev/shm:/dev/shm", "--mount type=tmpfs,dst=/dev/shm", "--ipc=container:x", "$MORE"]
)
def test_shared_memory_of_another_size(options):
    assert container(options).shared_memory.integer is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--gpus 2", 2),
        ("--gpus '\"device=0,3\"'", 2),
        ("--gpus device=1", 1),
        ("--gpus count=4", 4),
        ("--gpus all", None),
    ],
)
def test_gpus(options, expected):
    assert container(options).gpus.integer == expected


def test_ports():
    found = container("-p 80:8080 -p 127.0.0.1:90:9090/tcp -p 70 -p 5-6:15-16 -p 1:1/udp").published
    pairs = [(port.host.integer, port.container.integer) for port in found]
    assert pairs == [(80, 8080), (90, 9090), (None, 70), (5, 15), (6, 16)]


def test_a_network_of_its_own_has_names():
    named = job("docker run --network lab --name one --network-alias first image python train.py").processes[0].host
    assert [str(name) for name in named.names] == ["one", "first"]
    bridged = job("docker run --name one image python train.py").processes[0].host
    assert not bridged.names


def test_with_the_network_of_the_host_it_is_the_host():
    found = job("docker run --network host image python train.py\ndocker run image python train.py")
    first, second = (process.host for process in found.processes)
    outside = found.launches[0].host
    assert first.is_(outside)
    assert not second.is_(outside)
