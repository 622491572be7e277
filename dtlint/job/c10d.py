"""What torch.distributed reads from its environment, and which values it refuses.

`getCvarBool` and `getCvarInt` of torch/csrc/distributed/c10d/Utils.hpp raise `Invalid value for environment variable`;
which variable is which: ProcessGroupNCCL.hpp and .cpp there, of PyTorch 2.2 to 2.13.  Before 2.2 they had no `TORCH_`
in front, and only 0 and 1 were taken.  `TORCH_DISTRIBUTED_DEBUG`: debug.cpp there, seen with 2.13.
"""

from __future__ import annotations

import re
from typing import Final

_SWITCHES: Final = """
    BLOCKING_WAIT CUDA_EVENT_CACHE DESYNC_DEBUG DUMP_ON_TIMEOUT ENABLE_MONITORING ENABLE_TIMING HIGH_PRIORITY NAN_CHECK
    PROPAGATE_ERROR RETHROW_CUDA_ERRORS
"""
_NUMBERS: Final = """
    ASYNC_ERROR_HANDLING COORD_CHECK_MILSEC HEARTBEAT_TIMEOUT_SEC RANKS_PER_ROOT TRACE_BUFFER_SIZE
    WAIT_TIMEOUT_DUMP_MILSEC
"""
_OTHERS: Final = """
    AVOID_RECORD_STREAMS BCAST_UNIQUEID DEBUG_INFO_TEMP_FILE DEBUG_INFO_PIPE_FILE EXTRA_DUMP_ON_EXEC
    LOG_CPP_STACK_ON_UNCLEAN_SHUTDOWN SHOW_EAGER_INIT_P2P_SERIALIZATION_WARNING TRACE_CPP_STACK
    USE_COMM_NONBLOCKING USE_TENSOR_REGISTER_ALLOCATOR_HOOK
"""
_OLD: Final = """
    ASYNC_ERROR_HANDLING BLOCKING_WAIT DESYNC_DEBUG ENABLE_TIMING USE_TENSOR_REGISTER_ALLOCATOR_HOOK
"""
"""Read without `TORCH_` too, with a warning that the name is deprecated."""

OLD_NAMES: Final = frozenset(f"NCCL_{name}" for name in _OLD.split())
SWITCHES: Final = frozenset(f"TORCH_NCCL_{name}" for name in _SWITCHES.split())
NUMBERS: Final = frozenset(f"TORCH_NCCL_{name}" for name in _NUMBERS.split())
NAMES: Final = SWITCHES | NUMBERS | frozenset(f"TORCH_NCCL_{name}" for name in _OTHERS.split())

_SWITCH: Final = frozenset({"y", "yes", "1", "t", "true", "n", "no", "0", "f", "false"})
_LEVELS: Final = ("OFF", "INFO", "DETAIL")
_NUMBER: Final = re.compile(r"\s*[+-]?\d+")


def refused(name: str, text: str) -> str | None:
    """What torch takes instead, where it refuses `text` for the variable `name`."""
    current = f"TORCH_{name}" if name in OLD_NAMES else name
    if current == "TORCH_DISTRIBUTED_DEBUG" and text.upper() not in _LEVELS:
        return "OFF, INFO or DETAIL"
    if current in SWITCHES and text and text.lower() not in _SWITCH:
        return "1 or 0"
    if current in NUMBERS and text and not _NUMBER.match(text):
        return "a number"
    return None
