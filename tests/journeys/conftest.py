"""A whole shop for the journeys: cloud, capture, agent and virtual printer as real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.world import DemoWorld, WorldSettings


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    folder: Path = tmp_path_factory.mktemp("shop")
    opened = DemoWorld.open(WorldSettings(folder=folder, request_timeout_s=5, headless=True))
    try:
        opened.wait_online()
        yield opened
    finally:
        codes = opened.close()
    assert set(codes.values()) == {0}, codes
