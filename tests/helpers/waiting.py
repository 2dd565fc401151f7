"""Owns waiting for something that happens on another thread or in another process: a condition and a deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.01


def wait_until(condition: Callable[[], T], what: str, deadline_s: float = 10.0) -> T:
    """Returns the condition's first true answer; fails the test by name when the deadline passes."""
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= end:
            raise AssertionError(f"waited {deadline_s:g} s in vain for: {what}")
        pause.wait(_POLL_S)


def free_port() -> int:
    """A loopback port nobody listens on now. Prefer port 0 where the program under test can report its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
