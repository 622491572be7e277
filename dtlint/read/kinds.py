"""What kind of file one has before it is read: by its name, and by a glance at its first bytes."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import Final


class Kind(enum.Enum):
    PYTHON = "python"
    SHELL = "shell"
    YAML = "yaml"
    JSON = "json"
    TOML = "toml"
    DOCKERFILE = "dockerfile"
    MAKEFILE = "makefile"
    DOTENV = "dotenv"
    HOSTFILE = "hostfile"
    PINS = "pins"
    """Requirements and lock files; TOML and YAML files that hold pins are of their own kind."""
    MARKDOWN = "markdown"
    NOTEBOOK = "notebook"


COMMAND: Final = "<command>"
"""The name of the file in which a command line stands that nobody wrote into one."""
ENVIRONMENT: Final = "<environment>"
"""The name of the file in which the environment of a process stands, a line for each variable."""

GLANCE: Final = 4096
"""Bytes that `by_content` wants to see."""

_EXTENSIONS: Final = {
    **dict.fromkeys(("py", "pyw", "pyi"), Kind.PYTHON),
    **dict.fromkeys(("sh", "bash", "slurm", "sbatch", "sub", "job", "pbs", "submit", "ksh", "zsh"), Kind.SHELL),
    **dict.fromkeys(("yaml", "yml"), Kind.YAML),
    **dict.fromkeys(("json", "jsonc", "json5"), Kind.JSON),
    "toml": Kind.TOML,
    "dockerfile": Kind.DOCKERFILE,
    "mk": Kind.MAKEFILE,
    "env": Kind.DOTENV,
    **dict.fromkeys(("md", "markdown", "rst", "mdx"), Kind.MARKDOWN),
    "ipynb": Kind.NOTEBOOK,
}
EXTENSIONS: Final = tuple(_EXTENSIONS)
"""Those that tell the kind of a file."""
_RENDERED: Final = re.compile(r"[.-](?:template|tmpl|tpl|j2|jinja2?|in|example|sample|dist)$")
_DOCKERFILE: Final = re.compile(r"(?:dockerfile|containerfile)(?:[._-].*)?|.*[._-](?:dockerfile|containerfile)")
_MAKEFILE: Final = re.compile(r"(?:gnu)?makefile(?:[._-].*)?")
_DOTENV: Final = re.compile(r"\.env(?:[._-].+)?")
_PINS: Final = re.compile(
    r"(?:.*[_-])?requirements?(?:[._-].*)?\.(?:txt|in|pip)|constraints?(?:[._-].*)?\.txt|(?:uv|poetry|pdm)\.lock"
)
_HOSTFILE: Final = re.compile(
    r"(?:.*hosts?|.*hostfile|.*host_?list|.*machine_?files?|.*node_?(?:file|list)|ip_config|mpi_hosts)(?:[._-]?\w*)?"
)
_PLAIN: Final = frozenset(("", "txt", "list", "cfg", "conf", "cluster"))
"""Extensions that say nothing."""
_HOSTS_EXTENSIONS: Final = frozenset(("", "txt", "list", "hosts", "hostfile", "cfg", "conf"))

_OTHERS: Final = """
    c cc cpp cxx h hh hpp cu cuh rs go java js jsx ts tsx css scss html htm svg xml csv tsv jsonl png jpg jpeg gif bmp
    ico pdf pt pth bin onnx safetensors npy npz pkl pickle h5 hdf5 so a o dll dylib pyc pyd whl gz tgz zip tar bz2 xz
    zst parquet arrow wav mp3 flac mp4 avi mov ttf otf woff woff2 eot model spm bpe vocab lock log proto cmake diff
    patch rb php pl lua r jl scala kt swift tex bib sql tf hcl ini po pot map wasm exe mlir ll
