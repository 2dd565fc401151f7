"""The composition root of the capture process: one entrance, pump, tap, slips and status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from printers.capture.counters import Counters
from printers.capture.ends import Entrance, Printer
from printers.capture.link import ReaderProcess
from printers.capture.pump import LOOPBACK, Network, Pump
from printers.capture.slips import SlipServer
from printers.capture.status import StatusWriter
from printers.capture.tap import QueueTap


class CaptureService:
    """Runs until `stop`; `serve` blocks the calling thread. Reading happens in the process `reader_command` starts."""

    def __init__(
        self,
        entrance: Entrance,
        printer: Printer,
        folder: Path,
        *,
        till: str,
        wall_ms: Callable[[], int],
        monotonic: Callable[[], float],
        reader_command: Sequence[str],
        reader_options: dict[str, Any] | None = None,
        allowed: Iterable[Network] = LOOPBACK,
        settings: str = "",
    ) -> None:
        self.name = entrance.name
        self.counters = Counters()
        self.reader = ReaderProcess(
            reader_command,
            counters=self.counters,
            monotonic=monotonic,
            options=reader_options,
            on_place=lambda session, taken_bytes, between: self._pump.gate.read_to(session, taken_bytes, between),
        )
        self._tap = QueueTap(
            self.reader.deliver, counters=self.counters, tick=self.reader.tick, finish=self.reader.finish
        )
        self._pump = Pump(
            entrance, printer, tap=self._tap, counters=self.counters, allowed=allowed, monotonic=monotonic
        )
        self._slips = SlipServer(self._pump.gate, self._pump.connect, counters=self.counters)
        self._status = StatusWriter(
            folder,
            counters=self.counters,
            wall_ms=wall_ms,
            listen=self.name,
            printer=str(printer),
            till=till,
            slips_at=str(self._slips.address),
            settings=settings,
        )

    def serve(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        self.reader.start()
        self._tap.start()
        self._slips.start()
        self._status.start()
        on_ready()
        self._pump.serve()

    def stop(self) -> None:
        """Let sessions end, let the reader finish what has arrived, write the last status."""
        self._slips.stop()
        self._pump.stop()
        self._tap.stop()
        self._status.stop()
