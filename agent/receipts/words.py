"""Owns the sentences about captured documents: what was read, what became of it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.printing import words as printing_words
from agent.receipts.asking import Choice
from agent.receipts.copies import Copies
from agent.receipts.types import DocumentOutcome, ReceiptDetail, ReceiptRow
from agent.texts import Texts


class Tone(StrEnum):
    GOOD = "good"
    WAITING = "waiting"
    ASK = "ask"
    QUIET = "quiet"


@dataclass(frozen=True)
class Verdict:
    """``chip`` stands in the list, ``title`` and ``why`` over the opened document."""

    tone: Tone
    icon: str
    chip: str
    title: str
    why: str


def kind_name(t: Texts, kind: str) -> str:
    names = {
        "sale": t._("Sale"),
        "reprint": t._("Reprint"),
        "cancel": t._("Cancellation"),
        "refund": t._("Refund"),
        "partial_refund": t._("Partial refund"),
        "kitchen": t._("Kitchen ticket"),
        "bill": t._("Bill before payment"),
        "settlement": t._("Till report"),
        "order": t._("Order slip"),
        "top_up": t._("Card top-up"),
        "unknown": t._("Not recognised"),
    }
    return names.get(kind, t._("Other paper"))


def amount(t: Texts, row: ReceiptRow) -> str:
    """What was paid, with a real minus sign for money that went back."""
    won = row.paid_won if row.paid_won is not None else row.total_won
    if won is None:
        return t._("Amount unknown")
    taken_back = won < 0 or row.kind in ("cancel", "refund", "partial_refund")
    return t.won(-abs(won) if taken_back else won)


def row_line(t: Texts, row: ReceiptRow) -> str:
    """The second line of a row: number of the receipt, then whose it is or what it is."""
    parts = [row.receipt_no or "", row.masked or ""]
    if row.kind != "sale":
        parts.insert(1, kind_name(t, row.kind))
    elif not row.masked:
        parts[1] = t._("no number")
    return " · ".join(part for part in parts if part)


def verdict(t: Texts, row: ReceiptRow) -> Verdict:
    """What became of a document, and why points were or were not credited."""
    match row.outcome:
        case DocumentOutcome.EARNED:
            return _earned(t, row)
        case DocumentOutcome.WAITING:
            return Verdict(
                Tone.WAITING,
                "phone",
                t._("Waits for a number"),
                t._("Waiting for the customer's number"),
                t._("If a number is typed within 3 minutes, the points are credited by themselves."),
            )
        case DocumentOutcome.UNMATCHED:
            return Verdict(
                Tone.QUIET,
                "phone",
                t._("No number"),
                t._("No number was typed"),
                t._("The receipt was read, but nobody typed a number within 3 minutes, so no points were credited."),
            )
        case DocumentOutcome.DUPLICATE:
            return Verdict(
                Tone.QUIET,
                "receipt-text",
                t._("Already earned"),
                t._("This receipt was printed again"),
                t._("One receipt earns once. The points of the first print stand."),
            )
        case DocumentOutcome.REVERSED:
            taken = abs(row.points or 0)
            return Verdict(
                Tone.QUIET,
                "undo-2",
                t.n("{points} back", points=t.points(-taken)),
                t.n("Cancelled: {points} were taken back", points=t.points(taken)),
                t._("The payment was cancelled, so its points went back too."),
            )
        case DocumentOutcome.REVERSAL_WAITING:
            return Verdict(
                Tone.WAITING,
                "undo-2",
                t._("Cancelled"),
                t._("Cancelled; its sale is not known here yet"),
                t._("As soon as the sale is found, its points are taken back. Nothing else is touched."),
            )
        case DocumentOutcome.ASK:
            return Verdict(Tone.ASK, "circle-help", t._("To check"), *_why_asked(t, row))
        case DocumentOutcome.IGNORED:
            return Verdict(Tone.QUIET, "minus", t._("Not a payment"), kind_name(t, row.kind), _why_ignored(t, row))


def _earned(t: Texts, row: ReceiptRow) -> Verdict:
    points = t.points(row.points or 0)
    why = {
        "provisional": t._("Saved on this device; the cloud books it as soon as it is connected."),
        "posted": t._("Booked by the cloud."),
        "adjusted": t._("Booked by the cloud with its own figure."),
        "rejected": t._("The cloud did not book it. Ask your headquarters; the receipt is kept here."),
        "reversed": t._("Taken back later, because the payment was cancelled."),
    }.get(row.earn_status or "", t._("Saved on this device."))
    gone = row.earn_status in ("rejected", "reversed")
    chip = t.n("{points} back", points=t.points(-(row.points or 0))) if row.earn_status == "reversed" else "+" + points
    title = t.n("{points} credited", points=points)
    if row.earn_status == "rejected":
        chip, title = t._("Not booked"), t._("The points were not booked")
    if row.earn_status == "reversed":
        title = t.n("Cancelled: {points} were taken back", points=points)
    return Verdict(Tone.QUIET if gone else Tone.GOOD, "undo-2" if gone else "check", chip, title, why)


def _why_asked(t: Texts, row: ReceiptRow) -> tuple[str, str]:
    if row.kind == "partial_refund":
        return (
            t._("Part of a sale was returned"),
            t._("How much of the points goes back is for a person to say, so nothing was changed."),
        )
    if row.kind == "unknown":
        return (
            t._("This paper could not be read with certainty"),
            t._("A wrong amount is worse than none, so no points were credited. The paper is kept below."),
        )
    return (
        t._("The amount paid is not certain"),
        t._("The figures on the paper do not agree, so no points were credited. The paper is kept below."),
    )


def _why_ignored(t: Texts, row: ReceiptRow) -> str:
    if row.kind in ("sale", "reprint"):
        return t._("Nothing was paid with this receipt, so there is nothing to credit.")
    return t._("This is not a payment receipt, so there is nothing to credit.")


def printers_for_a_copy(t: Texts, places: Sequence[str]) -> tuple[Choice, ...]:
    """A button a printer; with one printer nobody has to read its name."""
    if len(places) == 1:
        return (Choice(places[0], t._("Print it again")),)
    return tuple(
        Choice(place, t.n("Print it again: {printer}", printer=printing_words.printer_name(t, place)))
        for place in places
    )


def copies(t: Texts, found: Copies) -> str:
    """What was printed of a receipt so far; empty before the first copy."""
    if found.under_way:
        return t._("The copy is on its way to the printer.")
    return t.n("Printed again: {n}", n=found.made) if found.made else ""


def facts(t: Texts, detail: ReceiptDetail) -> tuple[tuple[str, str], ...]:
    """What was read, as label and value; what was not on the paper is left out."""
    row, reading = detail.row, detail.reading
    found = [
        (t._("Kind"), kind_name(t, row.kind)),
        (t._("Total"), _won(t, row.total_won)),
        (t._("Paid"), _payments(t, reading.get("payments")) or _won(t, row.paid_won)),
        (t._("Receipt"), " · ".join(part for part in (row.receipt_no or "", _till(t, reading.get("till"))) if part)),
        (t._("Printed on"), _printed(reading.get("time"))),
        (t._("Items"), _items(t, reading.get("items"))),
        (t._("Number"), row.masked or t._("none")),
    ]
    return tuple((label, value) for label, value in found if value)


def _won(t: Texts, won: int | None) -> str:
    if won is None:
        return ""
    return t.won(won)


def _payments(t: Texts, payments: Any) -> str:
    if not isinstance(payments, list):
        return ""
    names = {
        "card": t._("Card"),
        "cash": t._("Cash"),
        "pay": t._("Mobile pay"),
        "points": t._("Points"),
        "voucher": t._("Voucher"),
    }
    lines = []
    for payment in payments:
        if isinstance(payment, dict) and isinstance(payment.get("amount"), int):
            name = names.get(str(payment.get("method")), t._("Other"))
            lines.append(f"{name} {_won(t, payment['amount'])}")
    return "\n".join(lines)


def _till(t: Texts, till: Any) -> str:
    return t.n("till {till}", till=till) if till else ""


def _printed(time: Any) -> str:
    return str(time).replace("T", " ")[:16] if time else ""


def _items(t: Texts, items: Any) -> str:
    return t.n("{n} lines", n=len(items)) if isinstance(items, list) and items else ""
