"""Makes what is handed to the agent out of one document: its reading, tags for approvals, and redacted text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from printers.capture.redact import is_kept, redact
from printers.capture.spool import LINES_MAX, CapturedDocument
from printers.receipts.lines import normalise
from printers.receipts.reading import Reading
from printers.stream.page import Page

HANGUL_MIN = 4  # letters; a receipt has hundreds
AMOUNTS_MIN = 2  # rows that end in an amount
BROKEN_SHARE_MAX = 0.1

_PRINTED = ("receipt_no", "till", "order_no", "table", "original_receipt_no")  # copied from the paper as they stand
_AMOUNT = re.compile(r"(?m)(?<!\S)\d{1,3},\d{3}$")
_HANGUL = re.compile(r"[가-힣]")
_STAMPS = re.compile(
    r"재\s*발\s*행|재\s*출\s*력|재\s*인\s*쇄|사\s*본|REPRINT|DUPLICATE|고객용|가맹점용|매장용|출력일시|발행일시", re.I
)
_MOMENT = re.compile(r"\d{2,4}[-/.년]\s?\d{1,2}[-/.월]\s?\d{1,2}일?|\d{1,2}:\d{2}(?::\d{2})?|\b20\d{12}\b")


def is_receipt_like(page: Page, reading: Reading) -> bool:
    """Whether a person should ever see this document: noise that looks like no paper at all is only counted."""
    if reading.kind not in ("unknown", "incomplete"):
        return True
    if page.picture_dots and not page.rows:
        return True
    text = page.text
    letters = sum(not letter.isspace() for letter in text)
    if not letters or text.count("\ufffd") > BROKEN_SHARE_MAX * letters:
        return False
    return len(_HANGUL.findall(text)) >= HANGUL_MIN or len(_AMOUNT.findall(text)) >= AMOUNTS_MIN


def captured(
    page: Page,
    reading: Reading,
    *,
    document_id: str,
    wall_ms: int,
    source: str,
    tag: Callable[[str], str],
) -> tuple[CapturedDocument, int]:
    """The document to hand over, and how many whole card numbers had to be hidden.

    Approval numbers are replaced by tags, in the reading and in the rows. Raises OSError when tags cannot be made.
    """
    numbers = reading.approval_numbers
    original = reading.details.get("original_approval")
    rows = [row.text for row in page.rows[:LINES_MAX]]
    hidden = (*numbers, str(original)) if original else numbers
    redacted = redact(rows, approvals=hidden, delivery=reading.kind == "delivery_order")
    original_no = reading.details.get("original_receipt_no")
    document = CapturedDocument(
        document_id=document_id,
        captured_wall_ms=wall_ms,
        source=source,
        reading=_without_approvals(reading, tag, redacted.lines),
        approval_tags=tuple(tag(number) for number in numbers),
        original_approval_tags=(tag(str(original)),) if original else (),
        original_receipt_no=original_no if original_no and is_kept(original_no, redacted.lines) else None,
        text_digest=text_digest(redacted.lines),
        lines=redacted.lines,
    )
    return document, redacted.full_cards


def _without_approvals(reading: Reading, tag: Callable[[str], str], rows: Sequence[str]) -> dict[str, Any]:
    """The reading as it may be kept: tags for approvals, and no fact that the rows had to hide."""
    found = reading.to_dict()
    del found["approval_numbers"]
    found.pop("original_approval", None)
    for payment in found["payments"]:
        number = payment.pop("approval_no", None)
        if number:
            payment["approval_tag"] = tag(number)
    found["till"] = reading.till
    found["witnesses"] = list(reading.witnesses)
    for name in _PRINTED:
        if found.get(name) and not is_kept(found[name], rows):
            found[name] = None
    found["items"] = [_kept_item(item, rows) for item in found["items"]]
    return found


def _kept_item(item: dict[str, Any], rows: Sequence[str]) -> dict[str, Any]:
    kept = {**item, "name": item["name"] if is_kept(item["name"], rows) else ""}
    if "options" in item:
        kept["options"] = [_kept_item(option, rows) for option in item["options"]]
    return kept


def text_digest(rows: Sequence[str]) -> str:
    """Equal for two prints of one receipt: reprint stamps, copies' names, dates and spaces do not count."""
    kept = []
    for row in rows:
        text = normalise(row)
        if _STAMPS.search(text):
            continue
        plain = re.sub(r"[\s\-=_*~]+", "", _MOMENT.sub("", text))
        if plain:
            kept.append(plain)
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()
