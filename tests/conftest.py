"""Options of the tests."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# How long drawing an example takes says something of the machine and what else it does, nothing of dtlint.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-leaf", action="store_true", help="Hide each leaf of each example, instead of some of them (make fog)."
    )
