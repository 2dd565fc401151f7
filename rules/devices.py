"""What the cloud makes of a counter's health: silent while its shop is open, a clock that is off (AGT-07, AGT-14)."""

from __future__ import annotations

from rules.calendar import MINUTE_MS
from rules.hours import StoreHours, open_at

# A counter that is well is heard of every quarter of an hour, give or take two minutes, and once more when that failed.
SILENT_MS = 35 * MINUTE_MS
CLOCK_OFF_MS = 5 * MINUTE_MS  # beyond this its calls are refused until it has measured (R3)


def is_silent(hours: StoreHours | None, last_seen_ms: int, now_ms: int) -> bool:
    """Not heard of for so long, and the shop was open all that time: a computer that is off at night is well. None:
    nobody has said when the shop is open, so that nothing can be said."""
    since_ms = now_ms - SILENT_MS
    if hours is None or last_seen_ms > since_ms:
        return False
    return open_at(hours, now_ms) and open_at(hours, since_ms)


def clock_is_off(offset_ms: int | None) -> bool:
    """AGT-07: the cloud's time less the computer's; None: not measured yet."""
    return offset_ms is not None and abs(offset_ms) > CLOCK_OFF_MS
