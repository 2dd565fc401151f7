"""The slips of a shop as documents. Takes plain values, knows no business objects; texts are polite written Korean.

Amounts come as whole won and points, times as text the caller has already put into the shop's time zone. What a slip
looks like is its template's business (printers.slip_kinds); here values become words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from printers.document import (
    BAR,
    BOLD,
    TITLE,
    Align,
    Block,
    Columns,
    Cut,
    Document,
    Qr,
    Rule,
    Space,
    Text,
)
from printers.layout import squeezed
from printers.profiles import PrinterProfile
from printers.slip_kinds import BUNDLED, Templates
from printers.template import Values

STAMPS_A_ROW = 5


class RewardKind(StrEnum):
    COUPON = "coupon"
    POINTS = "points"
    STAMP = "stamp"


_APPROVED = {
    RewardKind.COUPON: ("쿠폰 사용 승인", "쿠폰은 사용 처리됐습니다."),
    RewardKind.POINTS: ("포인트 사용 승인", "포인트는 사용 처리됐습니다."),
    RewardKind.STAMP: ("스탬프 적립 승인", "스탬프가 적립됐습니다."),
}


def won(amount: int) -> str:
    return f"-{-amount:,}원" if amount < 0 else f"{amount:,}원"


def points(count: int) -> str:
    return f"-{-count:,}P" if count < 0 else f"{count:,}P"


def gain(points_count: int, stamps: int | None) -> str:
    """What a payment brought; ``stamps`` None: the shop gives points."""
    return points(points_count) if stamps is None else f"스탬프 {stamps:,}개"


def count(number: int) -> str:
    return f"{number:,}건"


def approval_slip(
    *,
    kind: RewardKind | str,
    shop: str,
    reward: str,
    nickname: str,
    discount_won: int | None,
    decided_by: str,
    decided_at: str,
    slip_code: str,
    qr_payload: str | None = None,
    automatic: bool = False,
    templates: Templates = BUNDLED,
) -> Document:
    """What the shop keeps of an approved reward. `discount_won` is what staff key into the POS, None for nothing;
    `qr_payload` is printed as QR code with the slip code below. `automatic`: approved by time, not by a person."""
    title, done = _APPROVED[RewardKind(kind)]
    values: Values = {
        "shop": shop,
        "title": title,
        "reward": reward,
        "nickname": nickname,
        "discount": "" if discount_won is None else won(-discount_won),
        "pos_discount": won(discount_won) if discount_won else "",
        "approver": "자동 승인" if automatic else decided_by,
        "decided_at": decided_at,
        "slip_code": slip_code,
        "qr": qr_payload or "",
        "done": done,
    }
    return templates.document("approval", " ".join(f"{title} {reward}".split()), values)


def claim_slip(
    *,
    shop: str,
    points_count: int,
    qr_payload: str,
    slip_code: str,
    paid_won: int,
    claim_until: str,
    source_line: str,
    stamps: int | None = None,
    templates: Templates = BUNDLED,
) -> Document:
    """Points, or stamps where the shop gives those, for a customer who left no number: the QR code earns this payment
    once. `source_line` names POS, receipt and time, as in "POS 01 · 전표 0042 · 11-20 14:31"."""
    values: Values = {
        "shop": shop,
        "points": gain(points_count, stamps),
        "qr": qr_payload,
        "slip_code": slip_code,
        "paid": won(paid_won),
        "claim_until": claim_until,
        "source": source_line,
    }
    return templates.document("claim", f"적립 QR {gain(points_count, stamps)}", values)


def points_slip(
    *,
    shop: str,
    points_count: int,
    masked_phone: str,
    paid_won: int,
    earned_at: str,
    source_line: str,
    provisional: bool = False,
    stamps: int | None = None,
    templates: Templates = BUNDLED,
) -> Document:
    """Points, or stamps where the shop gives those, earned with a phone number. The balance is not on it: paper is read
    by everyone. `provisional`: booked at the counter while the line was down."""
    title = "포인트 적립" if stamps is None else "스탬프 적립"
    values: Values = {
        "shop": shop,
        "title": title,
        "points": gain(points_count, stamps),
        "phone": masked_phone,
        "paid": won(paid_won),
        "earned_at": earned_at,
        "provisional": "1" if provisional else "",
        "source": source_line,
    }
    return templates.document("points", f"{title} {gain(points_count, stamps)}", values)


@dataclass(frozen=True)
class TicketItem:
    """One ordered thing, its options below it."""

    name: str
    quantity: int
    amount_won: int
    options: tuple[str, ...] = ()


def order_ticket(
    *,
    shop: str,
    number: str,
    channel: str,
    items: Sequence[TicketItem],
    total_won: int,
    payment: str,
    ordered_at: str,
    nickname: str = "",
    note: str = "",
    slip_code: str = "",
    templates: Templates = BUNDLED,
) -> Document:
    """What the bar works from: the number large, items with quantities, then the money."""
    values: Values = {
        "shop": shop,
        "number": number,
        "channel": channel,
        "items": _items(items),
        "total": won(total_won),
        "payment": payment,
        "ordered_at": ordered_at,
        "nickname": nickname,
        "note": note.strip(),
        "slip_code": slip_code,
    }
    return templates.document("order_ticket", f"주문서 {number}", values)


@dataclass(frozen=True)
class ClosingFigures:
    """What an owner wants to know at the end of a day. Texts are empty where a shop has no such thing."""

    receipts_read: int
    earned_count: int
    earned_points: int
    reversed_points: int
    ask: int
    approved_by_hand: int
    approved_by_itself: int
    rejected: int
    spent_points: int
    orders: int
    sales_won: int
    print_failures: int
    lost: int = 0
    claimed_count: int = 0
    claimed_points: int = 0
    summary: str = ""
    cups: str = ""
    offline: str = ""


def closing_slip(
    *, shop: str, day: str, figures: ClosingFigures, closed_line: str, templates: Templates = BUNDLED
) -> Document:
    """The owner's slip at the end of a day. It opens with what was lost, which is the first thing an owner asks."""
    found = figures
    values: Values = {
        "shop": shop,
        "day": day,
        "lost": count(found.lost),
        "summary": found.summary,
        "receipts_read": count(found.receipts_read),
        "earned_count": count(found.earned_count),
        "earned_points": points(found.earned_points),
        "claimed_count": count(found.claimed_count) if found.claimed_count else "",
        "claimed_points": points(found.claimed_points) if found.claimed_count else "",
        "ask": count(found.ask),
        "reversed_points": points(-found.reversed_points) if found.reversed_points else "",
        "approved": count(found.approved_by_hand + found.approved_by_itself),
        "approved_by_hand": count(found.approved_by_hand),
        "approved_by_itself": count(found.approved_by_itself),
        "rejected": count(found.rejected),
        "spent_points": points(found.spent_points),
        "orders": count(found.orders),
        "sales": won(found.sales_won),
        "cups": found.cups,
        "offline": found.offline,
        "print_failures": count(found.print_failures),
        "closed": closed_line,
    }
    return templates.document("closing", f"마감 전표 {day}", values)


