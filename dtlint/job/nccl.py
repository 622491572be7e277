"""What NCCL reads from its environment, and what it makes of it.

Names: https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html and the source of releases 2.4 to 2.30.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job import c10d, spelling

_NUMBERS: Final = """
    ALLOC_P2P_NET_LL_BUFFERS BUFFSIZE CHECK_POINTERS COLLNET_ENABLE COLLNET_NODE_THRESHOLD COMM_BLOCKING CROSS_NIC
    CUMEM_ENABLE CUMEM_HOST_ENABLE DMABUF_ENABLE GDRCOPY_ENABLE GDR_FLUSH_DISABLE GRAPH_MIXING_SUPPORT
    GRAPH_REGISTER IB_ADAPTIVE_ROUTING IB_AR_THRESHOLD IB_CUDA_SUPPORT IB_DISABLE IB_GID_INDEX IB_MERGE_NICS
    IB_PCI_RELAXED_ORDERING IB_PKEY IB_QPS_PER_CONNECTION IB_RETRY_CNT IB_ROCE_VERSION_NUM IB_SL
    IB_SPLIT_DATA_ON_QPS IB_TC IB_TIMEOUT IB_USE_INLINE IGNORE_CPU_AFFINITY IGNORE_DISABLED_P2P LL128_BUFFSIZE
    LL_BUFFSIZE LL_THRESHOLD LOCAL_REGISTER MAX_CTAS MAX_NCHANNELS MAX_P2P_NCHANNELS MIN_CTAS MIN_NCHANNELS
    MIN_P2P_NCHANNELS MNNVL_ENABLE NCHANNELS_PER_NET_PEER NET_DISABLE_INTRA NET_GDR_READ NET_SHARED_BUFFERS
    NET_SHARED_COMMS NSOCKS_PERTHREAD NTHREADS NVB_DISABLE NVLS_ENABLE NVLS_NCHANNELS P2P_DIRECT_DISABLE
    P2P_DISABLE P2P_LL_THRESHOLD P2P_NET_CHUNKSIZE P2P_NVL_CHUNKSIZE P2P_PCI_CHUNKSIZE P2P_PXN_LEVEL PXN_DISABLE
    RAS_ENABLE RUNTIME_CONNECT SET_STACK_SIZE SHM_DISABLE SHM_USE_CUDA_MEMCPY SOCKET_NTHREADS TREE_THRESHOLD
    WORK_FIFO_BYTES
"""
"""Read by NCCL_PARAM, that is with strtoll (src/misc/param.cc)."""

_TEXTS: Final = """
    SOCKET_IFNAME SOCKET_FAMILY OOB_NET_IFNAME IB_HCA IB_ADDR_FAMILY IB_ADDR_RANGE DEBUG DEBUG_FILE DEBUG_SUBSYS
    NET NET_PLUGIN NET_GDR_LEVEL P2P_LEVEL ALGO PROTO LAUNCH_MODE TOPO_FILE TOPO_DUMP_FILE GRAPH_FILE
    GRAPH_DUMP_FILE COMM_ID HOSTID CONF_FILE TUNER_PLUGIN PROFILER_PLUGIN NVLS_CHUNKSIZE SOCKET_RETRY_CNT
    SOCKET_RETRY_SLEEP_MSEC
"""

NUMBERS: Final = frozenset(f"NCCL_{name}" for name in _NUMBERS.split())
NAMES: Final = NUMBERS | frozenset(f"NCCL_{name}" for name in _TEXTS.split())
"""Documented variables; NCCL and its plugins read others as well."""


ALGORITHMS: Final = frozenset(
    {"tree", "ring", "collnet", "collnetdirect", "collnetchain", "nvls", "nvlstree", "pat", "msccl", "sccl"}
)
"""`ncclAlgoStr` of releases 2.5 to 2.30, compared without case; the last two are Microsoft's."""

PROTOCOLS: Final = frozenset({"ll", "ll128", "simple"})

LEVELS: Final = frozenset({"LOC", "NVL", "NVB", "C2C", "PIX", "PXB", "P2C", "PXN", "PHB", "SYS"})
"""`topoPathTypeStr` up to SYS, compared with case; a number is one too (`ncclGetLevel` of src/graph/paths.cc)."""