"""
_OTHER_LANGUAGES: Final = frozenset(_OTHERS.split())
"""Files with these extensions are not even glanced at."""

_SHEBANG: Final = re.compile(rb"#![^\n]*\b(ba|da|z|k)?sh\b")
_PYTHON_SHEBANG: Final = re.compile(rb"#![^\n]*\bpython")
_HEADER: Final = re.compile(rb"^#(?:SBATCH|PBS|BSUB|\$) +-", re.MULTILINE)

_WORDS: Final = r"""
    istributed istribute\. torchrun deepspeed accelerate ccelerator horovod hvd\. FSDP fully_shard DataParallel
    DeviceMesh device_mesh ightning Trainer TrainingArguments process_group LOCAL_RANK local_rank WORLD_SIZE world_size
    RANK jax\.process pmap mesh_utils import\ ray from\ ray ray\.init olossal composer egatron SLURM_ OMPI_ PET_
    MASTER_ADDR MASTER_PORT TF_CONFIG CUDA_VISIBLE_DEVICES nccl NCCL_ gloo mpi4py byteps fairscale mp\.spawn
    multiprocessing init_method torch_xla cuda:[0-9] jax\.sharding make_mesh sagemaker\. verl\.trainer
    tensor_parallel_size
"""
"""Words of distributed training, as regular expressions; first letters in either case are left out."""


def _any_of(words: Iterable[str]) -> re.Pattern[bytes]:
    """Words grouped by their first letter, which makes the search half as long again as fast."""
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(word[0], []).append(word[1:])
    return re.compile("|".join(f"{first}(?:{'|'.join(rests)})" for first, rests in groups.items()).encode())


_MENTIONS: Final = _any_of(re.split(r"(?<!\\)\s+", _WORDS.strip()))


SCREEN: Final = _MENTIONS.pattern.decode()
"""Names this screen: another one may come to another result."""


def by_name(path: str) -> Kind | None:
    """The kind that the name of a file tells; None where the name says nothing or something else."""
    name = path.rpartition("/")[2].lower()
    if name == COMMAND:
        return Kind.SHELL
    name = _inner(name)
    if _DOCKERFILE.fullmatch(name):
        return Kind.DOCKERFILE
    if _MAKEFILE.fullmatch(name) and not name.endswith((".py", ".am", ".pl")):
        return Kind.MAKEFILE
    if _DOTENV.fullmatch(name):
        return Kind.DOTENV
    if _PINS.fullmatch(name):
        return Kind.PINS
    extension = name.rpartition(".")[2] if "." in name[1:] else ""
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    if extension in _HOSTS_EXTENSIONS and _HOSTFILE.fullmatch(name):
        return Kind.HOSTFILE
    return None


def is_foreign(path: str) -> bool:
    """The name says that the file is of a kind that is never read."""
    name = path.rpartition("/")[2].lower()
    return by_name(path) is None and "." in name[1:] and name.rpartition(".")[2] in _OTHER_LANGUAGES


def by_content(head: bytes) -> Kind | None:
    """The kind that the first `GLANCE` bytes of a file tell."""
    if b"\0" in head:
        return None
    if _PYTHON_SHEBANG.match(head):
        return Kind.PYTHON
    if _SHEBANG.match(head) or _HEADER.search(head):
        return Kind.SHELL
    return None


def document_kind(path: str, text: str) -> Kind | None:
    """How a file that somebody calls a configuration is to be read, whatever its name."""
    named = by_name(path)
    if named is not None:
        return named
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return Kind.JSON
    if re.search(r"^[\w.-]+[ \t]+slots[ \t]*=", text, re.MULTILINE):
        return Kind.HOSTFILE
    if re.search(r"^\s*[\w.-]+:(?:\s|$)", text, re.MULTILINE):
        return Kind.YAML
    return None


def has_pins(path: str) -> bool:
    """Files in which versions may be pinned."""
    name = path.rpartition("/")[2].lower()
    kind = by_name(path)
    return (
        kind in (Kind.PINS, Kind.DOCKERFILE)
        or name == "pyproject.toml"
        or re.fullmatch(r"(?:.*[._-])?(?:environment|env|conda)(?:[._-].*)?\.ya?ml", name) is not None
    )


def mentions_distribution(content: bytes) -> bool:
    """Whether a Python file mentions distributed training at all; most do not, and need not be parsed."""
    return _MENTIONS.search(content) is not None


def _inner(name: str) -> str:
    """The name of what a template makes: `job.yaml` for `job.yaml.j2`."""
    found = _RENDERED.search(name)
    if found is None or found.start() == 0:
        return name
    inner = name[: found.start()]
    # `requirements.in` is no template of `requirements`.
    return inner if "." in inner[1:] or "dockerfile" in inner else name