@dataclass(frozen=True)
class Tender:
    """One way a sale was paid; `approval` is the card's number of it."""

    label: str
    amount_won: int
    approval: str = ""


@dataclass(frozen=True)
class Seller:
    """The head of a receipt. What is empty is left out."""

    shop: str
    business_no: str = ""
    owner: str = ""
    address: str = ""
    tel: str = ""


def receipt(
    *,
    seller: Seller,
    sold_at: str,
    receipt_no: str,
    items: Sequence[TicketItem],
    tenders: Sequence[Tender],
    total_won: int,
    vat_won: int = 0,
    discount_won: int = 0,
    clerk: str = "",
    footer: str = "",
    templates: Templates = BUNDLED,
) -> Document:
    """A sale on paper for the customer."""
    values: Values = {
        "shop": seller.shop,
        "business_no": seller.business_no,
        "owner": seller.owner,
        "address": seller.address,
        "tel": seller.tel,
        "sold_at": sold_at,
        "receipt_no": receipt_no,
        "clerk": clerk,
        "items": _items(items),
        "supply": won(total_won - vat_won) if vat_won else "",
        "vat": won(vat_won) if vat_won else "",
        "discount": won(-discount_won) if discount_won else "",
        "total": won(total_won),
        "tenders": [
            {"label": tender.label, "amount": won(tender.amount_won), "approval": tender.approval} for tender in tenders
        ],
        "footer": footer,
    }
    return templates.document("receipt", f"영수증 {receipt_no}", values)


