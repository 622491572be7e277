"""Which blocks a pretrained model of transformers is made of: by the class that loads it or by its name on the hub.

Class names: `_no_split_modules` in src/transformers/models/*/modeling_*.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.run.script.trace import Event, ScriptRun

BLOCKS: Final[dict[str, tuple[str, ...]]] = {
    "Bart": ("BartEncoderLayer", "BartDecoderLayer"),
    "Bert": ("BertLayer",),
    "Bloom": ("BloomBlock",),
    "DebertaV2": ("DebertaV2Layer",),
    "Electra": ("ElectraLayer",),
    "Falcon": ("FalconDecoderLayer",),
    "GPT2": ("GPT2Block",),
    "GPTBigCode": ("GPTBigCodeBlock",),
    "GPTJ": ("GPTJBlock",),
    "GPTNeo": ("GPTNeoBlock",),
    "GPTNeoX": ("GPTNeoXLayer",),
    "Gemma": ("GemmaDecoderLayer",),
    "Gemma2": ("Gemma2DecoderLayer",),
    "Llama": ("LlamaDecoderLayer",),
    "Mistral": ("MistralDecoderLayer",),
    "Mixtral": ("MixtralDecoderLayer",),
    "OPT": ("OPTDecoderLayer",),
    "Phi": ("PhiDecoderLayer",),
    "Phi3": ("Phi3DecoderLayer",),
    "Qwen2": ("Qwen2DecoderLayer",),
    "Qwen2Moe": ("Qwen2MoeDecoderLayer",),
    "Qwen3": ("Qwen3DecoderLayer",),
    "Roberta": ("RobertaLayer",),
    "T5": ("T5Block",),
    "ViT": ("ViTLayer",),
    "Whisper": ("WhisperEncoderLayer", "WhisperDecoderLayer"),
    "XLMRoberta": ("XLMRobertaLayer",),
}
"""Blocks by the beginning of the names of the model's classes."""

_CLASS: Final = re.compile(r"([A-Z]\w*?)(?:For[A-Z]\w*|LMHeadModel|DoubleHeadsModel|Model)$")
_HUB: Final = tuple((re.compile(pattern, re.IGNORECASE), family) for pattern, family in (
    (r"(google-bert/)?bert-(base|large)-(un)?cased$", "Bert"),
    (r"(FacebookAI/)?roberta-(base|large)$", "Roberta"),
    (r"(FacebookAI/)?xlm-roberta-(base|large)$", "XLMRoberta"),
    (r"(openai-community/)?gpt2(-medium|-large|-xl)?$", "GPT2"),
    (r"(google-t5/)?t5-(small|base|large|3b|11b)$", "T5"),
    (r"google/flan-t5-\w+$", "T5"),
    (r"facebook/opt-[\d.]+[bm]$", "OPT"),
    (r"facebook/bart-\w+$", "Bart"),
    (r"EleutherAI/gpt-j-6b$", "GPTJ"),
    (r"EleutherAI/(gpt-neox-20b|pythia-[\w.-]+)$", "GPTNeoX"),
    (r"EleutherAI/gpt-neo-[\d.]+[bm]$", "GPTNeo"),
    (r"bigscience/bloomz?-\w+$", "Bloom"),
    (r"meta-llama/(Meta-)?Llama-(2|3|3\.1)-\d+b[\w-]*$", "Llama"),
    (r"meta-llama/Llama-3\.2-[13]B[\w-]*$", "Llama"),
    (r"mistralai/Mistral-7B-[\w.-]+$", "Mistral"),
    (r"mistralai/Mixtral-8x\d+B-[\w.-]+$", "Mixtral"),
    (r"Qwen/Qwen2(\.5)?-[\d.]+B(-Instruct)?$", "Qwen2"),
    (r"Qwen/Qwen3-[\d.]+B(-Base)?$", "Qwen3"),
    (r"google/gemma-2-\d+b[\w-]*$", "Gemma2"),
    (r"google/gemma-[27]b[\w-]*$", "Gemma"),
    (r"tiiuae/falcon-\d+b[\w-]*$", "Falcon"),
))  # fmt: skip
"""Names on the hub that surely are of a family."""


def loaded(run: ScriptRun) -> Iterator[tuple[Event, str | None]]:
    """The calls that load models from transformers, each with its family; None where it is not known."""
    for event in run.events:
        if event.method not in ("from_pretrained", "from_config") or not event.name.startswith("transformers."):
            continue
        cls = event.name.split(".")[-2]
        found = _CLASS.fullmatch(cls)
        if cls.startswith("AutoModel"):
            yield event, _by_name(event.argument("pretrained_model_name_or_path").string or _first(event))
        elif found is not None:
            yield event, found[1] if found[1] in BLOCKS else None


def _first(event: Event) -> str:
    thing = event.positional[0] if event.positional else None
    return getattr(thing, "string", None) or ""


def _by_name(name: str) -> str | None:
    return next((family for pattern, family in _HUB if pattern.match(name)), None)
