"""What a printed document means for points, and the one fingerprint of a receipt (PNT-06, 07, 09)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from rules.keyed import keyed_hex

PAIRING_WINDOW_MS = 180_000  # PNT-08: number and receipt meet within three minutes, in either order
TEXT_FINGERPRINT_WINDOW_MS = 600_000  # without any number on it, equal text within ten minutes is a reprint


class DocumentVerdict(StrEnum):
    EARN = "earn"
    REVERSE = "reverse"
    IGNORE = "ignore"
    ASK = "ask"


# Kinds as the receipt reader names them. Only a sale earns and only a full cancel takes back by itself; what is
# partly returned or was read without certainty is a question for a person, never a guess.
_VERDICTS = {
    "sale": DocumentVerdict.EARN,
    "reprint": DocumentVerdict.EARN,  # its fingerprint equals its sale's; it earns only if the sale was never seen
    "cancel": DocumentVerdict.REVERSE,
    "refund": DocumentVerdict.REVERSE,
    "partial_refund": DocumentVerdict.ASK,
    "unknown": DocumentVerdict.ASK,
}


def verdict(kind: str, paid_won: int | None) -> DocumentVerdict:
    """What to do with a document of this kind; everything that is not a payment is ignored."""
    found = _VERDICTS.get(kind, DocumentVerdict.IGNORE)
    if found is DocumentVerdict.EARN and paid_won is None:
        return DocumentVerdict.ASK
    if found is DocumentVerdict.EARN and paid_won is not None and paid_won <= 0:
        return DocumentVerdict.IGNORE
    return found


def approval_tag(store_key: bytes, approval_no: str) -> str:
    """A keyed stand-in for a card approval number, so that the number itself is never stored (R7)."""
    return keyed_hex(store_key, "approval:" + approval_no)[:24]


def business_date(printed_at: datetime) -> str:
    """The store's business date of a printed local time; until opening hours are known, the calendar day."""
    return printed_at.date().isoformat()


def fingerprint(
    store_key: bytes,
    *,
    date: str | None,
    receipt_no: str | None,
    till: str | None,
    total_won: int,
    approval_tags: Sequence[str],
    text_digest: str,
) -> str:
    """The identity of a receipt, equal for a sale, its reprint and its copies (design: one fingerprint everywhere).

    (business date, receipt number, till, |total|, approvals); without a number: approvals + |total|; without
    those: the digest of the text, which callers treat as equal only within ten minutes. The key is the store's,
    so fingerprints of two stores never meet and nobody can enumerate them.
    """
    tags = ",".join(sorted(approval_tags))
    amount = str(abs(total_won))
    if receipt_no:
        parts = ["no", date or "", receipt_no, till or "", amount, tags]
    elif approval_tags:
        parts = ["approvals", tags, amount]
    else:
        parts = ["text", text_digest, amount]
    return keyed_hex(store_key, "\x1f".join(parts))
