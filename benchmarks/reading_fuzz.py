"""Streams nobody sends: pieces of real ones cut, swapped, doubled, bent and mixed with commands of absurd length.

Every input goes the whole way from bytes to meaning. None may raise, none may take longer than the limit, and the
answer must not depend on how the bytes came in.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks._report import Report
from printers.receipts.reader import read_document
from printers.receipts.reading import Reading
from printers.stream.documents import DocumentCutter
from printers.stream.tokenizer import Tokenizer

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "receipts"
INPUTS = 200_000
PIECES = (3, 6, 12, 12, 25, 60)
SLOW_MS = 100.0
CHUNKED_EVERY = 8  # inputs of which one is also fed in chunks
LENGTHS = (0, 1, 2, 255, 256, 4_096, 65_535)
OPCODES = b"!$%&*-23<=?@ABCDEGJKLMNQRSTUVW\\acdefilmprstuv{()8/:HIPTbchjkwgqz^"


def pieces_of(stream: bytes) -> list[bytes]:
    """The stream, cut where its tokens end."""
    tokenizer = Tokenizer(payload_keep=64)
    ends = [token.end for token in (*tokenizer.feed(stream), *tokenizer.close())]
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


def samples() -> list[bytes]:
    """The recorded receipts and papers of invented tills."""
    from tests.printers.receipts.invented.papers import paper

    recorded = [path.read_bytes() for path in sorted(GOLDEN.glob("*.bin"))]
    return [*(stream for stream in recorded if len(stream) < 4_000), *(paper(number).stream for number in range(120))]


def hunt(first: int, inputs: int, report: Report) -> tuple[Counter[str], float]:
    """Counts of what happened and the slowest input in milliseconds. Raises what an input makes the reader raise."""
    happened: Counter[str] = Counter()
    slowest = 0.0
    pool = samples()
    for number in range(first, first + inputs, 10_000):
        mutator = Mutator(pool, random.Random(number))
        for place in range(min(10_000, first + inputs - number)):
            stream = mutator.input()
            begun = time.process_time()
            try:
                found = readings(stream, 1)
            except Exception:
                report.figure("crashed on", stream.hex())
                raise
            spent_ms = 1e3 * (time.process_time() - begun)
            if spent_ms > slowest:
                slowest = spent_ms
                if spent_ms > SLOW_MS:
                    report.figure(f"slow: {spent_ms:.0f} ms", stream.hex())
            happened.update(reading.kind for reading in found)
            happened["inputs"] += 1
            if place % CHUNKED_EVERY == 0 and readings(stream, 1 + place % 50) != found:
                report.figure("chunking changes the answer", stream.hex())
                happened["torn"] += 1
            if any(reading.total is not None and len(reading.witnesses) < 2 for reading in found):
                happened["total without witnesses"] += 1
    return happened, slowest


def main() -> int:
    """Runs the hunt; 1 when an input was too slow, answered differently in chunks, or believed without witnesses."""
    parser = argparse.ArgumentParser(prog="reading_fuzz")
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--first", type=int, default=0, help="another number makes other inputs")
    args = parser.parse_args()
    report = Report("reading_fuzz")
    happened, slowest = hunt(args.first, args.inputs, report)
    report.figure("inputs", f"{happened.pop('inputs'):,}, none raised")
    report.goal("answers that depend on the chunks", happened.pop("torn", 0), at_most=0, unit="")
    report.goal("totals without two witnesses", happened.pop("total without witnesses", 0), at_most=0, unit="")
    report.goal("slowest input", slowest, at_most=SLOW_MS, unit="ms")
    report.figure("documents", ", ".join(f"{kind} {count:,}" for kind, count in happened.most_common()))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
