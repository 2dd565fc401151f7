"""Follows a settings file while it is served: what comes next, and the one listening socket as long as it fits."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from printers.capture.ends import Address, listen_on
from printers.capture.named import parse_entrance
from printers.capture.settings import CaptureSettings, read_settings
from printers.capture.status import read_status

LOOK_S: Final = 1.0  # how soon a change is taken over
GAP_WAIT_S: Final = 5.0  # so long a change waits for a receipt in progress; some POS never hang up


class Follower:
    """What a settings file says now (`served`), and when to stop for what it says next (`next`). A file that is gone,
    broken or wrong says nothing, and an address that cannot be had is waited for: the shop goes on printing as it did.
    """

    def __init__(self, path: Path, served: CaptureSettings, spool: Path, *, look_s: float = LOOK_S) -> None:
        self.served = served
        self.next: CaptureSettings | None = None
        self.ended = threading.Event()  # somebody wants the whole program to end
        self._path, self._spool, self._look_s = path, spool, look_s
        self._listener: tuple[str, socket.socket] | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, on_change: Callable[[], None]) -> None:
        """Look at the file until `stop`; `on_change` is called once, when `next` is there."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(on_change,), name="capture-settings", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def go_on(self) -> bool:
        """Serve what comes next; False when nothing does."""
        if self.next is None or self.ended.is_set():
            self.drop_listener()
            return False
        self.served, self.next = self.next, None
        return True

    def listener(self, address: Address) -> socket.socket:
        """The socket on this address, kept over a change: a POS that calls meanwhile waits in its queue. Raises OSError
        as `listen_on` does."""
        if self._listener is not None and self._listener[0] == str(address) and self._listener[1].fileno() >= 0:
            return self._listener[1]
        self.drop_listener()
        self._listener = str(address), listen_on(address)
        return self._listener[1]

    def drop_listener(self) -> None:
        if self._listener is not None:
            self._listener[1].close()
        self._listener = None

    def _run(self, on_change: Callable[[], None]) -> None:
        while not self._stopping.wait(self._look_s):
            found = read_settings(self._path)
            if not isinstance(found, CaptureSettings) or found == self.served or found.problem() is not None:
                continue
            if found.on and not self._can_be_had(found):
                continue
            self._wait_for_a_gap()
            self.next = found
            on_change()
            return

    def _can_be_had(self, found: CaptureSettings) -> bool:
        wanted, ours = parse_entrance(found.listen), parse_entrance(self.served.listen)
        if not isinstance(wanted, Address) or (isinstance(ours, Address) and ours.port == wanted.port):
            return True  # a cable is opened when it is there; our own port becomes free with us
        try:
            listen_on(wanted).close()
        except OSError:
            return False
        return True

    def _wait_for_a_gap(self) -> None:
        waited_s = 0.0
        while waited_s < GAP_WAIT_S and (status := read_status(self._spool)) is not None and status.sessions:
            if self._stopping.wait(self._look_s / 4):
                return
            waited_s += self._look_s / 4
