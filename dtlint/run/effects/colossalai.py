"""Colossal-AI's plugins: signatures as in colossalai/booster/plugin/ of 0.3 to 0.5."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Row, row

_P: Final = "colossalai.booster.plugin"

ROWS: Final[tuple[Row, ...]] = (
    row(f"{_P}.HybridParallelPlugin", "tp_size pp_size"),
    row(f"{_P}.MoeHybridParallelPlugin", "tp_size pp_size"),
)
