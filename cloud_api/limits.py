"""Slowing down those who ask too often."""

from __future__ import annotations

import threading
from collections import deque

WINDOW_MS = 60_000
# Far above what a consumer app's customers ask, far below what trying out numbers needs.
LOOKUPS_PER_WINDOW = 600


class Limiter:
    """Counts calls by caller over the last minute, in this process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, deque[int]] = {}

    def wait_s(self, caller: str, now_ms: int) -> int:
        """0 when the call is within the limit, and then it counts; else after how many seconds one will be."""
        with self._lock:
            calls = self._calls.setdefault(caller, deque())
            while calls and calls[0] <= now_ms - WINDOW_MS:
                calls.popleft()
            if len(calls) < LOOKUPS_PER_WINDOW:
                calls.append(now_ms)
                return 0
            return max((calls[0] + WINDOW_MS - now_ms + 999) // 1000, 1)
