"""What NCCL and torch.distributed make of the values of their variables, by their sources."""

import pytest

from dtlint.job import c10d, nccl


@pytest.mark.parametrize(
    ("name", "text", "instead"),
    [
        ("TORCH_DISTRIBUTED_DEBUG", "TRUE", "OFF, INFO or DETAIL"),
        ("TORCH_DISTRIBUTED_DEBUG", "", "OFF, INFO or DETAIL"),
        ("TORCH_DISTRIBUTED_DEBUG", "detail", None),
        ("TORCH_NCCL_ASYNC_ERROR_HANDLING", "true", "a number"),
        ("TORCH_NCCL_ASYNC_ERROR_HANDLING", " 3", None),
        ("NCCL_ASYNC_ERROR_HANDLING", "yes", "a number"),
        ("TORCH_NCCL_BLOCKING_WAIT", "Yes", None),
        ("TORCH_NCCL_BLOCKING_WAIT", "2", "1 or 0"),
        ("TORCH_NCCL_AVOID_RECORD_STREAMS", "on", None),
    ],
)
def test_values_that_torch_refuses(name: str, text: str, instead: str | None) -> None:
    assert c10d.refused(name, text) == instead


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NCCL_SOCKET_IFNAME", None),
        ("NCCL_SOCKET_IFNAMES", "NCCL_SOCKET_IFNAME"),
        ("TORCH_NCCL_BLOCKING_WAITS", "TORCH_NCCL_BLOCKING_WAIT"),
        ("NCCL_HEARTBEAT_TIMEOUT_SEC", "TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC"),
        ("TORCH_NCCL_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"),
        ("NCCL_BLOCKING_WAIT", None),
        ("NCCL_TIMEOUT", None),
        ("MY_NCCL_DEBUG", None),
    ],
)
def test_names_that_nobody_reads(name: str, meant: str | None) -> None:
    assert nccl.meant(name) == meant


@pytest.mark.parametrize(
    ("interfaces", "left_out"),
    [
        ("^docker0,lo", True),
        ("^l", True),
        ("^=lo", True),
        ("^docker0", False),
        ("^docker0,^lo", False),
        ("^=lo0", False),
    ],
)
def test_what_a_list_with_a_caret_leaves_out(interfaces: str, left_out: bool) -> None:
    assert nccl.excludes(interfaces, "lo") is left_out


@pytest.mark.parametrize(
    ("interfaces", "never"),
    [
        ("eth0,en", []),
        ("mlx5_0:1,mlx5_1:1", []),
        ("^=mlx5_0,mlx5_3", []),
        ("=^mlx5_0", ["^mlx5_0"]),
        ("eth0, eth1", [" eth1"]),
        ("10.0.0.7", ["10.0.0.7"]),
        ("eth0,^docker0", ["^docker0"]),
    ],
)
def test_entries_that_match_no_interface(interfaces: str, never: list[str]) -> None:
    assert nccl.never_matching(interfaces) == never
