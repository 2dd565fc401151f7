"""Streams nobody sends: pieces of real ones cut, swapped, doubled, bent and mixed with commands of absurd length.

Every input goes the whole way from bytes to meaning. None may raise, none may take longer than the limit, and the
answer must not depend on how the bytes came in.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path

from benchmarks._hunted import Hunted, Range
from benchmarks._report import Report
from printers.receipts.reader import read_document
from printers.receipts.reading import Reading
from printers.stream.documents import DocumentCutter
from printers.stream.tokenizer import Tokenizer

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "receipts"
INPUTS = 200_000
PIECES = (3, 6, 12, 12, 25, 60)
SLOW_MS = 100.0
SLOW_AGAIN = 3
PART = 5_000  # inputs of one seed
CRASHED, SLOW, TORN, UNPROVED = "crashed:", "slow", "depends on its chunks", "total without two witnesses"
CHUNKED_EVERY = 8  # inputs of which one is also fed in chunks
LENGTHS = (0, 1, 2, 255, 256, 4_096, 65_535)
OPCODES = b"!$%&*-23<=?@ABCDEGJKLMNQRSTUVW\\acdefilmprstuv{()8/:HIPTbchjkwgqz^"


def pieces_of(stream: bytes) -> list[bytes]:
    """The stream, cut where its tokens end."""
    tokenizer = Tokenizer(payload_keep=64)
    ends = [*accumulate(token.span for token in (*tokenizer.feed(stream), *tokenizer.close()))]
    return [stream[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]


class Mutator:
    """Makes inputs out of samples; the same dice make the same inputs."""

    def __init__(self, samples: Sequence[bytes], dice: random.Random) -> None:
        self._samples = [pieces_of(sample) for sample in samples]
        self._dice = dice

    def input(self) -> bytes:
        dice = self._dice
        sample = dice.choice(self._samples)
        start = dice.randrange(len(sample))
        pieces = list(sample[start : start + dice.randint(1, dice.choice(PIECES))])
        for _ in range(dice.choice((1, 1, 2, 3, 6))):
            self._bend(pieces)
        made = b"".join(pieces)
        return made[: dice.randrange(len(made) + 1)] if dice.random() < 0.1 else made

    def _bend(self, pieces: list[bytes]) -> None:
        dice = self._dice
        at = dice.randrange(len(pieces)) if pieces else 0
        match dice.randrange(9):
            case 0:
                del pieces[at : at + dice.randint(1, 4)]
            case 1:
                pieces[at:at] = pieces[at : at + 3] * dice.choice((1, 2, 9))
            case 2:
                dice.shuffle(pieces)
            case 3:
                other = dice.choice(self._samples)
                begun = dice.randrange(len(other))
                pieces[at:at] = other[begun : begun + dice.randint(1, 12)]
            case 4 if pieces:
                pieces[at] = self._flipped(pieces[at])
            case 5:
                pieces.insert(at, self._command())
            case 6:
                pieces.insert(at, dice.randbytes(dice.randint(1, 24)))
            case 7 if pieces:
                pieces[at] = pieces[at][: dice.randint(0, len(pieces[at]))]
            case _:
                pieces.insert(at, self._amount())

    def _flipped(self, piece: bytes) -> bytes:
        bent = bytearray(piece)
        for _ in range(self._dice.choice((1, 1, 2, 5)) if bent else 0):
            bent[self._dice.randrange(len(bent))] = self._dice.choice(
                (0, 9, 10, 16, 27, 29, 48, 255, self._dice.randrange(256))
            )
        return bytes(bent)

    def _command(self) -> bytes:
        dice = self._dice
        head = bytes((dice.choice((0x1B, 0x1C, 0x1D)), dice.choice(OPCODES)))
        if dice.random() < 0.5:
            return head + dice.randbytes(dice.randrange(9))
        low, high = divmod(dice.choice(LENGTHS), 256)[::-1]
        absurd = (
            b"\x1dv0\x00",
            b"\x1d(L",
            b"\x1d8L",
            b"\x1b*!",
            b"\x1d(k",
            b"\x1c(A",
            b"\x1dk\x49",
            b"\x1cq\x01",
            b"\x1d*",
        )
        return dice.choice(absurd) + bytes((low, high, low, high)) + dice.randbytes(dice.randrange(6))

    def _amount(self) -> bytes:
        dice = self._dice
        label = dice.choice(
            ("합계", "결제금액", "신용카드", "현금", "할인", "승인번호", "부가세", "거스름돈", "영수증", "취소")
        )
        amount = dice.choice(
            ("0", "12,500", "-3,000", "9,999,999,999", "１２，５００", "1 2 , 5 0 0", "△500", "(1,000)")
        )
        return f"{label}{' ' * dice.randrange(30)}{amount}\n".encode("cp949", "replace")


def readings(stream: bytes, chunks: int) -> list[Reading]:
    cutter = DocumentCutter()
    step = max(len(stream) // chunks, 1)
    documents = [found for at in range(0, len(stream), step) for found in cutter.feed(stream[at : at + step])]
    return [reading for document in [*documents, *cutter.close()] for reading in read_document(document)]


@cache
def samples() -> list[bytes]:
    """The recorded receipts and papers of invented tills."""
    from tests.printers.receipts.invented.papers import paper

    recorded = [path.read_bytes() for path in sorted(GOLDEN.glob("*.bin"))]
    return [*(stream for stream in recorded if len(stream) < 4_000), *(paper(number).stream for number in range(120))]


def hunt(part: Range) -> Hunted:
    """What happened to the inputs of these numbers; the first number is the seed of them all."""
    found = Hunted(ranges=[part])
    begun = time.process_time()
    mutator = Mutator(samples(), random.Random(part[0]))
    for place in range(part[1] - part[0]):
        stream = mutator.input()
        found.inputs += 1
        found.size_bytes += len(stream)
        try:
            _hunt_one(stream, place, found)
        except Exception as error:
            found.fault(f"{CRASHED} {type(error).__name__}", stream)
    found.cpu_s = time.process_time() - begun
    return found


def _hunt_one(stream: bytes, place: int, found: Hunted) -> None:
    """Counts what the stream says. Raises what it makes the reader raise."""
    answer, spent_ms = _timed(stream)
    if spent_ms > SLOW_MS:  # once more: what the machine did meanwhile is not the reader's
        spent_ms = min(spent_ms, *(_timed(stream)[1] for _ in range(SLOW_AGAIN)))
    if spent_ms > SLOW_MS:
        found.fault(SLOW, stream)
    if spent_ms > found.slowest_ms:
        found.slowest_ms, found.slowest = spent_ms, stream.hex()
    found.documents.update([reading.kind for reading in answer])
    if place % CHUNKED_EVERY == 0 and readings(stream, 1 + place % 50) != answer:
        found.fault(TORN, stream)
    if any(reading.total is not None and len(reading.witnesses) < 2 for reading in answer):
        found.fault(UNPROVED, stream)


def _timed(stream: bytes) -> tuple[list[Reading], float]:
    """The readings, and the milliseconds of the processor they took."""
    begun = time.process_time()
    answer = readings(stream, 1)
    return answer, 1e3 * (time.process_time() - begun)


def campaign(whole: Range, jobs: int, kept: Path | None) -> Hunted:
    """Hunts over a range of inputs in so many processes; goes on where the report that is `kept` ends."""
    found = Hunted.read(kept) if kept is not None and kept.exists() else Hunted()
    parts = found.missing(whole, PART)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for part in map(hunt, parts) if jobs == 1 else pool.map(hunt, parts):
            found.include(part)
            if kept is not None:
                found.write(kept)
    return found


def tell(found: Hunted, report: Report) -> None:
    """The sums beside their goals, and one input of each fault."""
    ranges = ", ".join(f"{begin:,} to {end - 1:,}" for begin, end in found.ranges)
    a_second = found.inputs / max(found.cpu_s, 0.001)
    report.figure(
        "inputs", f"{found.inputs:,} ({ranges}), {found.size_bytes:,} bytes, {a_second:,.0f} a second of a core"
    )
    crashes = sum(count for name, count in found.faults.items() if name.startswith(CRASHED))
    report.goal("crashes", crashes, at_most=0, unit="")
    report.goal("answers that depend on the chunks", found.faults[TORN], at_most=0, unit="")
    report.goal("totals without two witnesses", found.faults[UNPROVED], at_most=0, unit="")
    report.goal(f"inputs above {SLOW_MS:g} ms", found.faults[SLOW], at_most=0, unit="")
    report.goal("slowest input", found.slowest_ms, at_most=SLOW_MS, unit="ms")
    for name, kept in found.inputs_of.items():
        report.figure(name, kept[0])
    report.figure("documents", ", ".join(f"{kind} {count:,}" for kind, count in found.documents.most_common()))


def main() -> int:
    """Runs the hunt, or adds up parts; 1 when an input crashed, was too slow, torn, or believed without witnesses."""
    parser = argparse.ArgumentParser(prog="reading_fuzz")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="N", help="the first input's number (0)")
    parser.add_argument("--inputs", type=int, default=INPUTS, metavar="M", help=f"how many inputs ({INPUTS:,})")
    parser.add_argument("--jobs", type=int, default=1, metavar="J", help="processes at once (1)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="keep the sums there; goes on where FILE ends")
    parser.add_argument("--add", type=Path, nargs="+", metavar="FILE", help="only add up reports of earlier runs")
    args = parser.parse_args()
    report = Report("reading_fuzz")
    if args.add:
        found = Hunted()
        for path in args.add:
            found.include(Hunted.read(path))
    else:
        found = campaign((args.first, args.first + args.inputs), args.jobs, args.report)
    tell(found, report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
