"""Whether the capture beside the POS's printer is listening, from the status file that it keeps in the spool folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.days import day_bounds_ms, local_day
from agent.printing.viewmodel import CaptureState
from agent.printing.words import CaptureWord
from printers.capture.spool import STATUS_FILE
from sync.clock import Clock

STATUS_BYTES_MAX = 100_000
STALE_MS = 30_000  # the capture writes at least every ten seconds


def read_status(spool: Path) -> dict[str, Any]:
    """What the capture says about itself; empty when it never ran here or its file cannot be read."""
    try:
        with (spool / STATUS_FILE).open("rb") as file:
            found = json.loads(file.read(STATUS_BYTES_MAX))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def capture_word(spool: Path, now_ms: int) -> CaptureWord:
    """Listening, stopped, or never set up."""
    path = spool / STATUS_FILE
    try:
        written_ms = path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return CaptureWord.NOT_SET_UP
    if read_status(spool).get("running") is False or now_ms - written_ms > STALE_MS:
        return CaptureWord.STOPPED
    return CaptureWord.LISTENING


def capture_state(spool: Path, read_since: Callable[[int], tuple[int, int | None]], clock: Clock) -> CaptureState:
    """The capture's card on the devices page. ``read_since`` counts documents and names the time of the newest."""
    now_ms = clock.wall_ms()
    start_ms, _end_ms = day_bounds_ms(local_day(now_ms))
    read_today, newest_ms = read_since(start_ms)
    return CaptureState(capture_word(spool, now_ms), newest_ms, read_today)
