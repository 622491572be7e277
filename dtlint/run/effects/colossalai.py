"""Colossal-AI's plugins: signatures as in colossalai/booster/plugin/ of 0.3 to 0.5."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Row, row

PLUGINS: Final = (
    "colossalai.booster.plugin.HybridParallelPlugin",
    "colossalai.booster.plugin.MoeHybridParallelPlugin",
)

ROWS: Final[tuple[Row, ...]] = tuple(row(name, "tp_size pp_size") for name in PLUGINS)
