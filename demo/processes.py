"""Starts and stops the real programs of the demo, each as a process of its own with its own log file."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_TIMEOUT_S = 60.0  # a cold start on an old PC; a healthy one takes two seconds
STOP_TIMEOUT_S = 10.0


class DemoFailure(Exception):
    """The demo cannot go on; the text is for the person who started it."""


def withfom_command() -> list[str]:
    """How this installation starts ``withfom``: the frozen program itself, or the module."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "withfom"]


def typed_command() -> str:
    """What a person types before a subcommand: a source folder has no ``withfom`` of its own."""
    return "withfom" if getattr(sys, "frozen", False) else "python3 start.py"


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    """A loopback port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_text(arguments: Sequence[str]) -> str:
    """Run a subcommand to its end and answer what it printed. Raises DemoFailure with its own words."""
    done = subprocess.run(
        [*withfom_command(), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=_environment(),
        timeout=READY_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise DemoFailure(f"withfom {' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def run_json(arguments: Sequence[str]) -> dict[str, Any]:
    """Run a subcommand that answers with one JSON object. Raises DemoFailure with its own words."""
    printed = run_text([*arguments, "--json"])
    answer = json.loads(printed.strip().splitlines()[-1])
    if not isinstance(answer, dict):
        raise DemoFailure(f"withfom {' '.join(arguments)}: unexpected answer {printed!r}")
    return answer


@dataclass
class Program:
    """One running subcommand. Its first line on standard output says that it is ready."""

    name: str
    popen: subprocess.Popen[str]
    log: Path
    ready_line: str = ""
    _reader: threading.Thread | None = None

    @staticmethod
    def start(name: str, arguments: Sequence[str], folder: Path) -> Program:
        """Start ``withfom ARGUMENTS`` and wait for its first line. Raises DemoFailure when it does not come."""
        log = folder / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as err:
            popen = subprocess.Popen(
                [*withfom_command(), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                encoding="utf-8",
                env=_environment(),
                # A group of its own: Ctrl-C reaches the demo alone, which then stops everything in order.
                start_new_session=os.name == "posix",
            )
        program = Program(name, popen, log)
        program.ready_line = program._first_line()
        return program

    def _first_line(self) -> str:
        lines: queue.Queue[str] = queue.Queue()

        def drain() -> None:
            assert self.popen.stdout is not None
            with self.popen.stdout as out:
                for line in out:
                    lines.put(line)
            lines.put("")

        self._reader = threading.Thread(target=drain, name=f"{self.name}-out", daemon=True)
        self._reader.start()
        try:
            line = lines.get(timeout=READY_TIMEOUT_S)
        except queue.Empty:
            self.kill()
            raise DemoFailure(f"{self.name} did not become ready in {READY_TIMEOUT_S:.0f} s, see {self.log}") from None
        if not line:
            self.popen.wait(STOP_TIMEOUT_S)
            tail = self.log.read_text("utf-8", "replace").strip()[-800:]
            raise DemoFailure(f"{self.name} ended with {self.popen.returncode}: {tail}")
        return line.strip()

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    def stop(self) -> int:
        """Ask it to end and wait; a program that does not end in time is killed, and its code says so."""
        if self.running:
            self.popen.send_signal(signal.SIGTERM)
        try:
            code = self.popen.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self.popen.wait(STOP_TIMEOUT_S)
        self._join_reader()
        return code

    def kill(self) -> None:
        """The hard way: what a power cut or a crash looks like from outside."""
        if self.running:
            self.popen.kill()
            self.popen.wait(STOP_TIMEOUT_S)
        self._join_reader()

    def _join_reader(self) -> None:
        if self._reader is not None:
            self._reader.join(STOP_TIMEOUT_S)


def wait_until(claim: Any, *, what: str, timeout_s: float = 15.0, every_s: float = 0.05) -> Any:
    """Poll ``claim()`` until it answers something true, and return that. Raises DemoFailure after the time-out."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = claim()
        if found:
            return found
        if time.monotonic() > deadline:
            raise DemoFailure(f"waited {timeout_s:.0f} s in vain for: {what}")
        time.sleep(every_s)
