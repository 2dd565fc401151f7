"""Owns what all tests of the agent rely on."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _cheap_pins(cheap_pins: None) -> None:
    """People are everywhere, and what their PINs cost is asked in tests/rules."""
