"""Decides what kind of document a page is, from its headings, its signs and whether it shows a payment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from printers.receipts.facts import Facts
from printers.receipts.headings import KIND_WORDS, TOP_UP_LABELS
from printers.receipts.lines import Line, Value
from printers.receipts.numbers import Approval
from printers.receipts.reconcile import Agreed
from printers.receipts.title import Title
from printers.receipts.words import Role, role_of

# A bill that says so is a bill even if it lists how it could be paid.
_FIRM_BILL = frozenset(
    {
        "중간계산서", "가계산서", "예비계산서", "임시계산서", "결제전", "미결제", "가영수증",
        "영수증아님", "계산전",
        "결제대기", "견적서", "견적", "결제예정", "지불전", "중간계산", "미결제전표",
    }
)  # fmt: skip

# Payments are counted on the report of a day only. A single one may be "(1건)".
_COUNTED = re.compile(r"^\W*(?:[가-힣]{0,4}카드|현금|간편결제|상품권|취소|반품|할인)[^\d]{0,6}(?:[2-9]|\d{2,})건")


_AROUND_TOP_UP = re.compile(r"충전[전후]")
_NOT_LETTERS = re.compile(r"[^가-힣A-Za-z]")
_TOP_UPS = TOP_UP_LABELS | KIND_WORDS["top_up"]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a payment, apart from headings."""

    tenders: bool
    approvals: bool
    received: bool
    total: int | None
    negative: bool
    money: bool
    negative_counts: bool
    mixed_goods: bool
    echoed: bool
    sums: bool
    counted: bool
    numbered: bool
    goods_agree: bool
    topped_up: bool
    bought: bool

    @property
    def paid(self) -> bool:
        return self.tenders or self.approvals or self.received

    def of_one_sale(self, title: Title) -> bool:
        """Something that only the paper of one payment has; sums and kinds of payment are on a day's report too."""
        return self.approvals or self.goods_agree or self.received or title.has("sale") or self.numbered

    @staticmethod
    def of(
        facts: Facts,
        approvals: Sequence[Approval],
        agreed: Agreed | None,
        *,
        negative: bool,
        numbered: bool,
        lines: Sequence[Line],
    ) -> Evidence:
        last_words = [line.words[-1] for line in lines if line.words]
        amounts = [item.amount for item in facts.goods.items if item.amount]
        topped_up = any(_is_top_up(item.name) for item in facts.goods.items if item.amount)
        proved = agreed is not None and "items" in agreed.witnesses
        return Evidence(
            tenders=bool(facts.tenders),
            approvals=bool(approvals),
            received=bool(facts.amounts(Role.RECEIVED) or facts.amounts(Role.CHANGE)),
            total=agreed.total if agreed else None,
            negative=negative,
            money=any(line.money for line in lines),
            negative_counts=any(isinstance(word, Value) and word.amount < 0 for word in last_words),
            mixed_goods=bool(amounts) and min(amounts) < 0 < max(amounts),
            echoed=agreed is not None and _echoed(facts, agreed.total),
            sums=bool(facts.totals),
            counted=any("건" in line.squeezed and _COUNTED.search(line.squeezed) for line in lines),
            numbered=numbered,
            goods_agree=proved,
            topped_up=topped_up or any(pair.label in _TOP_UPS for line in lines for pair in line.pairs),
            bought=proved and not topped_up and not (len(amounts) == 1 and _balances_around(lines)),
        )


def kind_of(title: Title, evidence: Evidence) -> str:
    """One of the kinds of README's list; "unknown" when headings and amounts do not fit together."""
    special = _special(title, evidence)
    if special:
        return special
    topped_up = _top_up(title, evidence)
    if topped_up:
        return topped_up
    if title.has("partial"):
        return "partial_refund"
    if title.has("cancel"):
        return "cancel"
    if title.has("refund"):
        return "refund"
    if evidence.negative and evidence.total:
        return "unknown" if evidence.mixed_goods else "cancel"
    if "bill" in title.zone and (title.words & _FIRM_BILL or not (evidence.approvals or evidence.tenders)):
        return "bill"
    if evidence.counted and not evidence.goods_agree:
        return "settlement"
    proved = evidence.paid or (title.has("sale") and (evidence.echoed or "간이영수증" in title.words))
    proved = (proved and evidence.of_one_sale(title)) or evidence.total == 0
    if evidence.total is not None and proved and not _only_a_ticket(title, evidence):
        return _sale(title)
    for kind in ("kitchen", "exchange_slip", "queue_ticket", "order_ticket"):
        if title.has(kind) and not evidence.approvals and not (evidence.paid or (evidence.sums and title.has("sale"))):
            return kind
    return "unknown"


def _is_top_up(name: str) -> bool:
    """Whether a row among the goods is none."""
    plain = _NOT_LETTERS.sub("", name)
    return plain in _TOP_UPS or plain.endswith("충전")


def _balances_around(lines: Sequence[Line]) -> bool:
    """Whether a balance before or after a top-up is printed: one row with the total's amount may then be the sum under
    a name nobody knows, and no goods at all."""
    return any(_AROUND_TOP_UP.match(pair.label) for line in lines for pair in line.pairs)


def _top_up(title: Title, evidence: Evidence) -> str | None:
    """Money put on a card buys nothing yet: it earns when it is spent. Beside goods, or without a heading that says so,
    only a person knows what was paid for."""
    if title.has("top_up"):
        return "unknown" if evidence.bought else "top_up"
    return "unknown" if evidence.topped_up and not evidence.bought else None


def _echoed(facts: Facts, total: int) -> bool:
    """Whether a row below the sums repeats the total under a name we do not know: a payment of a newer kind."""
    last = max((found.index for found in facts.totals if abs(found.amount) == total), default=len(facts.lines))
    return any(
        pair.label and pair.amount is not None and abs(pair.amount) == total and role_of(pair.label, pair.inner) is None
        for line in facts.lines[last + 1 :]
        for pair in line.pairs
    )


def _special(title: Title, evidence: Evidence) -> str | None:
    """Kinds that are no matter between the shop and one paying customer."""
    if title.has("test"):
        return "test_page"  # practice mode prints approvals too
    if title.has("settlement") and not (evidence.approvals and title.has("sale")):
        return "settlement"
    cancelled = bool({"cancel", "refund", "partial"} & title.zone)
    if "settlement" in title.labels and not evidence.approvals and not cancelled and not title.has("sale"):
        return "settlement"
    if title.has("kitchen") and not evidence.paid and (cancelled or (not evidence.money and evidence.negative_counts)):
        return "kitchen_cancel"
    if title.has("delivery") or ("delivery" in title.labels and not cancelled):
        return "delivery_order"
    return None


def _only_a_ticket(title: Title, evidence: Evidence) -> bool:
    """A kitchen ticket or exchange slip with prices, but without a payment of its own."""
    tickets = {"kitchen", "exchange_slip", "queue_ticket", "order_ticket"} & title.zone
    return bool(tickets) and not evidence.approvals and not (evidence.tenders and title.has("sale"))


def _sale(title: Title) -> str:
    """A sale, unless something further down says it was cancelled: then both must say so, or nobody knows."""
    late = bool({"cancel", "refund", "partial"} & title.late)
    labelled = "cancel" in title.labels
    if late and labelled:
        return "partial_refund" if "partial" in title.late else "cancel"
    if late or labelled:
        return "unknown"
    return "reprint" if title.reprint else "sale"
