"""Owns a shop to measure in: a real cloud process, and an enrolled agent with its windows in this process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QEventLoop, QMessageLogContext, QObject, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from agent.bootstrap import Agent
from agent.enroll.types import Enrolled
from agent.launch import AgentSettings
from agent.settings.service import SettingsService
from agent.shell.dispatcher import QtDispatcher
from agent.shell.screens import Screens
from benchmarks._programs import free_port, running
from demo.channels import OrderChannel, Wanted, open_menu
from demo.customers import CloudClient
from printers.capture.spool import CapturedDocument
from sync.clock import SystemClock

ORDERED = Wanted("카페라떼(ICE)", 2, ("샷 추가",))


def withfom_json(*arguments: str) -> dict[str, Any]:
    """Runs a subcommand that answers with one JSON object."""
    done = subprocess.run(
        [sys.executable, "-m", "withfom", *arguments, "--json"], capture_output=True, encoding="utf-8", check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


class Joinable(Protocol):
    """A cloud that waits for a device."""

    url: str
    code: str


@dataclass
class Cloud:
    """A running cloud, a consumer's client to it and a code for one device."""

    url: str
    client: CloudClient
    code: str

    def order(self, member_id: str) -> dict[str, Any]:
        """One order through the app."""
        return OrderChannel(self.client, "app_order").order(member_id, [ORDERED])


@contextlib.contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """A store on a fresh SQLite cloud, served by a process of its own until the block ends."""
    at = ["--folder", str(folder / "cloud")]
    subprocess.run([sys.executable, "-m", "withfom", "cloud", "migrate", *at], stdout=subprocess.DEVNULL, check=True)
    shop = ["--name", "느린오후 커피", "--brand", "느린오후", "--rate-bp", "100"]
    store = withfom_json("cloud", "create-store", *at, *shop)["store_id"]
    key = withfom_json("cloud", "create-key", *at, "--label", "bench")["key"]
    code = withfom_json("cloud", "enrollment-code", *at, "--store", store)["code"]
    port = free_port()
    with running("withfom", "cloud", "serve", *at, "--port", str(port)):
        url = f"http://127.0.0.1:{port}"
        client = CloudClient(url, key, store)
        open_menu(client)
        try:
            yield Cloud(url, client, code)
        finally:
            client.close()


class ShiftedClock(SystemClock):
    """The system's clock plus a shift, so that a limit per ten minutes does not make a run last for hours."""

    def __init__(self) -> None:
        super().__init__()
        self.shift_ms = 0

    def wall_ms(self) -> int:
        return super().wall_ms() + self.shift_ms

    def mono_ms(self) -> int:
        return super().mono_ms() + self.shift_ms


@contextlib.contextmanager
def enrolled_agent(folder: Path, where: Joinable, clock: SystemClock | None = None) -> Iterator[Agent]:
    """The services of one counter that belongs to the store, online."""
    agent = Agent.open(AgentSettings(folder=folder / "agent", cloud_url=where.url, headless=True), clock=clock)
    try:
        agent.background.start()
        answer = agent.enroll.redeem_now(where.url, where.code)
        if not isinstance(answer, Enrolled):
            raise SystemExit(f"the agent could not join: {answer}")
        wait_for(agent.link.online, "the agent is online")
        yield agent
    finally:
        agent.close()


@contextlib.contextmanager
def screens(agent: Agent) -> Iterator[Screens]:
    """All windows of the counter, painted once and at rest."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    qInstallMessageHandler(_say_what_matters)
    app = QApplication.instance() or QApplication([])
    dispatcher = QtDispatcher()
    shown = Screens(agent, dispatcher, SettingsService(agent.settings.folder), version="bench", tray=False)
    shown.open()
    shown.open_rest()
    spin(0.5)
    try:
        yield shown
    finally:
        dispatcher.end()
        shown.close()
        spin(0.05)
        assert app is not None


def _say_what_matters(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """The offscreen platform regrets each time that it has no window manager."""
    if "This plugin does not support" not in text:
        print(text, file=sys.stderr)


class PaintWatch(QObject):
    """Notes the moment right after a paint for which the condition holds; one moment at a time."""

    def __init__(self, condition: Callable[[QObject], bool]) -> None:
        super().__init__()
        self._condition = condition
        self._seen = False
        self.painted_ns: int | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self._seen and self._condition(watched):
            self._seen = True
            # The filter runs before the paint; the next turn of the loop is the first moment after it.
            QTimer.singleShot(0, self._note)
        return False

    def _note(self) -> None:
        self.painted_ns = time.perf_counter_ns()


@contextlib.contextmanager
def watching(condition: Callable[[QObject], bool]) -> Iterator[PaintWatch]:
    """A PaintWatch over every window while the block runs."""
    app = QApplication.instance()
    assert app is not None
    watch = PaintWatch(condition)
    app.installEventFilter(watch)
    try:
        yield watch
    finally:
        app.removeEventFilter(watch)


def spin(seconds: float) -> None:
    """Lets the windows live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def wait_for(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Lets the windows live until the condition holds. Ends the run by name when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds:g} s in vain for: {what}")
        if QApplication.instance() is not None:
            spin(0.005)
        else:
            time.sleep(0.005)


def sale(number: int, wall_ms: int) -> CapturedDocument:
    """A sale of 4,500 won as the capture hands it over; each number is another receipt."""
    printed = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(wall_ms / 1000 + 9 * 3600))
    return CapturedDocument(
        document_id=f"bench-{number}",
        captured_wall_ms=wall_ms,
        source="1",
        reading={
            "kind": "sale",
            "total": 4_500,
            "paid": 4_500,
            "receipt_no": f"{number:06d}",
            "till": "1",
            "time": printed,
        },
        text_digest=f"{number:064x}",
        lines=("아메리카노 1 4,500", "합계 4,500"),
    )


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for one run."""
    with tempfile.TemporaryDirectory(prefix="withfom-bench-") as name:
        yield Path(name)