def receipt_copy(
    *,
    shop: str,
    lines: Sequence[str],
    receipt_no: str,
    copy_number: int,
    columns: int,
    printed_at: str,
    templates: Templates = BUNDLED,
) -> Document:
    """A receipt of the POS once more, as it was kept, for a paper of `columns` cells. Already the first copy is marked
    as a reprint: the POS's own paper was the original."""
    kept = "\n".join(squeezed(line, columns) for line in lines).strip("\n").split("\n")
    shown = [line for at, line in enumerate(kept) if line.strip() or (at and kept[at - 1].strip())]
    values: Values = {
        "shop": shop,
        "lines": [{"line": line or " "} for line in shown],
        "printed_at": printed_at,
    }
    title = " ".join(f"영수증 재출력 {receipt_no}".split())
    return templates.document("receipt_copy", title, values).as_reprint(copy_number)


def coupon(
    *,
    shop: str,
    name: str,
    valid_until: str,
    code: str,
    slip_code: str = "",
    qr_payload: str = "",
    condition: str = "",
    templates: Templates = BUNDLED,
) -> Document:
    """A coupon that a customer takes along: `code` as barcode, `slip_code` the same for eyes and fingers, `qr_payload`
    for a camera or a scanner."""
    values: Values = {
        "shop": shop,
        "name": name,
        "condition": condition,
        "valid_until": valid_until,
        "qr": qr_payload,
        "code": code,
        "slip_code": slip_code,
    }
    return templates.document("coupon", f"쿠폰 {name}", values)


def stamp_card(
    *,
    shop: str,
    filled: int,
    goal: int,
    reward: str,
    printed_at: str,
    nickname: str = "",
    valid_until: str = "",
    templates: Templates = BUNDLED,
) -> Document:
    """How far a card is: one mark a stamp, five a row, never more rows than twenty."""
    marks = "●" * min(filled, goal) + "○" * max(goal - filled, 0)
    rows = [marks[at : at + STAMPS_A_ROW] for at in range(0, min(len(marks), 20 * STAMPS_A_ROW), STAMPS_A_ROW)]
    values: Values = {
        "shop": shop,
        "filled": str(filled),
        "goal": str(goal),
        "rows": [{"row": row} for row in rows],
        "nickname": nickname,
        "reward": reward,
        "missing": f"{goal - filled}개" if filled < goal else "",
        "valid_until": valid_until,
        "printed_at": printed_at,
    }
    return templates.document("stamp_card", f"스탬프 카드 {filled}/{goal}", values)


def _items(items: Sequence[TicketItem]) -> list[Values]:
    return [
        {
            "name": item.name,
            "quantity": str(item.quantity),
            "amount": won(item.amount_won),
            "options": [{"option": option} for option in item.options],
        }
        for item in items
    ]


def test_page(profile: PrinterProfile, *, shop: str, printer_name: str, printed_at: str) -> Document:
    """One page that shows whether everything our slips need comes out of this printer."""
    ruler = "".join(str((cell + 1) % 10) for cell in range(profile.columns))
    blocks: tuple[Block, ...] = (
        *_head(shop, "시험 출력"),
        Text("한글이 보입니다", Align.CENTER, TITLE),
        Space(1),
        Rule(),
        Columns("프린터", printer_name),
        Columns("종류", profile.label),
        Columns("시각", printed_at),
        Rule(),
        Text(ruler),
        Text("위 숫자 줄이 한 줄이면 폭이 맞습니다."),
        Columns("금액", "₩1,234,500"),
        Columns("굵게", "뷁 똠 펲 0123456789", style=BOLD),
        Text("흰 글씨가 보입니다", Align.CENTER, BAR),
        Qr("https://withfom.example/test-page"),
        Text("QR이 정사각형이면 정상입니다.", Align.CENTER),
        Cut(),
    )
    return Document(title="시험 출력", blocks=blocks)


test_page.__test__ = False  # type: ignore[attr-defined]  # pytest would take the name for a test


def _head(shop: str, title: str) -> list[Block]:
    return [Text(shop, Align.CENTER), Text(f"[ {title} ]", Align.CENTER, BAR), Space(1)]
