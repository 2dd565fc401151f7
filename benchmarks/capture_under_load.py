"""What the capture costs a till while everything around it is busy, against the direct line in the same run.

Four captures pass receipts on to four printers, the reader behind the measured one gets more than it can read, and a
counter builds its screens without a pause.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

from benchmarks._programs import free_port, running
from benchmarks._report import Report, percentile
from benchmarks.capture_latency import STATUS, connect, receipt, round_trip_ms

ROUNDS = 1_500
WARM_UP = 50
PAUSE_S = 0.004
TILL_EVERY_S = 0.1  # a receipt at each of three more tills: twenty times what a counter does
PEGGED_EVERY_S = 0.002  # a second connection of the measured printer: more than its reader can read
PEGGED_CHUNK = b"\x1b!\x08A\x1b!\x00B\n" * 400  # five commands a line: a stream that costs much to read
P99_ADDED_MS = 10.0
BLOCKED_MS = 50.0


@contextlib.contextmanager
def captured_printer(folder: str) -> Iterator[int]:
    """A printer with a capture before it; the port where a POS prints."""
    printer, listen = free_port(), free_port()
    with (
        running("benchmarks._peer_printer", str(printer)),
        running(
            "withfom", "capture", "--listen", f"127.0.0.1:{listen}", "--printer", f"127.0.0.1:{printer}",
            "--spool", folder,
        ),
    ):  # fmt: skip
        yield listen


def print_for_ever(port: int, chunk: bytes, every_s: float, stop: threading.Event) -> threading.Thread:
    """A till on a thread of its own."""

    def till() -> None:
        with connect(port) as session, contextlib.suppress(OSError):
            while not stop.wait(every_s):
                session.sendall(chunk)

    thread = threading.Thread(target=till, daemon=True)
    thread.start()
    return thread


def measure(
    direct: socket.socket, proxied: socket.socket, sent: bytes, answers: int
) -> tuple[list[float], list[float]]:
    """Both ways in turn."""
    samples: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + WARM_UP):
        for session, kept in zip((direct, proxied), samples, strict=True):
            elapsed = round_trip_ms(session, sent, answers)
            if number >= WARM_UP:
                kept.append(elapsed)
            time.sleep(PAUSE_S)
    return samples


def main() -> int:
    """Both measurements under load; 1 when a goal is missed."""
    report = Report("capture_under_load")
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)) for _ in range(5)]
        direct_port = free_port()
        stack.enter_context(running("benchmarks._peer_printer", str(direct_port)))
        ports = [stack.enter_context(captured_printer(folder)) for folder in folders[:4]]
        stack.enter_context(running("benchmarks._busy_screens", folders[4]))
        tills = [print_for_ever(port, receipt(), TILL_EVERY_S, stop) for port in ports[1:]]
        tills.append(print_for_ever(ports[0], PEGGED_CHUNK, PEGGED_EVERY_S, stop))
        direct, proxied = stack.enter_context(connect(direct_port)), stack.enter_context(connect(ports[0]))
        for what, sent, answers in (("status, 4 bytes", STATUS, 4), ("receipt, 2 KB", receipt(), 1)):
            one, two = measure(direct, proxied, sent, answers)
            for name, share in (("p50", 0.5), ("p99", 0.99)):
                both = f"{percentile(one, share):.2f} / {percentile(two, share):.2f} ms"
                report.figure(f"{what} {name}: direct / capture", both)
            report.figure(f"{what} longest: direct / capture", f"{max(one):.2f} / {max(two):.2f} ms")
            added = percentile(two, 0.99) - percentile(one, 0.99)
            report.goal(f"{what}: p99 added", added, at_most=P99_ADDED_MS, unit="ms")
            report.goal(f"{what}: longest, beyond the direct one", max(two) - max(one), at_most=BLOCKED_MS, unit="ms")
        stop.set()
        for thread in tills:
            thread.join(5)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
