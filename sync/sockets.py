"""Owns the list of sockets a client has open, so that another thread can end a read that waits."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

# What httpcore reports when a connection stands; after TLS the first socket is replaced by the wrapped one.
_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class OpenSockets:
    """Closing a socket does not wake a thread that waits in it; shutting it down does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._shut = False

    def trace(self, event: str, details: dict[str, Any]) -> None:
        """httpx's ``trace`` extension."""
        if event not in _CONNECTED:
            return
        connected = details["return_value"].get_extra_info("socket")
        if not isinstance(connected, socket.socket):
            return
        with self._lock:
            self._sockets = [known for known in self._sockets if known.fileno() != -1]
            self._sockets.append(connected)
            late = self._shut
        if late:
            _shut(connected)

    def shut_down(self) -> None:
        """Ends every connection, also those that are only being made."""
        with self._lock:
            self._shut = True
            known, self._sockets = self._sockets, []
        for connected in known:
            _shut(connected)


def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is gone already
        # The plain socket's shutdown: the TLS one would take its state away from under the waiting thread.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
