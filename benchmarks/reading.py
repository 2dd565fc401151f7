"""How fast a stream is taken apart and a receipt is read: bytes a second, milliseconds a receipt, growth with length.

Times are those of the processor, so that another program beside it does not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks._report import Report, median, percentile
from printers.receipts.reader import read_document
from printers.stream.documents import documents_of
from printers.stream.tokenizer import Tokenizer

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "receipts"
CHUNK_BYTES = 8_192
STREAM_BYTES = 4_000_000
SAMPLE_BYTES = 400_000
PAPERS = 1_500
TOKENS_MB_S = 5.0
READ_P99_MS = 20.0
GROWTH_MAX = 1.5  # time of ten times the rows, a row, against the short receipt
_HEAD = "느린오후 커피\n사업자:214-87-00341\n판매일:2026-11-20 14:03:22  POS:01\n영수증번호:20261120-01-0057\n"
_GOOD = "아메리카노(ICE)       4,500    2     9,000\n"


def receipt(goods: int) -> bytes:
    """A receipt with so many rows of goods, as a till sends it: sizes, positions, emphasis and a picture."""
    total = f"{9_000 * goods:,}"
    rows = "------------------------------------------\n상품명                 단가 수량      금액\n" + _GOOD * goods
    tail = (
        f"\x1b!\x10합    계\x1b$\x50\x01{total}\x1b!\x00\n신용카드\x1b$\x50\x01{total}\n승인번호\x1b$\x50\x0130127744\n"
    )
    picture = b"\x1dv0\x00\x30\x00\x40\x00" + bytes(0x30 * 0x40)
    text = (_HEAD + rows + tail).encode("cp949")
    return b"\x1b@\x1c&" + picture + b"\x1ba\x01\x1bE\x01\x1ba\x00\x1bE\x00" + text + b"\x1bd\x04\x1dVB\x00"


def spent(work: Callable[[], object]) -> float:
    """Seconds of the processor."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def tokens(report: Report) -> None:
    """Text and pictures apart: a picture is passed over, text is work."""
    whole = receipt(30)
    text = whole.replace(whole[whole.index(b"\x1dv0") : whole.index(b"\x1ba\x01")], b"")
    recorded = {path.stem: path.read_bytes() for path in sorted(GOLDEN.glob("[!x]*.bin"))}
    for name, one in (("a picture each", whole), ("text alone", text), ("recorded ones", b"".join(recorded.values()))):
        _cut_at(report, f"receipts, {name}", _mb_a_second(one, STREAM_BYTES))
    speeds = {name: _mb_a_second(one, SAMPLE_BYTES) for name, one in recorded.items()}
    densest = min(speeds, key=speeds.__getitem__)
    _cut_at(report, f"the densest, {densest[:3]}", speeds[densest])


def _mb_a_second(one: bytes, size: int) -> float:
    """The sample over and over, about so many bytes of it."""
    stream = one * max(size // len(one), 1)
    return len(stream) / 1e6 / min(spent(partial(cut, stream)) for _ in range(5))


def _cut_at(report: Report, what: str, mb_a_second: float) -> None:
    report.goal(f"{what}: seconds of 5 MB", 5 / mb_a_second, at_most=5 / TOKENS_MB_S, unit="s")
    report.figure(f"{what}: tokenizer", f"{mb_a_second:.1f} MB/s")


def cut(stream: bytes) -> None:
    tokenizer = Tokenizer(payload_keep=64)
    for at in range(0, len(stream), CHUNK_BYTES):
        tokenizer.feed(stream[at : at + CHUNK_BYTES])


def reads(report: Report) -> None:
    """Papers of invented tills, each from its bytes to its meaning."""
    from tests.printers.receipts.invented.papers import paper

    samples = []
    for number in range(PAPERS):
        stream = paper(number).stream
        samples.append(1e3 * spent(partial(read, stream)))
    report.figure("a receipt from bytes to meaning: p50", f"{median(samples):.2f} ms")
    report.goal("a receipt from bytes to meaning: p99", percentile(samples, 0.99), at_most=READ_P99_MS, unit="ms")


def read(stream: bytes) -> None:
    for document in documents_of(stream):
        read_document(document)


def growth(report: Report) -> None:
    """Linear: a receipt of ten times the rows costs about ten times as much."""
    short, long = 100, 1_000
    cost = {rows: min(spent(partial(read, receipt(rows))) for _ in range(5)) / rows for rows in (short, long)}
    report.figure(f"a row of {short} / of {long}", f"{1e6 * cost[short]:.0f} / {1e6 * cost[long]:.0f} µs")
    report.goal(f"a row of {long} against one of {short}", cost[long] / cost[short], at_most=GROWTH_MAX, unit="times")


def main() -> int:
    """Runs all three; 1 when a goal is missed."""
    report = Report("reading")
    tokens(report)
    reads(report)
    growth(report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
