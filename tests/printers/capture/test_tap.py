"""The tap never makes the pump wait, and says honestly when it dropped copies (reliability case 46)."""

from __future__ import annotations

import threading
from pathlib import Path

from printers.capture.copies import BYTES, CLOSE, LOST, OPEN
from printers.capture.counters import Counters
from printers.capture.tap import QueueTap
from tests.helpers.waiting import wait_until
from tests.printers.capture.line import cable, read_exactly

GOLDEN = Path(__file__).parents[2] / "golden" / "receipts"


class SlowReader:
    """Holds every delivery until the test lets go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.events: list[tuple[str, int, int]] = []

    def take(self, kind: str, session: int, chunk: bytes) -> None:
        self.go_on.wait(20)
        self.events.append((kind, session, len(chunk)))


def test_a_stuck_reader_costs_copies_and_never_the_printing() -> None:
    reader, counters = SlowReader(), Counters()
    tap = QueueTap(reader.take, counters=counters, queue_bytes_max=20_000)
    tap.start()
    with cable(tap, counters=counters) as line, line.pos() as pos:
        for _ in range(200):
            pos.sendall(b"x" * 1_000 + b"\x10\x04\x01")
            assert read_exactly(pos, 1) == b"\x12"
        assert counters.dropped_copies > 0
        reader.go_on.set()
    tap.stop()

    kinds = [kind for kind, _, _ in reader.events]
    assert kinds[0] == OPEN
    assert kinds[-1] == CLOSE
    assert kinds.count(LOST) >= 1
    assert sum(size for kind, _, size in reader.events if kind == BYTES) < 200 * 1_003


def test_after_a_loss_the_reader_hears_of_it_before_the_next_bytes() -> None:
    reader, counters = SlowReader(), Counters()
    tap = QueueTap(reader.take, counters=counters, queue_bytes_max=10)
    tap.opened(1)
    tap.copied(1, b"12345678")
    tap.copied(1, b"too much")
    tap.copied(1, b"again too much")
    tap.copied(1, b"ok")
    reader.go_on.set()
    tap.start()
    tap.stop()

    assert reader.events == [(OPEN, 1, 0), (BYTES, 1, 8), (LOST, 1, 0), (BYTES, 1, 2)]
    assert counters.dropped_copies == 2


def test_ticks_come_while_nothing_is_printed() -> None:
    ticks: list[int] = []
    finished = threading.Event()
    tap = QueueTap(
        lambda _kind, _session, _chunk: None,
        counters=Counters(),
        tick=lambda: ticks.append(1),
        finish=finished.set,
    )
    tap.start()
    wait_until(lambda: len(ticks) >= 2, "two ticks")
    tap.stop()

    assert finished.is_set()
