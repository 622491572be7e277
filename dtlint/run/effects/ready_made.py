"""Calls of libraries that give a whole model, with weights of its own: they are modules as much as torch's layers are.

https://docs.pytorch.org/vision/stable/models.html, https://huggingface.co/docs/timm/reference/models,
https://huggingface.co/docs/transformers/main_classes/model and https://huggingface.co/docs/diffusers/api/models/overview.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_VISION: Final = "torchvision.models."
_WITH_BATCH_NORMS: Final = re.compile(
    r"(?:\w+\.)*(?:resne(?:x)?t|wide_resnet|densenet|mobilenet|efficientnet|regnet|inception|"
    r"googlenet|shufflenet|mnasnet|vgg\d+_bn|deeplab|fcn|lraspp)\w*"
)
_LOADED: Final = re.compile(
    r"(?:transformers|diffusers|peft)\.(?:[\w.]+\.)?(?P<cls>\w+)\.(?:from_pretrained|from_config)"
    r"|(?:transformers|diffusers)\.(?:[a-z][\w.]*\.)?(?P<made>[A-Z]\w+)"
)
_OF_TIMM: Final = re.compile(r"timm\.(?:models|layers)\.(?:\w+\.)*(?!\w*(?:Cfg|Info|Hooks?)$)[A-Z]+[a-z]\w*")
_MODEL: Final = re.compile(r"AutoModel|Model(?:With|For|$)|[a-z\d]For[A-Z]|UNet|Autoencoder|Transformer\dD")
_OTHER: Final = re.compile(
    r"Config|Tokenizer|Processor|Extractor|Pipeline|Scheduler|Collator|Trainer|Arguments|Output|Dataset"
)


@lru_cache(maxsize=4096)
def ready_made(name: str) -> bool:
    """A call of this canonical name surely gives a module with weights."""
    if name.startswith(_VISION):
        last = name.rpartition(".")[2]
        return last not in ("get_weight", "get_model_weights", "list_models", "get_model_builder")
    if name in ("timm.create_model", "timm.models.create_model") or _OF_TIMM.fullmatch(name):
        return True
    found = _LOADED.fullmatch(name)
    cls = (found["cls"] or found["made"]) if found is not None else ""
    return _MODEL.search(cls) is not None and _OTHER.search(cls) is None


@lru_cache(maxsize=4096)
def batch_normed(name: str) -> bool:
    """A call of this canonical name surely gives a module with batch norms, if it is left to choose its layers.

    torchvision/models/resnet.py and the like, where `norm_layer` is `nn.BatchNorm2d` unless another is given.
    """
    return name.startswith(_VISION) and _WITH_BATCH_NORMS.fullmatch(name.removeprefix(_VISION)) is not None
