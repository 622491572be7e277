"""Amounts as manifests write them: `500m`, `16Gi`, `2g`.

Kubernetes: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ ; Docker and compose take
`b`, `k`, `m`, `g` with binary meaning: https://docs.docker.com/reference/compose-file/extension/#specifying-byte-values
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.value import Value
from dtlint.value.value import Scalar

_QUANTITY: Final = re.compile(r"([+-]?[0-9]*\.?[0-9]+)\s*(?:([eE][+-]?[0-9]+)|([A-Za-z]*))")
_KUBERNETES: Final = {
    "": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_DOCKER: Final = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def amount(value: Value) -> Value:
    """A Kubernetes quantity as a number: bytes, cores; an integer where it is one."""
    return value.mapped("a quantity", _amount)


def size(value: Value) -> Value:
    """A size as Docker writes it, in bytes."""
    return value.mapped("a size", _size)


def _amount(scalar: Scalar) -> Scalar:
    found = _QUANTITY.fullmatch(str(scalar).strip())
    if found is None or isinstance(scalar, bool):
        raise ValueError(f"not a quantity: {scalar}")
    unit = found.group(3) or ""
    if unit not in _KUBERNETES:
        raise ValueError(f"not a unit: {unit}")
    number = float(found.group(1) + (found.group(2) or "")) * _KUBERNETES[unit]
    return int(number) if number == int(number) else number


def _size(scalar: Scalar) -> Scalar:
    found = _QUANTITY.fullmatch(str(scalar).strip().lower())
    if found is None or isinstance(scalar, bool):
        raise ValueError(f"not a size: {scalar}")
    unit = (found.group(3) or "").removesuffix("b").removesuffix("i")
    if unit not in _DOCKER:
        raise ValueError(f"not a unit: {unit}")
    return int(float(found.group(1) + (found.group(2) or "")) * _DOCKER[unit])
