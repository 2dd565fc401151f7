"""Windows lie within the monitor they open on, title bar and all."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize

from agent.shell.screens import COUNTER_SIZE, FRAME, TABLET_SIZE, fitting


@pytest.mark.parametrize("monitor", [(1024, 600), (1366, 728), (1366, 768), (1920, 1040)])
@pytest.mark.parametrize("wanted", [COUNTER_SIZE, TABLET_SIZE])
def test_a_window_and_its_frame_fit_the_monitor(monitor: tuple[int, int], wanted: tuple[int, int]) -> None:
    area = QRect(0, 0, *monitor)

    size = fitting(wanted, area)

    assert size.width() + FRAME.width() <= area.width()
    assert size.height() + FRAME.height() <= area.height()
    assert size == size.boundedTo(QSize(*wanted))
