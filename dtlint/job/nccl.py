"""What NCCL reads from its environment, and what it makes of it.

Names: https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html and the source of releases 2.4 to 2.30.
"""

from __future__ import annotations

from typing import Final

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


def meant(name: str) -> str | None:
    """The documented variable that differs from `name` by one letter, two letters changed over, or underscores."""
    if name in NAMES or not name.startswith("NCCL_"):
        return None
    plain = name.replace("_", "")
    near = [known for known in sorted(NAMES) if _near(plain, known.replace("_", ""))]
    return near[0] if len(near) == 1 else None


def _near(left: str, right: str) -> bool:
    if len(left) == len(right):
        apart = [i for i, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]
        changed_over = len(apart) == 2 and left[apart[0]] == right[apart[1]] and left[apart[1]] == right[apart[0]]
        return len(apart) <= 1 or changed_over
    if len(left) > len(right):
        left, right = right, left
    return len(right) - len(left) == 1 and any(right[:i] + right[i + 1 :] == left for i in range(len(right)))
