"""Options of the tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-leaf", action="store_true", help="Hide each leaf of each example, instead of some of them (make fog)."
    )
