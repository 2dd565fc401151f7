"""The bytes of invented Korean slips, each style like another make of POS: columns, code pages, positions differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

STYLES = ("card42", "vat48", "cat40", "columns", "tabs", "utf8", "cash_wide")

INIT = b"\x1b@\x1c&\x1bR\r"
INIT_UTF8 = b"\x1b@\x1c(C\x02\x000\x02"
BIG, NORMAL = b"\x1d!\x11", b"\x1d!\x00"
CENTER, LEFT = b"\x1ba\x01", b"\x1ba\x00"
BOLD, LIGHT = b"\x1bE\x01", b"\x1bE\x00"
FEED_AND_CUT = b"\x1bd\x04\x1dVB\x00"
OPEN_DRAWER = b"\x1bp\x00\x19\xfa"
LOGO = b"\x1cp\x01\x00"

BUSINESS_NO = "214-87-00341"
CARD_NO = "5409-26**-****-118*"
_WIDE = str.maketrans("0123456789,:-", "０１２３４５６７８９，：－")


@dataclass(frozen=True)
class SoldItem:
    name: str
    price_won: int
    qty: int

    @property
    def amount_won(self) -> int:
        return self.price_won * self.qty


@dataclass(frozen=True)
class Sale:
    """One sale of a virtual till. `paid_won` is what the customer paid."""

    style: str
    shop: str
    till: str
    receipt_no: str
    approval_no: str
    at: datetime
    items: tuple[SoldItem, ...]

    @property
    def paid_won(self) -> int:
        return sum(item.amount_won for item in self.items)

    @property
    def vat_won(self) -> int:
        return round(self.paid_won / 11)


def ko(text: str) -> bytes:
    return text.encode("cp949", "replace")


def cells(text: str) -> int:
    return len(ko(text))


def two(left: str, right: str, width: int) -> str:
    """Left text, right text, and the blanks between."""
    return left + " " * max(width - cells(left) - cells(right), 1) + right


def rule(width: int) -> str:
    return "-" * width


def _lines(rows: Sequence[str]) -> bytes:
    return b"".join(ko(row) + b"\n" for row in rows)


def sale_slip(sale: Sale) -> bytes:
    """The receipt of a sale in its style."""
    return _SLIPS[sale.style](sale)


def stamped(sale: Sale, at: datetime) -> bytes:
    """A reprint: the receipt with a stamp above and the time of the reprint."""
    stamp = BOLD + CENTER + ko("*** 재 발 행 ***") + b"\n" + LEFT + LIGHT
    stamp += ko(f"재발행일시  {at:%Y-%m-%d %H:%M:%S}") + b"\n"
    if sale.style == "utf8":
        stamp = stamp.decode("cp949").encode()
    slip = sale_slip(sale)
    head = INIT_UTF8 if sale.style == "utf8" else INIT
    return head + stamp + slip.removeprefix(head)


def cancel_slip(sale: Sale, number: int, at: datetime) -> bytes:
    """Everything of the sale with a minus, its own number, and the number of the sale."""
    width = 42
    rows = [
        sale.shop,
        f"사업자:{BUSINESS_NO}",
        f"판매일:{at:%Y-%m-%d %H:%M:%S}          POS:{sale.till}",
        f"영수증번호:{at:%Y%m%d}-{sale.till}-{number:04d}",
        f"원영수증번호:{sale.receipt_no}",
        rule(width),
        "상품명                 단가 수량      금액",
        rule(width),
        *(_item_row(item, -1) for item in sale.items),
        rule(width),
        two("합    계", f"{-sale.paid_won:,}", width),
        two("현    금" if not sale.approval_no else "신용카드", f"{-sale.paid_won:,}", width),
    ]
    if sale.approval_no:
        rows += [
            rule(width),
            "[신용카드 취소내역]",
            two("카드번호", CARD_NO, width),
            two("취소금액", f"{-sale.paid_won:,}", width),
            two("승인번호", sale.approval_no, width),
            two("원승인일", f"{sale.at:%Y-%m-%d}", width),
        ]
    return INIT + CENTER + BIG + ko("[취소]영수증") + b"\n" + NORMAL + LEFT + _lines(rows) + FEED_AND_CUT


def kitchen_ticket(items: Sequence[SoldItem], number: int, at: datetime) -> bytes:
    slip = INIT + b"\x1bB\x03\x02" + CENTER + BIG + ko("[주방] 주문서") + b"\n" + NORMAL + LEFT
    slip += _lines([f"주문시각 {at:%H:%M:%S}   순번 {number:04d}", "=" * 42]) + BIG
    slip += _lines([two(item.name, str(item.qty), 20) for item in items])
    return slip + NORMAL + _lines(["=" * 42]) + FEED_AND_CUT


def bill(items: Sequence[SoldItem], table: int, at: datetime) -> bytes:
    width = 42
    total = sum(item.amount_won for item in items)
    rows = [
        two(f"테이블 {table}", f"{at:%Y-%m-%d %H:%M}", width),
        *(two(f"{item.name} {item.qty}", f"{item.amount_won:,}", width) for item in items),
        rule(width),
        two("합계", f"{total:,}", width),
        two("받을금액", f"{total:,}", width),
    ]
    head = INIT + CENTER + BIG + ko("계 산 서") + b"\n" + NORMAL + ko("(중간계산서 - 결제전)") + b"\n" + LEFT
    return head + _lines(rows) + FEED_AND_CUT


def daily_report(shop: str, count: int, at: datetime) -> bytes:
    width = 42
    card, cash = count * 8_400, count * 900
    rows = [
        f"{shop}  {at:%Y-%m-%d %H:%M:%S}",
        "=" * width,
        two("총매출", f"{card + cash:,}", width),
        two(f"신용카드 ({count}건)", f"{card:,}", width),
        two(f"현금 ({count // 8}건)", f"{cash:,}", width),
        two("객수", str(count), width),
        two("현금시재", f"{cash + 200_000:,}", width),
        "=" * width,
        two("합계", f"{card + cash:,}", width),
    ]
    return INIT + CENTER + b"\x1d!\x01" + ko("일 마 감 정 산 서") + b"\n" + NORMAL + LEFT + _lines(rows) + FEED_AND_CUT


# -- styles of sale receipts ----------------------------------------------------------------------------------------


def _item_row(item: SoldItem, sign: int = 1) -> str:
    name = item.name + " " * max(20 - cells(item.name), 1)
    return f"{name}{item.price_won:>7,}{sign * item.qty:>5}{sign * item.amount_won:>10,}"


def _card_block(sale: Sale, width: int) -> list[str]:
    return [
        "[신용카드 승인내역]",
        two("카드명", "누리카드", width),
        two("카드번호", CARD_NO, width),
        two("할부개월", "일시불", width),
        two("승인금액", f"{sale.paid_won:,}", width),
        two("승인번호", sale.approval_no, width),
        two("가맹점번호", "00712345678", width),
    ]


def _card42(sale: Sale) -> bytes:
    width = 42
    rows = [
        sale.shop,
        two(f"사업자:{BUSINESS_NO}", "대표:한도윤", width),
        "TEL:02-555-0142",
        two(f"판매일:{sale.at:%Y-%m-%d %H:%M:%S}", f"POS:{sale.till}", width),
        two(f"영수증번호:{sale.receipt_no}", "담당:김하늘", width),
        rule(width),
        "상품명                 단가 수량      금액",
        rule(width),
        *(_item_row(item) for item in sale.items),
        rule(width),
        two("과세물품가액", f"{sale.paid_won - sale.vat_won:,}", width),
        two("부  가  세", f"{sale.vat_won:,}", width),
        rule(width),
    ]
    total = BOLD + b"\x1d!\x01" + _lines([two("합    계", f"{sale.paid_won:,}", width)]) + NORMAL + LIGHT
    tail = [two("신용카드", f"{sale.paid_won:,}", width), rule(width), *_card_block(sale, width), rule(width)]
    barcode = b"\x1dhP\x1dw\x02\x1dkI" + bytes([2 + 12]) + b"{B" + sale.receipt_no.replace("-", "")[-12:].encode()
    return (
        INIT + LOGO + CENTER + BIG + ko("영 수 증") + b"\n" + NORMAL + LEFT + _lines(rows) + total + _lines(tail)
        + barcode + CENTER + ko("감사합니다. 또 들러 주세요") + b"\n" + LEFT + FEED_AND_CUT + OPEN_DRAWER
    )  # fmt: skip


def _vat48(sale: Sale) -> bytes:
    width = 48
    rows = [
        two(f"{sale.shop}", f"사업자번호 {BUSINESS_NO}", width),
        two("거래일시", f"{sale.at:%Y/%m/%d %H:%M:%S}", width),
        two("영수증 번호", sale.receipt_no, width),
        "=" * width,
    ]
    for number, item in enumerate(sale.items, 1):
        rows += [
            f"{number:02d}. {item.name}",
            two(f"    {item.price_won:,} x {item.qty}", f"{item.amount_won:,}", width),
        ]
    rows += [
        "=" * width,
        two("공급가액", f"{sale.paid_won - sale.vat_won:,}원", width),
        two("부가세(10%)", f"{sale.vat_won:,}원", width),
        two("받을금액", f"{sale.paid_won:,}원", width),
        two("받은금액", f"{sale.paid_won:,}원", width),
        rule(width),
        two("신용카드", f"{sale.paid_won:,}원", width),
        two("승인번호", sale.approval_no, width),
        "교환/환불은 7일 이내 영수증 지참",
    ]
    return INIT + CENTER + BOLD + ko("[ 영 수 증 ]") + b"\n" + LIGHT + LEFT + _lines(rows) + FEED_AND_CUT


def _cat40(sale: Sale) -> bytes:
    """The slip of a card terminal: no goods; the net amount stands before the total."""
    width = 40
    rows = [
        f"가맹점명  {sale.shop}",
        f"사업자NO:{BUSINESS_NO}",
        rule(width),
        f"카드  : {CARD_NO} (IC)",
        "할부  : 일시불",
        f"일시  : {sale.at:%Y%m%d%H%M%S}",
        f"승인NO: {sale.approval_no}",
        f"전표NO: {sale.receipt_no[-4:]}",
        rule(width),
        two("금   액", f"{sale.paid_won - sale.vat_won:,}", width),
        two("부가세", f"{sale.vat_won:,}", width),
        two("합   계", f"{sale.paid_won:,}", width),
        "[고객용]",
    ]
    return INIT + CENTER + ko("[ 신 용 승 인 ]") + b"\n" + LEFT + _lines(rows) + FEED_AND_CUT


def _at(dots: int) -> bytes:
    return b"\x1b$" + dots.to_bytes(2, "little")


def _columns(sale: Sale) -> bytes:
    """Columns are set in dots, and the amount is sent before its label."""

    def row(left: str, middle: str, right: str) -> bytes:
        return (
            _at(504 - 12 * cells(right))
            + ko(right)
            + _at(0)
            + ko(left)
            + (_at(324) + ko(middle) if middle else b"")
            + b"\n"
        )

    slip = INIT + CENTER + BIG + ko("영수증") + b"\n" + NORMAL + LEFT + ko(sale.shop) + b"\n"
    slip += row(f"{sale.at:%Y-%m-%d %H:%M:%S}", "", f"No.{sale.receipt_no[-4:]}") + ko(rule(42)) + b"\n"
    for item in sale.items:
        slip += row(item.name, str(item.qty), f"{item.amount_won:,}")
    slip += ko(rule(42)) + b"\n" + BOLD + row("합계", "", f"{sale.paid_won:,}") + LIGHT
    slip += row("신용카드", "", f"{sale.paid_won:,}") + row("승인번호", "", sale.approval_no)
    return slip + FEED_AND_CUT + b"\x1dr\x01"


def _tabs(sale: Sale) -> bytes:
    slip = INIT + b"\x1bD\x14\x1c\x22\x00"
    rows = [
        sale.shop,
        f"일시\t{sale.at:%Y-%m-%d %H:%M:%S}",
        f"번호\t{sale.receipt_no[-4:]}",
        "품명\t단가\t수량\t금액",
        *(f"{item.name}\t{item.price_won:,}\t{item.qty}\t{item.amount_won:,}" for item in sale.items),
        f"합계\t\t{sum(item.qty for item in sale.items)}\t{sale.paid_won:,}",
        f"카드\t\t\t{sale.paid_won:,}",
        f"승인번호\t\t{sale.approval_no}",
    ]
    return slip + _lines(rows) + FEED_AND_CUT


def _utf8(sale: Sale) -> bytes:
    """An Android till: UTF-8, no code page at all."""
    width = 42
    rows = [
        sale.shop,
        f"결제일시: {sale.at:%Y-%m-%d %H:%M:%S}",
        f"영수증번호: {sale.receipt_no}",
        rule(width),
        *(two(f"{item.name} x{item.qty}", f"{item.amount_won:,}원", width) for item in sale.items),
        rule(width),
        two("총 결제금액", f"{sale.paid_won:,}원", width),
        two("카드결제", f"{sale.paid_won:,}원", width),
        two("승인번호", sale.approval_no, width),
    ]
    text = "".join(row + "\n" for row in rows)
    return INIT_UTF8 + CENTER + BIG + "영수증\n".encode() + NORMAL + LEFT + text.encode() + FEED_AND_CUT


def _cash_wide(sale: Sale) -> bytes:
    """An old till that prints full-width digits; paid in cash, with change."""
    received = -(-sale.paid_won // 10_000) * 10_000

    def wide(amount: int) -> str:
        return f"{amount:,}".translate(_WIDE)

    rows = [
        sale.shop,
        f"{sale.at:%Y-%m-%d}　{sale.at:%H:%M}".translate(_WIDE),
        f"No. {sale.receipt_no[-4:]}",
        *(two(f"{item.name} {item.qty}", wide(item.amount_won), 40) for item in sale.items),
        two("합　　　계", wide(sale.paid_won), 40),
        two("현　　　금", wide(sale.paid_won), 40),
        two("받 은 금 액", wide(received), 40),
        two("거 스 름 돈", wide(received - sale.paid_won), 40),
    ]
    return INIT + _lines(rows) + FEED_AND_CUT + OPEN_DRAWER


_SLIPS = {
    "card42": _card42,
    "vat48": _vat48,
    "cat40": _cat40,
    "columns": _columns,
    "tabs": _tabs,
    "utf8": _utf8,
    "cash_wide": _cash_wide,
}
