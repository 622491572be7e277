"""How XLA reads flags from its environment: `SetArgvFromEnv`, `ParseArgvFromString` and
`ParseFlagsFromEnvAndDieIfUnknown` of xla/parse_flags_from_env.cc of https://github.com/openxla/xla.

Text that does not begin with a dash is the name of a file with flags, and the process ends where that cannot be opened.
The words of the text are flags up to the first one that does not begin with a dash; the rest is passed over.  A flag
that it does not know ends the process; which there are depends on the release.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.spelling import meant

VARIABLES: Final = frozenset({"XLA_FLAGS", "TF_XLA_FLAGS"})
_FLAG: Final = re.compile(r"-[-\w]*(?:=\"(?:\\.|[^\"\\])*\"?|='[^']*'?|[^ \t\r\n]*)", re.ASCII)
_SPACE: Final = re.compile(r"[ \t\r\n]*")

_DOCUMENTED: Final = """
    xla_disable_hlo_passes xla_dump_hlo_as_proto xla_dump_hlo_as_text xla_dump_hlo_pass_re xla_dump_to
    xla_force_host_platform_device_count xla_gpu_all_gather_combine_threshold_bytes
    xla_gpu_all_reduce_combine_threshold_bytes xla_gpu_autotune_level xla_gpu_cuda_data_dir xla_gpu_deterministic_ops
    xla_gpu_enable_command_buffer xla_gpu_enable_latency_hiding_scheduler xla_gpu_enable_pipelined_all_gather
    xla_gpu_enable_pipelined_all_reduce xla_gpu_enable_pipelined_reduce_scatter xla_gpu_enable_triton_gemm
    xla_gpu_enable_while_loop_double_buffering xla_gpu_memory_limit_slop_factor
    xla_gpu_reduce_scatter_combine_threshold_bytes xla_gpu_triton_gemm_any
"""
DOCUMENTED: Final = frozenset(_DOCUMENTED.split())
"""Flags of https://docs.jax.dev/en/latest/gpu_performance_tips.html, https://docs.jax.dev/en/latest/xla_flags.html and
https://docs.nvidia.com/jax-toolbox/performance-profiling/gpu-performance; there are many more."""


def taken_for_file(text: str) -> bool:
    """It names a file, though nobody calls a file so."""
    begun = text.strip()
    return bool(begun) and not begun.startswith("-") and (begun.startswith("xla_") or "=" in begun)


def unread(text: str) -> str:
    """What XLA passes over behind the flags that it reads; empty where it reads all of them."""
    place = _end(_SPACE.match(text), 0)
    if not text.startswith("-", place):
        return ""
    while text.startswith("-", place):
        place = _end(_FLAG.match(text, place), place + 1)
        place = _end(_SPACE.match(text, place), place)
    return text[place:].rstrip()


def _end(found: re.Match[str] | None, otherwise: int) -> int:
    return found.end() if found is not None else otherwise


def misspelt(text: str) -> list[tuple[str, str]]:
    """Flags that are near to a documented one, each with that."""
    names = [word.lstrip("-").partition("=")[0] for word in text.split() if word.startswith("-")]
    near = ((name, meant(name, DOCUMENTED)) for name in names)
    return [(name, known) for name, known in near if known is not None]
