"""What UCX and libfabric read from their environment; both pass over what they do not know.

UCX: names of variables as its documentation uses them (https://openucx.readthedocs.io), transports and their aliases as
in `ucp_tl_aliases` of src/ucp/core/ucp_context.c and the `UCT_TL_DEFINE` of src/uct (1.20) of
https://github.com/openucx/ucx.  A transport that it does not have gives a warning and is left out.
libfabric: fabric(7), fi_efa(7), fi_provider(7) and prov/efa/src/efa_env.c of https://github.com/ofiwg/libfabric (2.x);
providers are compared without case, in lists with commas and semicolons (`ofi_create_filter` of src/fabric.c).
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.spelling import meant

_UCX: Final = """
    CUDA_IPC_CACHE ERROR_SIGNALS HANDLE_ERRORS IB_GID_INDEX IB_GPU_DIRECT_RDMA IB_NUM_PATHS IB_PCI_RELAXED_ORDERING
    IB_TRAFFIC_CLASS LOG_LEVEL MAX_EAGER_RAILS MAX_RNDV_RAILS MEMTYPE_CACHE NET_DEVICES PROTO_ENABLE PROTO_INFO
    RNDV_SCHEME RNDV_THRESH SOCKADDR_TLS_PRIORITY TLS WARN_UNUSED_ENV_VARS ZCOPY_THRESH
"""
_EFA: Final = """
    CQ_SIZE EFA_CQ_READ_SIZE ENABLE_SHM_TRANSFER FORK_SAFE IFACE IMPLICIT_AV_SIZE INTERNAL_RX_REFILL_THRESHOLD
    INTER_MAX_GDRCOPY_MESSAGE_SIZE INTER_MAX_MEDIUM_MESSAGE_SIZE INTER_MIN_READ_MESSAGE_SIZE INTER_MIN_READ_WRITE_SIZE
    INTER_READ_SEGMENT_SIZE MAX_MEMCPY_SIZE MAX_TIMEOUT MR_CACHE_ENABLE MR_MAX_CACHED_COUNT MR_MAX_CACHED_SIZE MTU_SIZE
    READCOPY_POOL_SIZE RECVWIN_SIZE RUNT_SIZE RX_COPY_OOO RX_COPY_UNEXP RX_IOV_LIMIT RX_SIZE RX_WINDOW_SIZE
    SET_CUDA_SYNC_MEMOPS SHM_AV_SIZE SHM_CQ_READ_SIZE SHM_MAX_MEDIUM_SIZE TIMEOUT_INTERVAL TRACK_MR TX_IOV_LIMIT
    TX_MIN_CREDITS TX_QUEUE_SIZE TX_SIZE USE_DATA_PATH_DIRECT USE_DEVICE_RDMA USE_HUGE_PAGE USE_SM2
    USE_UNSOLICITED_WRITE_RECV USE_ZCPY_RX WR_HIGH_PPS
"""
_LIBFABRIC: Final = """
    HMEM HMEM_CUDA_USE_GDRCOPY LOG_LEVEL LOG_LOCATION LOG_LOCATION_MODE LOG_PROV LOG_SUBSYS MR_CACHE_MAX_COUNT
    MR_CACHE_MAX_SIZE MR_CACHE_MONITOR PROVIDER PROVIDER_PATH UNIVERSE_SIZE
"""

NAMES: Final = {
    "UCX": frozenset(f"UCX_{name}" for name in _UCX.split()),
    "libfabric": frozenset(
        (*(f"FI_EFA_{name}" for name in _EFA.split()), *(f"FI_{name}" for name in _LIBFABRIC.split()))
    ),
}
"""Documented variables; both read others as well."""

_PREFIXES: Final = {"UCX_": "UCX", "FI_": "libfabric"}

_TRANSPORTS: Final = """
    all cma cuda cuda_copy cuda_ipc dc dc_mlx5 dc_x gaudi gaudi_gdr gdr_copy gga gga_mlx5 ib knem mm posix rc rc_gda
    rc_mlx5 rc_v rc_verbs rc_x rocm rocm_copy rocm_gdr rocm_ipc self shm sm sockcm srd sysv tcp tcp_sockcm ud ud_mlx5
    ud_v ud_verbs ud_x ugni ugni_rdma ugni_smsg ugni_udt xpmem ze ze_copy ze_gdr ze_ipc
"""
_PROVIDERS: Final = """
    bgq coll cxi efa gni lnx lpp mlx mrail netdir ofi_coll ofi_mrail ofi_rxd ofi_rxm opx psm psm2 psm3 rxd rxm shm sm2
    sockets tcp ucx udp usnic verbs
"""
WORDS: Final = {"UCX_TLS": frozenset(_TRANSPORTS.split()), "FI_PROVIDER": frozenset(_PROVIDERS.split())}
"""Words of lists; a library may be built with others."""


def misspelt(name: str) -> tuple[str, str] | None:
    """Whose variable is meant where `name` is written, and which."""
    whose = next((library for prefix, library in _PREFIXES.items() if name.startswith(prefix)), None)
    known = meant(name, NAMES[whose]) if whose is not None else None
    return (whose, known) if whose is not None and known is not None else None


def misspelt_words(name: str, text: str) -> list[tuple[str, str]]:
    """The words of a list that are near to one that the library knows, each with that."""
    listed = re.split(r"[,;]", text.strip().removeprefix("^"))
    words = [word.strip().removeprefix("\\").partition(":")[0] for word in listed]
    near = ((word, meant(word.lower(), WORDS[name])) for word in words if len(word) > 1)
    return [(word, known) for word, known in near if known is not None]
