"""A real Chromium without a window, driven over a pipe: taps, what stands on the page, pictures."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class BrowserProblem(AssertionError):
    """The browser refused a command, or the page threw."""


class Browser:
    """One page. Every call waits for its answer."""

    def __init__(self, send_fd: int, receive_fd: int) -> None:
        self._send_fd, self._receive_fd = send_fd, receive_fd
        self._rest = b""
        self._last = 0
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.do("Page.enable")

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the devtools protocol for the page. Raises BrowserProblem."""
        return self._call(method, params, self._session)

    def _call(self, method: str, params: dict[str, Any], session: str = "") -> dict[str, Any]:
        self._last += 1
        message = {"id": self._last, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._send_fd, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise BrowserProblem(f"{method}: {answer['error']}")
                found: dict[str, Any] = answer["result"]
                return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._receive_fd, 65_536)
            if not more:
                raise BrowserProblem("the browser is gone")
            self._rest += more
        one, self._rest = self._rest.split(b"\0", 1)
        found: dict[str, Any] = json.loads(one)
        return found

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        """A screen of so many pixels, in one of the two themes."""
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.do("Emulation.setEmulatedMedia", features=features)

    def open(self, url: str) -> None:
        self.do("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression, promises awaited."""
        answer = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserProblem(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, script: str, *, ms: int = 20_000) -> Any:
        """Until the expression is true, looked at by the page itself. Raises BrowserProblem."""
        found = self.run(
            f"new Promise((done) => {{ const end = Date.now() + {ms}; const look = () => {{"
            f" const value = ({script}); if (value || Date.now() > end) done(value || null);"
            " else setTimeout(look, 20); }; look(); })"
        )
        if not found:
            raise BrowserProblem(f"never became true: {script}")
        return found

    def tap(self, *ids: str) -> None:
        """A finger on the middle of each of these, one after the other. Raises BrowserProblem for what is covered."""
        for name in ids:
            spot = self.wait_for(
                f"(() => {{ const node = document.getElementById({json.dumps(name)});"
                " if (!node || node.disabled) return null;"
                " const box = node.getBoundingClientRect(); if (!box.width) return null;"
                " const x = box.x + box.width / 2, y = box.y + box.height / 2, top = document.elementFromPoint(x, y);"
                " return node.contains(top) ? { x, y } : null; })()"
            )
            for kind in ("mousePressed", "mouseReleased"):
                self.do("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **spot)

    def picture(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.do("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Chromium with an empty profile; ended with the block."""
    assert CHROMIUM is not None
    commands_out, commands_in = os.pipe()
    answers_out, answers_in = os.pipe()

    def hand_over() -> None:  # the browser reads commands from 3 and writes answers to 4
        spare = os.dup(answers_in)
        os.dup2(commands_out, 3)
        os.dup2(spare, 4)

    process = subprocess.Popen(
        [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=hand_over,
        close_fds=False,
    )
    os.close(commands_out)
    os.close(answers_in)
    try:
        yield Browser(commands_in, answers_out)
    finally:
        process.kill()
        process.wait()
        os.close(commands_in)
        os.close(answers_out)
