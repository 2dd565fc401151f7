"""The slips of a shop as documents. Takes plain values, knows no business objects; texts are polite written Korean.

Amounts come as whole won and points, times as text the caller has already put into the shop's time zone.
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
    Barcode,
    Block,
    Columns,
    CopyNote,
    Cut,
    Document,
    Qr,
    Rule,
    Space,
    Text,
)
from printers.profiles import PrinterProfile


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
) -> Document:
    """What the shop keeps of an approved reward. `discount_won` is what staff key into the POS, None for nothing;
    `qr_payload` is printed as QR code with the slip code below. `automatic`: approved by time, not by a person."""
    title, done = _APPROVED[RewardKind(kind)]
    blocks: list[Block] = [*_head(shop, title), Text(reward, Align.CENTER, TITLE), Space(1), Rule()]
    blocks.append(Columns("고객", nickname))
    if discount_won is not None:
        blocks.append(Columns("할인", won(-discount_won), style=BOLD))
    approver = "자동 승인" if automatic else decided_by
    blocks += [Columns("승인", f"{approver} · {decided_at}"), Columns("요청 번호", slip_code), Rule()]
    if discount_won:
        blocks += [Space(1), Text(f"POS에서 {won(discount_won)} 할인 입력", Align.CENTER, BAR), Space(1)]
    blocks.append(Text(f"{done}\n잘못 승인했다면 오늘 안에 [복구]를 눌러\u00a0주십시오."))
    if qr_payload is not None:
        blocks += [Qr(qr_payload), Text(slip_code, Align.CENTER, BOLD)]
    blocks += [Space(1), Rule(), CopyNote("매장 보관용"), Cut()]
    return Document(title=" ".join(f"{title} {reward}".split()), blocks=tuple(blocks))


def claim_slip(
    *,
    shop: str,
    points_count: int,
    qr_payload: str,
    slip_code: str,
    paid_won: int,
    claim_until: str,
    source_line: str,
) -> Document:
    """Points for a customer who left no number: the QR code earns this payment once. `source_line` names POS, receipt
    and time, as in "POS 01 · 전표 0042 · 11-20 14:31"."""
    blocks: list[Block] = [
        Text(shop, Align.CENTER),
        Space(1),
        Text(f"{points(points_count)} 받아 가십시오", Align.CENTER, TITLE),
        Text("번호를 남기지 않으셔도 괜찮습니다.\nQR을 찍으면 방금 결제가 적립됩니다.", Align.CENTER),
        Qr(qr_payload),
        Text(slip_code, Align.CENTER, BOLD),
        Rule(),
        Columns("결제금액", won(paid_won)),
        Columns("적립 예정", points(points_count), style=BOLD),
        Columns("받는 기한", claim_until, style=BOLD),
        Rule(),
        Text("· 한 번만 쓸 수 있습니다.", hang=3),
        Text("· 결제를 취소하면 적립도 취소됩니다.", hang=3),
        Space(1),
        Text(source_line, Align.CENTER),
        Cut(),
    ]
    return Document(title=f"적립 QR {points(points_count)}", blocks=tuple(blocks))


def points_slip(
    *,
    shop: str,
    points_count: int,
    masked_phone: str,
    paid_won: int,
    earned_at: str,
    source_line: str,
    provisional: bool = False,
) -> Document:
    """Points earned with a phone number. The balance is not on it: paper is read by everyone. `provisional`: booked
    at the counter while the line was down."""
    blocks: list[Block] = [
        *_head(shop, "포인트 적립"),
        Text(f"{points(points_count)} 적립", Align.CENTER, TITLE),
        Space(1),
        Rule(),
        Columns("고객", masked_phone),
        Columns("결제금액", won(paid_won)),
        Columns("적립", points(points_count), style=BOLD),
        Columns("시각", earned_at),
        Rule(),
    ]
    if provisional:
        blocks.append(Text("통신이 돌아오면 자동으로 확정됩니다. 적립은 사라지지 않습니다."))
    blocks += [
        Text("결제를 취소하면 적립도 취소됩니다."),
        Space(1),
        Text(source_line, Align.CENTER),
        CopyNote("고객용"),
        Cut(),
    ]
    return Document(title=f"포인트 적립 {points(points_count)}", blocks=tuple(blocks))


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
) -> Document:
    """What the bar works from: the number large, items with quantities, then the money."""
    blocks: list[Block] = [*_head(shop, "주문서"), Text(number, Align.CENTER, TITLE)]
    blocks += [Text(f"{channel} · {ordered_at}", Align.CENTER), Rule()]
    for item in items:
        blocks.append(Columns(item.name, won(item.amount_won), middle=f"{item.quantity}개", style=BOLD))
        blocks += [Text(f"  └ {option}", hang=5) for option in item.options]
    blocks += [Rule(), Columns("합계", won(total_won), style=BOLD), Columns("결제", payment)]
    if nickname:
        blocks.append(Columns("고객", nickname))
    if note.strip():
        blocks += [Rule(), Text("요청", style=BOLD), Text(note)]
    blocks.append(Rule())
    if slip_code:
        blocks.append(Barcode(slip_code))
    blocks += [CopyNote("제조용"), Cut()]
    return Document(title=f"주문서 {number}", blocks=tuple(blocks))


@dataclass(frozen=True)
class ClosingFigure:
    """One line of the closing slip; `indent` marks a part of the line above."""

    label: str
    value: str
    middle: str = ""
    indent: bool = False
    strong: bool = False


def closing_slip(
    *,
    shop: str,
    day: str,
    lost: int,
    summary: str,
    sections: Sequence[Sequence[ClosingFigure]],
    closed_line: str,
) -> Document:
    """The owner's slip at the end of a day. It opens with what was lost, which is the first thing an owner asks."""
    blocks: list[Block] = [
        Text(shop, Align.CENTER),
        Text(f"{day} 마감", Align.CENTER),
        Text("[ 마감 전표 ]", Align.CENTER, BAR),
        Space(1),
        Text(f"오늘 잃은 것 {lost:,}건", Align.CENTER, TITLE),
        Text(summary, Align.CENTER),
        Space(1),
        Rule(double=True),
    ]
    for number, section in enumerate(sections):
        if number:
            blocks.append(Rule())
        for figure in section:
            blocks.append(
                Columns(
                    figure.label,
                    figure.value,
                    middle=figure.middle,
                    indent=2 if figure.indent else 0,
                    style=BOLD if figure.strong else Text("").style,
                )
            )
    blocks += [Rule(double=True), Text(closed_line, Align.CENTER), Cut()]
    return Document(title=f"마감 전표 {day}", blocks=tuple(blocks))


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
