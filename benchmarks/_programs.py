"""Owns the programs a benchmark runs against: real processes, started by their command line and stopped again."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

STOP_TIMEOUT_S = 10


def free_port() -> int:
    """A loopback port nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python module as a process of its own, and its first line on stdout, which says that it is ready."""
    program = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "QT_QPA_PLATFORM": "offscreen",
            "QT_LOGGING_RULES": "default.warning=false",
        },
    )
    try:
        assert program.stdout is not None
        line = program.stdout.readline().strip()
        if not line:
            raise SystemExit(f"{module} {' '.join(arguments)} ended with {program.wait()} before it was ready")
        yield program, line
    finally:
        program.terminate()
        try:
            program.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        if program.stdout is not None:
            program.stdout.close()
