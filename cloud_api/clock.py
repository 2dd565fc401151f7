"""The server's clock: the only place of the cloud that asks the system for the time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

Clock = Callable[[], int]

KST_OFFSET_MS = 9 * 3_600_000
DAY_MS = 86_400_000


def system_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def korean_day(now_ms: int) -> int:
    """Number of the calendar day in Korea, which has no daylight saving time."""
    return (now_ms + KST_OFFSET_MS) // DAY_MS


async def pause(stopping: asyncio.Event, ms: int) -> None:
    """Sleeps, but not beyond the moment at which ``stopping`` is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), ms / 1000)
