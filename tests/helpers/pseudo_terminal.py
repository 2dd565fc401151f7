"""A printer on a pseudo terminal: what a serial line and a USB driver look like to a program."""

from __future__ import annotations

import os
import threading
import tty

from printers.emulator.printer import EmulatedPrinter


class PrinterOnATerminal:
    """The emulated printer behind `path`. `pull` takes the cable out."""

    def __init__(self) -> None:
        self.emulated = EmulatedPrinter()
        self.bytes_taken = 0
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        tty.setraw(self._ours)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self.reading = threading.Event()  # cleared: the buffer is full and the printer reads nothing
        self.reading.set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="terminal-printer", daemon=True)

    def __enter__(self) -> PrinterOnATerminal:
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.pull()

    def say(self, answer: bytes) -> None:
        """Bytes of the printer's own accord."""
        os.write(self._ours, answer)

    def pull(self) -> None:
        """The far end is gone."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join(5)
            os.close(self._ours)
            os.close(self._theirs)

    def _run(self) -> None:
        while not self._stop.wait(0.002):
            if not self.reading.is_set():
                continue
            try:
                chunk = os.read(self._ours, 4096)
            except OSError:
                continue
            self.bytes_taken += len(chunk)
            self.emulated.receive(chunk)
            answer = self.emulated.take_answers()
            if answer:
                os.write(self._ours, answer)
