"""Owns a real agent process for tests: started by the command line, steered through its own LAN API."""

from __future__ import annotations

import base64
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.control import AgentControl
from tests.helpers.devices import DEVICE_ID, SECRETS, STORE_ID
from tests.helpers.fake_cloud import FakeCloud

ROOT = Path(__file__).resolve().parents[2]
CODE = "BCDFGHJK"
READY_S = 30.0


def welcome(cloud: FakeCloud) -> None:
    """The cloud knows a code that enrolls one device."""
    cloud.codes[CODE] = {
        "device_id": DEVICE_ID,
        "epoch": 1,
        "generation": 1,
        "cursor": "1.0.0",
        "server_time_ms": cloud.now_ms(),
        "store_key": base64.urlsafe_b64encode(SECRETS.store_key).rstrip(b"=").decode(),
        "store": {
            "store_id": STORE_ID,
            "name": "느린오후 커피",
            "brand_name": "느린오후",
            "service_type": "composite",
            "plan": "free",
            "grade": "gold",
        },
        "policy": {"version": 1, "rate_bp": 100, "minimum_payment_won": 0, "request_timeout_ms": 60_000},
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "withfom", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


@dataclass
class AgentProcess:
    """A running agent."""

    folder: Path
    popen: subprocess.Popen[str]
    control: AgentControl
    said: list[str] = field(default_factory=list)

    def screen(self) -> dict[str, Any]:
        return self.control.screen_state()

    def end(self) -> int:
        """SIGTERM; the exit code."""
        self.popen.terminate()
        return self.popen.wait(10)


@contextmanager
def agent(folder: Path, *arguments: str) -> Iterator[AgentProcess]:
    """A headless agent that has said it is ready; killed at the end if it still runs."""
    popen = subprocess.Popen(
        command("agent", "--headless", "--folder", str(folder), *arguments),
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    said: list[str] = []
    ready: queue.Queue[bool] = queue.Queue()

    def listen() -> None:
        assert popen.stdout is not None
        for line in popen.stdout:
            said.append(line.rstrip())
            if "ready http://" in line:
                ready.put(True)
        ready.put(False)

    listener = threading.Thread(target=listen, name="agent-output")
    listener.start()
    try:
        if not ready.get(timeout=READY_S):
            raise AssertionError(f"the agent ended instead of starting: {said}")
        control = AgentControl(folder)
        try:
            yield AgentProcess(folder, popen, control, said)
        finally:
            control.close()
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.wait(10)
        listener.join(5)
        assert popen.stdout is not None
        popen.stdout.close()


def lan_file(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "lan.json").read_text("utf-8"))
    return found
