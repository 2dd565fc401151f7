"""Keeps one capture child alive: it holds the listening socket, so a POS that calls meanwhile waits, not fails."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

log = logging.getLogger("capture")

READY_WORD = "ready"
FIRST_PAUSE_S = 0.1
PAUSE_MAX_S = 1.5  # a child is back within three seconds, its start included
STEADY_S = 30.0  # a child that lived so long is healthy: the next pause is short again
STOP_GRACE_S = 10.0  # sessions, the reader and the last document


class Supervisor:
    """Starts the child, starts it again when it dies, and ends it in order.

    `command` and `options` are for `subprocess.Popen`; the child says READY_WORD on its output when it serves, and ends
    when its input closes, which also happens when this process dies.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        options: dict[str, Any] | None = None,
        on_ready: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command = list(command)
        self._options = options or {}
        self._on_ready = on_ready
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self.restarts = 0

    def run(self, *, starts_max: int | None = None) -> int:
        """Blocks until `stop`. Answers 0, or the child's status when it never came up within `starts_max` starts."""
        pause = FIRST_PAUSE_S
        failures = 0
        while not self._stopping.is_set():
            began = self._monotonic()
            status, was_ready = self._one_life()
            if self._stopping.is_set():
                break
            failures = 0 if was_ready else failures + 1
            if starts_max is not None and failures >= starts_max:
                return status
            pause = FIRST_PAUSE_S if self._monotonic() - began > STEADY_S else pause
            log.error("capture_died status=%s again_in_s=%.1f", status, pause)
            self._stopping.wait(pause)
            pause = min(pause * 2, PAUSE_MAX_S)
            self.restarts += 1
        return 0

    def stop(self) -> None:
        """End the child by closing its input; kill it when it does not hear."""
        self._stopping.set()

    def _one_life(self) -> tuple[int, bool]:
        child: subprocess.Popen[str] = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **self._options
        )
        self._child = child
        ready = threading.Event()
        listener = threading.Thread(target=self._listen, args=(child, ready), name="capture-child-output", daemon=True)
        listener.start()
        while child.poll() is None and not self._stopping.wait(0.05):
            pass
        if child.poll() is None:
            self._end(child)
        listener.join(1.0)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        child.stdout.close()
        return child.returncode, ready.is_set()

    def _listen(self, child: subprocess.Popen[str], ready: threading.Event) -> None:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == READY_WORD and not ready.is_set():
                ready.set()
                self._on_ready()

    def _end(self, child: subprocess.Popen[str]) -> None:
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            log.error("capture_killed pid=%s", child.pid)
            child.kill()
            child.wait()