DEBUG_LEVELS: Final = frozenset({"version", "warn", "info", "abort", "trace"})

_PARTS: Final = """
    init coll p2p shm net graph tuning env alloc alloc_host call proxy nvls bootstrap reg profile ras destroy all
"""
DEBUG_PARTS: Final = frozenset(_PARTS.split())
"""Words of NCCL_DEBUG_SUBSYS (src/debug.cc)."""

RANGES: Final = {
    "NCCL_BUFFSIZE": (1024, 2**31 - 1),
    "NCCL_CROSS_NIC": (0, 2),
    "NCCL_IB_GID_INDEX": (-1, 255),
    "NCCL_IB_QPS_PER_CONNECTION": (1, 128),
    "NCCL_IB_RETRY_CNT": (0, 7),
    "NCCL_IB_SL": (-1, 15),
    "NCCL_IB_TC": (-1, 255),
    "NCCL_IB_TIMEOUT": (0, 31),
    "NCCL_NSOCKS_PERTHREAD": (0, 64),
    "NCCL_NTHREADS": (64, 512),
    "NCCL_P2P_PXN_LEVEL": (0, 2),
    "NCCL_SOCKET_NTHREADS": (0, 16),
}
"""Least and greatest value; NCCL_BUFFSIZE counts bytes.

InfiniBand has 5 bits for the timeout, 3 for the retries, 4 for the service level, 8 for traffic class and index of the
address (ibv_modify_qp(3)); NCCL_IB_MAX_QPS of src/transport/net_ib/common.h, MAX_THREADS and MAX_SOCKETS of
src/transport/net_socket.cc, `getNthreads` of src/graph/tuning.cc, and the documentation for the others.
"""


def unknown_words(text: str, known: frozenset[str]) -> list[str]:
    """Words of a list as in NCCL_ALGO that NCCL does not know.

    `Ring,Tree`, `^NVLS`, `ring;allreduce:tree`: `parseList` of src/graph/tuning.cc, which takes no blanks away.
    """
    words = [word for part in text.split(";") for word in part.rpartition(":")[2].removeprefix("^").split(",")]
    return [word for word in words if word and word.lower() not in known]


def excludes(interfaces: str, name: str) -> bool:
    """A list with a caret in front leaves this interface out (`matchIfList` of src/misc/utils.cc)."""
    exact = interfaces.startswith("^=")
    entries = [entry.split(":")[0] for entry in interfaces.removeprefix("^").removeprefix("=").split(",")]
    return any(entry and (name == entry if exact else name.startswith(entry)) for entry in entries)


def never_matching(interfaces: str) -> list[str]:
    """Entries of a list of interfaces or adapters that no name begins with: NCCL splits at commas only, and knows the
    caret and the equals sign in front of the whole list, in this order."""
    rest = interfaces.removeprefix("^").removeprefix("=")
    return [entry for entry in rest.split(",") if _NO_NAME.search(entry)]


_NO_NAME: Final = re.compile(r"\s|^[\^=!]|^\d{1,3}(\.\d{1,3}){3}|[\[\]*;]")


def meant(name: str) -> str | None:
    """The documented variable that differs from `name` by one letter, two letters changed over, underscores, or a
    `TORCH_` in front that is missing or too much."""
    if name in NAMES or name in c10d.NAMES or name in c10d.OLD_NAMES:
        return None
    if name.startswith("TORCH_NCCL_") and name.removeprefix("TORCH_") in NAMES:
        return name.removeprefix("TORCH_")
    if f"TORCH_{name}" in c10d.NAMES and name not in _READ_ONCE:
        return f"TORCH_{name}"
    names = NAMES if name.startswith("NCCL_") else c10d.NAMES if name.startswith("TORCH_NCCL_") else frozenset()
    return spelling.meant(name, names)


_READ_ONCE: Final = frozenset({"NCCL_HIGH_PRIORITY", "NCCL_AVOID_RECORD_STREAMS", "NCCL_DEBUG_INFO_TEMP_FILE"})
"""Names that some release, fork or script may read as they are."""
