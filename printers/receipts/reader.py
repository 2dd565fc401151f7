"""Reads documents: decides the kind, proves the total, and answers "unknown" rather than a number it cannot prove."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from printers.receipts.facts import Facts, Tender, facts_of
from printers.receipts.headings import RECEIPT_PROOF
from printers.receipts.items import Item, kitchen_items
from printers.receipts.kinds import Evidence, kind_of
from printers.receipts.lines import Line, lines_of
from printers.receipts.numbers import (
    Approval,
    approvals_of,
    order_number,
    original_date,
    original_receipt_number,
    printed_time,
    receipt_number,
    table_number,
    till_number,
)
from printers.receipts.reading import Payment, Reading, ReadItem
from printers.receipts.reconcile import Agreed, Ledger, agree
from printers.receipts.title import Title, title_of
from printers.receipts.words import Role
from printers.stream.documents import CutDocument, Ended
from printers.stream.page import Page

LOGO_DOTS_MAX = 300  # a higher picture alone is a document of its own, not the logo of what follows
CANCELLING = frozenset({"cancel", "refund", "partial_refund"})
PAID_KINDS = frozenset({"sale", "reprint"}) | CANCELLING
_APPROVED_FIRST = {"card": 0, "easy_pay": 1, "prepaid": 2}
_PAID_IN_APP = re.compile(r"선결제|앱결제|온라인결제|바로결제|미리결제|결제완료|사전결제")
_PAID_AT_DOOR = re.compile(r"만나서|현장결제|후불|착불|방문결제|미결제")
WITHOUT_MONEY = frozenset({"kitchen", "kitchen_cancel", "order_ticket", "queue_ticket", "exchange_slip", "test_page"})


def read_document(document: CutDocument) -> list[Reading]:
    """The readings of one cut document: usually one; several when doubtful borders prove to be real ones."""
    return [reading for _, reading in read_pages(document)]


def read_pages(document: CutDocument) -> list[tuple[Page, Reading]]:
    """As `read_document`, each reading with the page it was read from."""
    whole = document.page
    if not document.whole:
        return [(whole, Reading("incomplete"))]
    if len(document.parts) == 1:
        return [(whole, _closed(read(whole), document))]
    alone = [read(part) for part in document.parts]
    together = read(whole)
    separate = all(_is_known(reading) for reading in alone)
    if not separate and _is_known(together) and _agrees(together, alone) and not _separate_picture(document):
        return [(whole, together)]
    if not separate:
        alone[-1] = _closed(alone[-1], document)
    return list(zip(document.parts, alone, strict=True))


def read(page: Page) -> Reading:
    """What one page says. Never raises; a page of pictures only is unknown."""
    return read_lines(lines_of(page.rows))


def read_lines(lines: Sequence[Line], *, approvals: Sequence[Approval] | None = None) -> Reading:
    """As `read`, of rows in normal form. `approvals`: what stands for the numbers when the rows do not show them."""
    if not lines:
        return Reading("unknown")
    return _Reader(lines, approvals_of(lines) if approvals is None else approvals).reading()


def _is_known(reading: Reading) -> bool:
    return reading.kind not in ("unknown", "incomplete")


def _agrees(together: Reading, alone: Sequence[Reading]) -> bool:
    totals = {reading.total for reading in alone if reading.total is not None}
    return totals <= {together.total}


def _separate_picture(document: CutDocument) -> bool:
    first = document.parts[0]
    return not first.rows and first.picture_dots > LOGO_DOTS_MAX


def _closed(reading: Reading, document: CutDocument) -> Reading:
    """A receipt that broke off before its payment is incomplete: neither unknown nor a sale."""
    if document.ended is Ended.CUT:
        return reading
    broke_off = reading.kind == "unknown" and _began_as_receipt(document.page)
    unpaid = reading.kind in ("sale", "reprint") and not (
        reading.approval_numbers or {"tenders", "approvals", "received"} & set(reading.witnesses)
    )
    if not (broke_off or unpaid):
        return reading
    return Reading("incomplete", receipt_no=reading.receipt_no, time=reading.time, details=reading.details)


def _began_as_receipt(page: Page) -> bool:
    text = "".join(page.text.split())
    return any(word in text for word in RECEIPT_PROOF) and not any(
        word in text for word in ("합계", "결제금액", "총액")
    )


def _is_last_sum(facts: Facts, total: int) -> bool:
    return any(found.role in (Role.DUE, Role.TOTAL) and abs(found.amount) == total for found in facts.totals)


@dataclass
class _Reader:
    lines: Sequence[Line]
    approvals: Sequence[Approval]

    @cached_property
    def _receipt_no(self) -> str | None:
        return receipt_number(self.lines)

    def reading(self) -> Reading:
        lines, approvals = self.lines, self.approvals
        title = title_of(lines)
        facts = facts_of(lines)
        cancelling = bool({"cancel", "refund", "partial"} & (title.zone | title.late)) or "cancel" in title.labels
        ledger = Ledger.of(facts, cancelling=cancelling, approvals=approvals)
        agreed = agree(ledger)
        evidence = Evidence.of(
            facts, approvals, agreed, negative=ledger.negative, numbered=self._receipt_no is not None, lines=lines
        )
        kind = kind_of(title, evidence)
        if kind in WITHOUT_MONEY:
            return self._without_money(kind)
        if kind in PAID_KINDS:
            if agreed is None:
                return self._unknown(approvals)
            return self._paid(kind, title, facts, approvals, agreed, ledger)
        return self._other(kind, title, facts, approvals, agreed)

    # -- the kinds ----------------------------------------------------------------------------------------------

    def _unknown(self, approvals: Sequence[Approval]) -> Reading:
        return Reading(
            "unknown",
            approval_numbers=_numbers(approvals),
            receipt_no=self._receipt_no,
            time=printed_time(self.lines),
            details=self._details(),
        )

    def _without_money(self, kind: str) -> Reading:
        items = tuple(ReadItem(item.name, item.qty, None) for item in kitchen_items(self.lines))
        details = self._details()
        return Reading(
            kind, time=printed_time(self.lines), items=items if kind.startswith("kitchen") else (), details=details
        )

    def _other(
        self, kind: str, title: Title, facts: Facts, approvals: Sequence[Approval], agreed: Agreed | None
    ) -> Reading:
        """Bills, reports, delivery orders: never earned on, so their total is only told."""
        if kind == "unknown":
            return self._unknown(approvals)
        details = self._details()
        if kind == "bill" and agreed is not None and not _is_last_sum(facts, agreed.total):
            agreed = None  # without a payment nothing tells an earlier sum from the last one
        total = agreed.total if agreed else None
        paid: int | None = None
        payments: tuple[Payment, ...] = ()
        if kind == "delivery_order" and agreed is not None:
            payments = _payments(agreed, approvals, title, 1) if agreed.tenders else self._paid_in_app(agreed)
            paid = sum(payment.amount for payment in payments) if payments else None
        items = _items(facts, agreed, 1) if kind != "settlement" else ()
        return Reading(
            kind, total, paid, payments, _numbers(approvals) if kind == "delivery_order" else (),
            self._receipt_no if kind != "settlement" else None, printed_time(self.lines), items, details,
            agreed.witnesses if agreed else (),
        )  # fmt: skip

    def _paid(
        self,
        kind: str,
        title: Title,
        facts: Facts,
        approvals: Sequence[Approval],
        agreed: Agreed,
        ledger: Ledger,
    ) -> Reading:
        cancelling = kind in CANCELLING
        sign = -1 if cancelling else 1
        payments = _payments(agreed, approvals, title, sign)
        details = self._details()
        if title.copy:
            details["copy"] = title.copy
        for name, role in (("vat", Role.VAT), ("deposit", Role.DEPOSIT)):
            amount = facts.first(role)
            if amount:
                details[name] = abs(amount) * sign
        if "deposit" not in details and facts.goods.deposits:
            details["deposit"] = sum(facts.goods.deposits)
        if cancelling:
            self._add_original(details, approvals, negative=ledger.negative)
        if title.reprint and kind != "reprint":
            details["reprint"] = True
        return Reading(
            kind, sign * agreed.total, sign * agreed.total, payments, _numbers(approvals), self._receipt_no,
            printed_time(self.lines), _items(facts, agreed, sign), details, agreed.witnesses,
        )  # fmt: skip

    def _paid_in_app(self, agreed: Agreed) -> tuple[Payment, ...]:
        """A delivery order says in words how it was paid."""
        text = "".join(line.squeezed for line in self.lines)
        if _PAID_AT_DOOR.search(text) or not _PAID_IN_APP.search(text):
            return ()
        return (Payment("app_prepaid", agreed.total),)

    # -- details ------------------------------------------------------------------------------------------------

    def _details(self) -> dict[str, Any]:
        found = {
            "till": till_number(self.lines),
            "order_no": order_number(self.lines),
            "table": table_number(self.lines),
        }
        return {name: value for name, value in found.items() if value}

    def _add_original(self, details: dict[str, Any], approvals: Sequence[Approval], *, negative: bool) -> None:
        original = next((found.number for found in approvals if found.original), None)
        number = original_receipt_number(self.lines)
        if number:
            details["original_receipt_no"] = number
        if original or approvals:
            details["original_approval"] = original or approvals[0].number
        day = original_date(self.lines)
        if day:
            details["original_date"] = day
        if not negative:
            details["printed_sign"] = "positive"


def _numbers(approvals: Sequence[Approval]) -> tuple[str, ...]:
    own = [found.number for found in approvals if not found.original]
    return tuple(dict.fromkeys(own or [found.number for found in approvals]))


def _items(facts: Facts, agreed: Agreed | None, sign: int) -> tuple[ReadItem, ...]:
    """Goods are told when they add up to the total, or each of them proves itself."""
    items = facts.goods.items
    proved = agreed is not None and "items" in agreed.witnesses
    if not items or not (proved or all(item.sure for item in items)):
        return ()
    turned = sign < 0 and sum(item.amount or 0 for item in items) > 0
    return tuple(_read_item(item, -1 if turned else 1) for item in items)


def _read_item(item: Item, turn: int) -> ReadItem:
    amount = None if item.amount is None else item.amount * turn
    qty = -item.qty if amount and (amount < 0) != (item.qty * turn < 0) else item.qty * turn
    return ReadItem(
        item.name,
        qty if amount else item.qty * turn,
        amount,
        tuple(_read_item(option, turn) for option in item.options),
    )


def _payments(agreed: Agreed, approvals: Sequence[Approval], title: Title, sign: int) -> tuple[Payment, ...]:
    """The tenders net of change, each with its approval; without tenders, what the approvals or headings say."""
    card_numbers = list(dict.fromkeys(found.number for found in approvals if not found.cash_receipt))
    if not agreed.tenders:
        method = _method_without_tender(agreed, card_numbers, title)
        if method is None:
            return ()
        number = card_numbers[0] if card_numbers and method != "cash" else None
        return (Payment(method, sign * agreed.total, number),)
    change = agreed.change
    numbers = _approvals_by_tender(agreed.tenders, card_numbers)
    found: list[Payment] = []
    for tender in agreed.tenders:
        amount = tender.amount
        if change and tender.method == "cash" and amount > change:
            amount, change = amount - change, 0
        found.append(Payment(tender.method, sign * amount, numbers.get(tender)))
    return tuple(found)


def _approvals_by_tender(tenders: Sequence[Tender], numbers: Sequence[str]) -> dict[Tender, str]:
    """In printing order; when there are fewer numbers than payments, cards come first."""
    needing = [tender for tender in tenders if tender.method not in ("cash", "transfer")]
    if len(numbers) < len(needing):
        chosen = sorted(needing, key=lambda tender: _APPROVED_FIRST.get(tender.method, 9))[: len(numbers)]
        needing = [tender for tender in needing if tender in chosen]
    return dict(zip(needing, numbers, strict=False))


def _method_without_tender(agreed: Agreed, card_numbers: Sequence[str], title: Title) -> str | None:
    joined = "".join(title.words)
    if "현금" in joined and "카드" not in joined and "신용" not in joined:
        return "cash"
    if "페이" in joined or "간편결제" in joined:
        return "easy_pay"
    if card_numbers or "카드" in joined or "신용" in joined:
        return "card"
    return "cash" if "received" in agreed.witnesses else None
