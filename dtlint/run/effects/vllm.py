"""vLLM: an engine starts its workers itself."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Row, row

_NAMES: Final = ("vllm.LLM", "vllm.entrypoints.llm.LLM")

ROWS: Final[tuple[Row, ...]] = tuple(
    row(name, "model runner convert tokenizer tokenizer_mode", returns="vllm.LLM") for name in _NAMES
)
