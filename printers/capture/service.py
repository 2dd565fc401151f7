"""The composition root of the capture process: one listening socket, pump, tap and status."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from printers.capture.counters import Counters
from printers.capture.link import ReaderProcess
from printers.capture.pump import LOOPBACK, Address, Network, Pump
from printers.capture.status import StatusWriter
from printers.capture.tap import QueueTap


class CaptureService:
    """Runs until `stop`; `serve` blocks the calling thread. Reading happens in the process `reader_command` starts."""

    def __init__(
        self,
        listener: socket.socket,
        printer: Address,
        folder: Path,
        *,
        till: str,
        wall_ms: Callable[[], int],
        monotonic: Callable[[], float],
        reader_command: Sequence[str],
        reader_options: dict[str, Any] | None = None,
        allowed: Iterable[Network] = LOOPBACK,
    ) -> None:
        host, port = listener.getsockname()[:2]
        self.address = Address(host, port)
        self.counters = Counters()
        self.reader = ReaderProcess(reader_command, counters=self.counters, monotonic=monotonic, options=reader_options)
        self._tap = QueueTap(
            self.reader.deliver, counters=self.counters, tick=self.reader.tick, finish=self.reader.finish
        )
        self._pump = Pump(listener, printer, tap=self._tap, counters=self.counters, allowed=allowed)
        self._status = StatusWriter(
            folder, counters=self.counters, wall_ms=wall_ms, listen=str(self.address), printer=str(printer), till=till
        )

    def serve(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        self.reader.start()
        self._tap.start()
        self._status.start()
        on_ready()
        self._pump.serve()

    def stop(self) -> None:
        """Let sessions end, let the reader finish what has arrived, write the last status."""
        self._pump.stop()
        self._tap.stop()
        self._status.stop()
