"""No card number survives in what is kept or logged, however a till tears it apart (R7, R8; reliability case 53)."""

from __future__ import annotations

import json
import logging
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from printers.capture import spool
from printers.capture.copies import BYTES, CLOSE, OPEN, CopyReader
from printers.capture.counters import Counters
from tests.printers.capture.leaky_tills import Leak, leak

QUICK = 80  # of the ten thousand that a thorough run takes
RECEIPTS = int(os.environ.get("WITHFOM_RECEIPTS", 2_000))  # ten thousand by night


def kept(folder: Path, found: Leak, number: int) -> str:
    """Everything that is written of a leaking paper, sent in packets cut anywhere."""
    dice = random.Random(number)
    reader = CopyReader(
        folder,
        source="1",
        counters=Counters(),
        wall_ms=lambda: 1_700_000_000_000,
        monotonic=lambda: 0.0,
        new_id=lambda: "x",
    )
    reader.take(OPEN, 1, b"")
    at = 0
    while at < len(found.stream):
        size = dice.choice((1, 3, 7, 64, 2_000))
        reader.take(BYTES, 1, found.stream[at : at + size])
        at += size
    reader.take(CLOSE, 1, b"")
    written = ""
    for path in spool.pending(folder):
        written += path.read_text(encoding="utf-8")
        path.unlink()
    return written


def survives(secret: str, written: str) -> bool:
    """Whether the digits stand in a row anywhere in the file, whatever parts them: in a text, or across rows."""
    if not written:
        return False
    strings: list[str] = []

    def collect(value: object) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)
            strings.append(" ".join(inner for inner in value if isinstance(inner, str)))
        else:
            strings.append(str(value))

    for document in written.replace("}{", "}\n{").split("\n"):
        collect(json.loads(document))
    return any(secret in "".join(letter for letter in text if letter.isdigit()) for text in strings)


def hunt(folder: Path, numbers: range) -> Counter[str]:
    """The ways whose number survived, with how often."""
    survived: Counter[str] = Counter()
    for number in numbers:
        found = leak(number)
        if survives(found.secret, kept(folder, found, number)):
            survived[found.way] += 1
    return survived


@pytest.mark.thorough
@pytest.mark.expect_log("unmasked_card_seen")
def test_no_card_number_survives_the_capture(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert hunt(tmp_path, range(QUICK)) == {}

    logged = "".join(letter for letter in caplog.text if letter.isdigit())
    assert not any(leak(number).secret in logged for number in range(QUICK))


@pytest.mark.thorough
@pytest.mark.timeout(3_600)
@pytest.mark.expect_log("unmasked_card_seen")
def test_of_thousands_of_receipts_none_keeps_a_card_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """R8"""
    with caplog.at_level(logging.DEBUG):
        assert hunt(tmp_path, range(RECEIPTS)) == {}

    logged = "".join(letter for letter in caplog.text if letter.isdigit())
    assert not any(leak(number).secret in logged for number in range(RECEIPTS))


def test_the_hunt_sees_a_number_that_was_kept() -> None:
    assert survives("411111111111", '{"lines": ["카드 4111 1111", "1111-1111"]}')
    assert not survives("411111111111", '{"lines": ["카드 **** ****", "****-1111"]}')
