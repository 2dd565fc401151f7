"""Owns a printer for tests: the emulator behind a real socket, which can be switched off and on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from printers.emulator.paper import Page
from printers.emulator.printer import EmulatedPrinter


class SocketPrinter:
    """One client at a time, as real printers; ``silent`` takes bytes and never answers."""

    def __init__(self) -> None:
        self.emulator = EmulatedPrinter()
        self.silent = False
        self.pages: list[Page] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def switch_on(self) -> None:
        if self._listener.fileno() == -1:
            self._listener = socket.create_server(("127.0.0.1", self.port))
        self._ending.clear()
        self._thread = threading.Thread(target=self._serve, name="printer")
        self._thread.start()

    def switch_off(self) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._listener.close()

    def texts(self) -> list[str]:
        self.pages += self.emulator.take_pages()
        return [page.text() for page in self.pages]

    def _serve(self) -> None:
        self._listener.settimeout(0.02)
        while not self._ending.is_set():
            try:
                client, _address = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with client, contextlib.suppress(OSError):
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        client.settimeout(0.02)
        while not self._ending.is_set():
            try:
                chunk = client.recv(65_536)
                if not chunk:
                    return
                self.emulator.receive(chunk)
            except TimeoutError:
                pass
            answers = self.emulator.take_answers()
            if answers and not self.silent:
                client.sendall(answers)


@contextmanager
def printer() -> Iterator[SocketPrinter]:
    found = SocketPrinter()
    found.switch_on()
    try:
        yield found
    finally:
        found.switch_off()
