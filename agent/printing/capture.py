"""Whether the capture beside the POS's printer is listening, from the status file that it keeps in the spool folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.printing.viewmodel import CaptureState
from agent.printing.words import CaptureWord
from printers.capture.status import read_status
from rules.calendar import day_bounds_ms, local_day
from sync.clock import Clock


def capture_word(spool: Path, now_ms: int) -> CaptureWord:
    """Listening, stopped, or never set up."""
    status = read_status(spool)
    if status is None:
        return CaptureWord.NOT_SET_UP
    return CaptureWord.LISTENING if status.is_alive(now_ms) else CaptureWord.STOPPED


def capture_state(spool: Path, read_since: Callable[[int], tuple[int, int | None]], clock: Clock) -> CaptureState:
    """The capture's card on the devices page. ``read_since`` counts documents and names the time of the newest."""
    now_ms = clock.wall_ms()
    start_ms, _end_ms = day_bounds_ms(local_day(now_ms))
    read_today, newest_ms = read_since(start_ms)
    return CaptureState(capture_word(spool, now_ms), newest_ms, read_today)
