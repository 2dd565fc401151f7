"""Every recorded receipt is read exactly as its truth says, at any chunking (PNT-06, PNT-07, PNT-09)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from printers.receipts.reader import read_document
from printers.receipts.reading import Reading
from printers.stream.documents import DocumentCutter, documents_of

FOLDER = Path(__file__).parents[2] / "golden" / "receipts"
NAMES = sorted(path.stem for path in FOLDER.glob("*.bin"))
# Facts of a truth that a reading does not promise to tell.
NOT_TOLD = {"supply", "biz_no", "shop", "reprint_at", "detectable_only_by_duplicate_numbers", "vat"}


def truth_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def stream_of(name: str) -> bytes:
    return (FOLDER / f"{name}.bin").read_bytes()


def read_in_chunks(stream: bytes, cuts: Iterable[int]) -> list[Reading]:
    cutter = DocumentCutter()
    edges = [0, *sorted(cuts), len(stream)]
    documents = [document for start, end in pairwise(edges) for document in cutter.feed(stream[start:end])]
    return [reading for document in [*documents, *cutter.close()] for reading in read_document(document)]


def told(expected: dict[str, Any]) -> dict[str, Any]:
    """A truth in the form of a reading: item names without blanks, payments without what is not promised."""
    found = {name: value for name, value in expected.items() if name not in NOT_TOLD}
    found["payments"] = [
        {key: value for key, value in payment.items() if key in ("method", "amount", "approval_no")}
        for payment in expected["payments"]
    ]
    found["items"] = without_blanks(expected["items"])
    return found


def without_blanks(items: list[dict[str, Any]]) -> Any:
    return json.loads(json.dumps(items, ensure_ascii=False).replace(" ", ""))


def compared(reading: Reading, expected: dict[str, Any]) -> dict[str, Any]:
    found = reading.to_dict()
    found["items"] = without_blanks(found["items"])
    return {name: found.get(name) for name in expected}


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("x", "r02"))])
@pytest.mark.parametrize("chunking", ["whole", "bytes", "blocks of 64", "adversarial"])
def test_every_truth_is_read_exactly_at_any_chunking(name: str, chunking: str) -> None:
    stream, truth = stream_of(name), truth_of(name)
    cuts = {
        "whole": (),
        "bytes": range(1, len(stream)),
        "blocks of 64": range(64, len(stream), 64),
        "adversarial": truth["stream"]["adversarial_splits"],
    }[chunking]

    readings = read_in_chunks(stream, cuts)

    expected = [told(document) for document in truth["documents"]]
    assert [compared(reading, wanted) for reading, wanted in zip(readings, expected, strict=True)] == expected


@pytest.mark.parametrize("name", NAMES)
def test_documents_end_where_the_truth_says(name: str) -> None:
    assert [document.end for document in documents_of(stream_of(name))] == (
        truth_of(name)["stream"]["document_end_offsets"]
    )


def test_an_unmarked_duplicate_reads_as_the_sale_it_repeats() -> None:
    """PNT-09: nothing on the paper tells them apart; the numbers do, later."""
    (duplicate,) = read_in_chunks(stream_of("r02_reprint_unmarked_duplicate_of_s01"), ())
    (sale,) = read_in_chunks(stream_of("s01_sale_card_42col_cp949"), ())

    assert duplicate == sale
    assert duplicate.kind == "sale"


def test_a_picture_of_a_receipt_is_unknown_and_never_a_number() -> None:
    (reading,) = read_in_chunks(stream_of("x01_raster_only_gs_v_0"), range(0, 29_969, 1_000))

    assert (reading.kind, reading.total, reading.paid) == ("unknown", None, None)


def test_every_known_total_has_two_witnesses() -> None:
    for name in NAMES:
        for reading in read_in_chunks(stream_of(name), ()):
            if reading.total is not None:
                assert len(reading.witnesses) >= 2, name
