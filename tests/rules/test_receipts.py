"""PNT-06, 07, 09: what a document does, and the identity of a receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rules.keyed import keyed_hex
from rules.receipts import DocumentVerdict, approval_tag, business_date, fingerprint, verdict

KEY = b"k" * 32
SALE: dict[str, Any] = {
    "date": "2026-11-20",
    "receipt_no": "20261120-01-0057",
    "till": None,
    "total_won": 17_800,
    "approval_tags": ["a1"],
    "text_digest": "t",
}


@pytest.mark.parametrize(
    ("kind", "paid_won", "expected"),
    [
        ("sale", 4_500, DocumentVerdict.EARN),
        ("reprint", 4_500, DocumentVerdict.EARN),
        ("sale", 0, DocumentVerdict.IGNORE),
        ("sale", None, DocumentVerdict.ASK),
        ("cancel", -4_500, DocumentVerdict.REVERSE),
        ("refund", -4_500, DocumentVerdict.REVERSE),
        ("partial_refund", -500, DocumentVerdict.ASK),
        ("unknown", None, DocumentVerdict.ASK),
        ("kitchen", None, DocumentVerdict.IGNORE),
        ("bill", None, DocumentVerdict.IGNORE),
        ("settlement", None, DocumentVerdict.IGNORE),
        ("queue_ticket", None, DocumentVerdict.IGNORE),
        ("something nobody has heard of", 9_999, DocumentVerdict.IGNORE),
    ],
)
def test_only_a_sale_earns_and_only_a_whole_cancel_takes_back(
    kind: str, paid_won: int | None, expected: DocumentVerdict
) -> None:
    """PNT-07, PNT-09"""
    assert verdict(kind, paid_won) is expected


def test_a_reprint_has_the_fingerprint_of_its_sale() -> None:
    """PNT-09: the printed time and the kind stay out; the order of approvals does not matter."""
    sale = fingerprint(KEY, **SALE | {"approval_tags": ["a1", "b2"]})
    reprint = fingerprint(KEY, **SALE | {"approval_tags": ["b2", "a1"], "text_digest": "other"})
    cancel = fingerprint(KEY, **SALE | {"approval_tags": ["a1", "b2"], "total_won": -17_800})

    assert sale == reprint == cancel


@pytest.mark.parametrize(
    "changed",
    [
        {"date": "2026-11-21"},
        {"receipt_no": "20261120-01-0058"},
        {"till": "02"},
        {"total_won": 17_900},
        {"approval_tags": []},
    ],
)
def test_another_receipt_has_another_fingerprint(changed: dict[str, Any]) -> None:
    """PNT-09"""
    assert fingerprint(KEY, **SALE) != fingerprint(KEY, **SALE | changed)


def test_without_a_number_the_approvals_identify_it_and_without_those_the_text() -> None:
    by_approval = fingerprint(KEY, **SALE | {"receipt_no": None})
    same_other_date = fingerprint(KEY, **SALE | {"receipt_no": None, "date": "2026-11-21"})
    by_text = fingerprint(KEY, **SALE | {"receipt_no": None, "approval_tags": []})
    by_other_text = fingerprint(KEY, **SALE | {"receipt_no": None, "approval_tags": [], "text_digest": "u"})

    assert by_approval == same_other_date
    assert len({by_approval, by_text, by_other_text}) == 3


def test_fingerprints_and_tags_of_two_stores_never_meet() -> None:
    other = b"o" * 32

    assert fingerprint(KEY, **SALE) != fingerprint(other, **SALE)
    assert approval_tag(KEY, "30127744") != approval_tag(other, "30127744")
    assert approval_tag(KEY, "30127744") == approval_tag(KEY, "30127744")
    assert "30127744" not in approval_tag(KEY, "30127744")


def test_the_business_date_is_the_printed_day() -> None:
    assert business_date(datetime(2026, 11, 20, 23, 59, 59)) == "2026-11-20"  # noqa: DTZ001 - a printed local time


def test_the_key_makes_the_stand_in() -> None:
    """RFC 4231, test case 2: what was stored with earlier programs is found again."""
    assert keyed_hex(b"Jefe", "what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert keyed_hex(b"Jefe", "a") != keyed_hex(b"jefe", "a")
