"""`axolotl train`, which starts accelerate or torchrun for `axolotl.cli.train`.

`train` of src/axolotl/cli/main.py and `launch_training` of src/axolotl/cli/utils/train.py of axolotl 0.18
(https://github.com/axolotl-ai-cloud/axolotl): options that the command does not have go to the launcher, those of its
configuration to the training script.  accelerate starts a process for each GPU of the host unless it is told a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dtlint.job.launch import Launch
from dtlint.job.site import Site
from dtlint.run.word import Exec, Piece, Word, plain
from dtlint.tools import accelerate, torchrun
from dtlint.tools.axolotl_config import TRAIN
from dtlint.tools.options import Options, parse
from dtlint.value import Kind, Reach, unknown

COMMANDS = frozenset({"axolotl"})
MODULES = frozenset({"axolotl.cli.main"})

_ELSEWHERE: Final = ("--cloud", "--sweep", "--use-ray", "--use_ray")
"""With these something else is started, or several trainings one after the other."""
_FOR_LAUNCHERS: Final = frozenset(
    ("num_processes", "num_machines", "machine_rank", "main_process_ip", "main_process_port", "config_file", "gpu_ids",
     "nnodes", "nproc_per_node", "node_rank", "master_addr", "master_port", "rdzv_backend", "rdzv_endpoint", "rdzv_id")
)  # fmt: skip
"""Options of the launchers that no setting of the configuration is called by; each has a value."""


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    if not words or words[0].string != "train":
        return None
    read = _read(words[1:])
    if read is None:
        return None
    launcher, launching, script = read
    program = (plain("-m", exec.at), plain(TRAIN, exec.at), *script)
    if launcher == "accelerate":
        return accelerate.spawn(exec, (plain("launch", exec.at), *launching, *program), "accelerate", site)
    if launcher == "torchrun":
        words = (*launching, *_meeting(launching, parse((*launching, *program), torchrun.SPEC), exec), *program)
        return torchrun.spawn(exec, words, "torchrun", site)
    return None


def _read(words: Sequence[Word]) -> tuple[str, list[Word], list[Word]] | None:
    """The launcher, its options, and what the script gets; None where a word is not known, or something else runs."""
    launcher, config = "accelerate", None
    launching: list[Word] = []
    script: list[Word] = []
    index = 0
    while index < len(words):
        word = words[index]
        following = words[index + 1] if index + 1 < len(words) else None
        index += 1
        name, equals, _ = word.head.partition("=")
        if word.string == "--":
            launching += words[index:]
            break
        if not name.startswith("-"):
            # The configuration is the one positional word; one that is not known and stands elsewhere may be options.
            if config is not None or word.many:
                return None
            config = word
            continue
        if name in _ELSEWHERE or (not equals and word.string is None):
            return None
        value = word.cut(len(name) + 1) if equals else following
        if name == "--launcher":
            if value is None or value.string is None:
                return None
            launcher = value.string
            index += not equals
        elif config is None and not equals:
            return None  # whether the next word is its value nobody knows
        elif name.lstrip("-").replace("-", "_") in _FOR_LAUNCHERS:
            if config is None:
                return None  # it would be taken for the configuration
            launching.append(word)
            if not equals and following is not None:
                launching.append(following)
                index += 1
        else:
            script.append(word)
            if not equals and following is not None and not following.head.startswith("-"):
                script.append(following)
                index += 1
    return None if config is None else (launcher, launching, [config, *script])


def _meeting(launching: Sequence[Word], options: Options, exec: Exec) -> tuple[Word, ...]:
    """What `_add_default_rdzv_args` adds to an endpoint: c10d, and an id that each host draws for itself.

    It knows these options only with underscores.
    """

    def given(name: str) -> bool:
        return any(name in word.head for word in launching)

    if not given("--rdzv_endpoint"):
        return ()
    backend = () if given("--rdzv_backend") else (plain("--rdzv_backend=c10d", exec.at),)
    if given("--rdzv_id") or options.hidden:
        return backend
    key = ("axolotl id", exec.at, exec.host.index)
    drawn = unknown("an id that axolotl draws", key=key, kind=Kind.CHANCE, reach=Reach.PROCESS)
    return (*backend, Word((Piece("--rdzv_id=", exec.at), Piece(drawn, exec.at)), exec.at, "axolotl draws --rdzv_id"))
