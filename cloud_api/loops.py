"""Loops that the server lives on: whatever goes wrong in one round is logged, and the next round comes all the same.

A loop that ended for good would be noticed by nobody: requests would wait for a deadline that never comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cloud_api.clock import pause


async def keep_at(
    once: Callable[[], Awaitable[object]],
    stopping: asyncio.Event,
    *,
    every_ms: Callable[[], int],
    log: logging.Logger,
    word: str,
) -> None:
    """Calls ``once`` again and again, with pauses, until ``stopping`` is set. ``word`` is what the log calls a failure:
    the database that does not answer, or a bug that somebody has to look at."""
    while not stopping.is_set():
        try:
            await once()
        except Exception:
            log.exception(word)
        await pause(stopping, every_ms())
