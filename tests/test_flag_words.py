"""How XLA, UCX and libfabric read lists from their environment; the files of dtlint/job name the sources."""

from __future__ import annotations

import pytest

from dtlint.job import fabrics, xla


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("--xla_a=1 --xla_b", ""),
        (" --xla_a=1\n--xla_b ", ""),
        ("--xla_a=1 xla_b=2 --xla_c", "xla_b=2 --xla_c"),
        ("--xla_a='x y' --xla_b", ""),
        ('--xla_a="x \\" y" z', "z"),
        ("--xla_dump_to /tmp", "/tmp"),
        ("", ""),
        ("flags.txt", ""),
    ],
)
def test_what_xla_passes_over(text: str, rest: str) -> None:
    assert xla.unread(text) == rest


@pytest.mark.parametrize(
    ("text", "taken"),
    [("xla_a=1", True), (" xla_gpu_ftz", True), ("--xla_a", False), ("/etc/xla.flags", False), ("", False)],
)
def test_flags_that_are_taken_for_a_file(text: str, taken: bool) -> None:
    assert xla.taken_for_file(text) is taken


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("UCX_TLS", "rc_x,sm,self", []),
        ("UCX_TLS", "^tcp", []),
        ("UCX_TLS", "\\rc,ud:aux", []),
        ("UCX_TLS", "dc_ml5x, cuda_cpy", [("dc_ml5x", "dc_mlx5"), ("cuda_cpy", "cuda_copy")]),
        ("UCX_TLS", "ic", []),  # as near to ib as to rc
        ("FI_PROVIDER", "EFA;ofi_rxm", []),
        ("FI_PROVIDER", "verb", [("verb", "verbs")]),
        ("FI_PROVIDER", "novel", []),
    ],
)
def test_words_that_are_nearly_known(name: str, text: str, words: list[tuple[str, str]]) -> None:
    assert fabrics.misspelt_words(name, text) == words


def test_every_name_is_known_itself() -> None:
    for names in fabrics.NAMES.values():
        assert [name for name in names if fabrics.misspelt(name)] == []
