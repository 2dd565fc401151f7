"""Every kind of paper that a till prints, with what a careful person reads on it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.printers.receipts.invented import wording as say
from tests.printers.receipts.invented.hostile import disturbed
from tests.printers.receipts.invented.ink import sent
from tests.printers.receipts.invented.paper import (
    Habits,
    approval,
    footer,
    goods,
    habits,
    heading,
    sums,
    tenders,
)
from tests.printers.receipts.invented.rows import Pair, Row, Rule, Text
from tests.printers.receipts.invented.trade import Tender, Trade, invent


@dataclass(frozen=True)
class Truth:
    """`total`, `paid`: signed won, None where the paper states none. `more`: facts that a reading may tell."""

    kind: str
    total: int | None
    paid: int | None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Paper:
    number: int
    sort: str
    stream: bytes
    truth: Truth


def paper(number: int, *, hostile: str = "") -> Paper:
    """The paper of this number, always the same one; `hostile` is a way of `disturbed`."""
    dice = random.Random(number)
    sort, make = dice.choice(_SORTS)
    trade = invent(dice)
    h = habits(dice)
    rows, truth = make(h, trade)
    if hostile:
        rows = disturbed(rows, dice, hostile)
    return Paper(number, sort, sent(rows, h.columns, dice), truth)


def _facts(trade: Trade, sign: int = 1) -> dict[str, Any]:
    numbers = [tender.approval for tender in trade.tenders if tender.approval]
    paid = [[t.method, sign * (t.amount_won - (trade.change_won if t.method == "cash" else 0))] for t in trade.tenders]
    return {
        "receipt_no": trade.receipt_no, "time": trade.at.isoformat(), "approval_numbers": numbers, "payments": paid,
        "items": [["".join(good.name.split()), sign * good.qty, sign * good.amount_won] for good in trade.goods],
    }  # fmt: skip


def _body(h: Habits, trade: Trade) -> list[Row]:
    return goods(h, trade) + sums(h, trade) + tenders(h, trade)


def _sale(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    rows = heading(h, trade, h.pick(say.TITLES)) + _body(h, trade) + footer(h, trade)
    return rows, Truth("sale", trade.total_won, trade.total_won, _facts(trade))


def _reprint(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    title = h.pick(say.TITLES) or "영수증"
    rows = [Text(h.pick(say.REPRINT), h.dice.choice((0, 1))), *heading(h, trade, title)]
    rows += _body(h, trade) + footer(h, trade)
    return rows, Truth("reprint", trade.total_won, trade.total_won, _facts(trade))


def _slip(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    """A card terminal's slip: no goods."""
    trade.tenders = [Tender("card", trade.total_won, f"{h.dice.randrange(10**8):08d}")]
    trade.change_won = 0
    title = h.pick(
        ("신용카드매출전표", "[신용승인]", "IC 신용승인", "카드매출전표", "신용카드 매출전표(고객용)", "신용구매")
    )
    rows = heading(h, trade, title, number=h.dice.random() < 0.5)
    rows += [Rule(h.rule), Pair("카드번호", "5409-26**-****-118*"), Pair("할부", h.pick(("일시불", "03개월", "00")))]
    if h.dice.random() < 0.7:
        vat = trade.total_won - round(trade.total_won / 1.1)
        rows += h.pair(h.pick(("판매금액", "공급가액", "금액", "거래금액", "과세금액")), trade.total_won - vat)
        rows += h.pair(h.pick(say.VAT), vat)
        if h.dice.random() < 0.3:
            rows += h.pair(h.pick(say.SERVICE), 0)
        rows += h.pair(h.pick(say.TOTAL), trade.total_won, big=h.dice.random() < 0.4)
    else:
        rows += h.pair(h.pick(("승인금액", "거래금액", "결제금액", "합계금액")), trade.total_won)
    rows += [Pair(h.pick(say.APPROVAL).rstrip(":"), str(trade.tenders[0].approval)), *footer(h, trade)]
    facts = _facts(trade) | {"items": [], "receipt_no": None}
    return rows, Truth("sale", trade.total_won, trade.total_won, facts)


def _cancel(
    h: Habits, trade: Trade, words: tuple[str, ...] = say.CANCEL, kind: str = "cancel"
) -> tuple[list[Row], Truth]:
    trade.tenders = [Tender(trade.tenders[0].method, trade.total_won, trade.tenders[0].approval)]
    trade.change_won = 0
    h.negative = h.dice.random() < 0.6
    rows = heading(h, trade, h.pick(words))
    if h.dice.random() < 0.5:
        rows.append(Pair(h.pick(("원거래일", "원승인일자", "원거래일시")), f"{trade.at:%Y-%m-%d}"))
    rows += _body(h, trade) + footer(h, trade)
    return rows, Truth(kind, -trade.total_won, -trade.total_won, _facts(trade, -1))


def _refund(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    return _cancel(h, trade, say.REFUND, "refund")


def _partial(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    """One of the goods went back: what stays and what was first paid stand on the paper as well."""
    back = min(good.amount_won for good in trade.goods)
    trade.tenders = [Tender("card", back, f"{h.dice.randrange(10**8):08d}")]
    rows = [*heading(h, trade, h.pick(say.PARTIAL)), Rule(h.rule)]
    rows += h.pair(h.pick(("원거래금액", "최초결제금액", "당초 승인금액")), trade.gross_won)
    rows += h.pair(h.pick(("취소금액", "부분취소금액", "환불금액")), back)
    if h.dice.random() < 0.6:
        rows += h.pair(h.pick(("잔여금액", "취소후금액", "남은 승인금액")), trade.gross_won - back)
    rows += h.pair(h.pick(say.TENDERS["card"]), back)
    rows += approval(h, trade, back, str(trade.tenders[0].approval))
    return rows, Truth("partial_refund", -back, -back, {"receipt_no": trade.receipt_no})


def _bill(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    rows = [*heading(h, trade, h.pick(say.BILL), number=False), Text("테이블 : 12")]
    rows += goods(h, trade) + sums(h, trade)
    rows += [
        Text(
            h.pick(
                (
                    "계산은 카운터에서 부탁드립니다",
                    "결제 전 내역입니다",
                    "맛있게 드세요",
                    "본 계산서는 영수증이 아닙니다",
                )
            )
        )
    ]
    return rows, Truth("bill", trade.total_won, None)


def _kitchen(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    rows: list[Row] = [Text(h.pick(say.KITCHEN), 1, h.dice.random() < 0.6), Text(f"테이블 {h.dice.randint(1, 40)}")]
    rows += [Text(f"주문시각 {trade.at:%H:%M:%S}"), Rule(h.rule)]
    rows += [Pair(good.name, str(good.qty), h.dice.random() < 0.2) for good in trade.goods]
    return rows, Truth("kitchen", None, None)


def _settlement(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    sales = h.dice.randrange(200_000, 9_000_000) // 100 * 100
    cash = sales // h.dice.randint(3, 9) // 100 * 100
    rows: list[Row] = [
        Text(h.pick(say.SETTLEMENT), 1, True),
        Text(h.pick(say.SHOPS)),
        Text(f"{trade.at:%Y-%m-%d %H:%M:%S}"),
    ]
    rows += [Rule(h.rule), *h.pair(h.pick(("총매출", "총매출액", "매출합계", "총 판매금액")), sales)]
    rows += h.pair(h.pick(("할인", "할인금액")), 0) + h.pair(h.pick(("부가세", "부가세합계")), sales // 11)
    rows += h.pair("신용카드 (118건)", sales - cash) + h.pair("현금 (17건)", cash)
    rows += [Pair(h.pick(("객수", "거래건수", "고객수")), "135")]
    if h.dice.random() < 0.5:
        rows += h.pair(h.pick(("객단가", "현금시재", "준비금")), h.dice.randrange(5_000, 50_000))
    rows += h.pair(h.pick(("합계", "순매출", "실매출")), sales)
    return rows, Truth("settlement", sales, None)


def _delivery(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    fee = h.dice.choice((0, 2_000, 3_000, 4_500))
    total = trade.gross_won + fee
    in_app = h.dice.random() < 0.7
    rows: list[Row] = [Text(h.pick(say.DELIVERY), 1, True), Text(f"주문번호 : T2A{h.dice.randrange(10**6)}")]
    rows += [Text(f"주문일시 : {trade.at:%Y-%m-%d %H:%M:%S}"), Text("배달주소 : 서울 마포구 새물길 27 101동 202호")]
    rows += [Text(f"연락처 : 050-1234-{h.dice.randrange(1000, 9999)}"), Text("요청사항 : 문 앞에 두고 벨 눌러주세요")]
    rows += [*goods(h, trade), Rule(h.rule)]
    rows += h.pair(h.pick(("주문금액", "상품금액", "음식값")), trade.gross_won)
    rows += h.pair(h.pick(("배달팁", "배달료", "배달비")), fee)
    rows += h.pair(h.pick(("총 결제금액", "합계금액", "결제금액")), total)
    paid = ("결제방법 : 앱결제(결제완료)", "선결제", "온라인 결제완료", "결제완료(바로결제)")
    later = ("결제방법 : 만나서 카드결제", "후불 현금", "만나서 현금결제")
    rows.append(Text(h.pick(paid if in_app else later)))
    return rows, Truth("delivery_order", total, None)


def _ticket(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    word = h.pick(say.TICKET)
    rows: list[Row] = [Text(word, 1, True), Text(str(h.dice.randint(1, 999)), 1, True), Text(h.pick(say.SHOPS))]
    rows += [Text(f"{trade.at:%Y-%m-%d %H:%M:%S}"), Rule(h.rule)]
    rows += [Pair(good.name, str(good.qty)) for good in trade.goods[:3]]
    kinds = {"교환권": "exchange_slip", "식권": "exchange_slip", "상품교환권": "exchange_slip",
        "대기번호": "queue_ticket",
             "번호표": "queue_ticket", "주문 교환증": "order_ticket"}  # fmt: skip
    return rows, Truth(kinds.get(word, "order_ticket"), None, None)


def _free(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    """Everything was paid by coupons: nothing is due."""
    rows = [*heading(h, trade, h.pick(say.TITLES)) + goods(h, trade), Rule(h.rule)]
    rows += h.pair(h.pick(say.SUBTOTAL), trade.gross_won) + h.pair(h.pick(say.DISCOUNT), -trade.gross_won)
    rows += h.pair(h.pick(say.DUE), 0) + footer(h, trade)
    return rows, Truth("sale", 0, 0, {"receipt_no": trade.receipt_no})


def _top_up(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    """Money for a card of the shop: paid, but nothing was bought. Nobody earns on it before it is spent."""
    charge = h.dice.choice((10_000, 30_000, 50_000, 100_000))
    number = f"{h.dice.randrange(10**8):08d}"
    rows = [*heading(h, trade, h.pick(("충전 영수증", "선불카드 충전", "기프트카드 충전", "영수증"))), Rule(h.rule)]
    rows += h.pair(h.pick(("충전금액", "카드충전", "충전")), charge) + h.pair(h.pick(say.TENDERS["card"]), charge)
    rows += h.pair(h.pick(("충전후잔액", "카드잔액", "잔액")), charge + h.dice.randrange(0, 40_000))
    rows += [Pair("승인번호", number)]
    return rows, Truth("top_up", charge, charge)


def _split_bill(h: Habits, trade: Trade) -> tuple[list[Row], Truth]:
    """One of several who pay apart: the table's total stands on the paper, only a part was paid here."""
    part = max(trade.total_won // 2 // 100 * 100, 100)
    number = f"{h.dice.randrange(10**8):08d}"
    rows = [*heading(h, trade, h.pick(say.TITLES)) + goods(h, trade) + sums(h, trade), Rule(h.rule)]
    rows += h.pair(h.pick(("분할결제", "더치페이", "분할 결제금액", "1/2 결제")), part)
    rows += h.pair(h.pick(say.TENDERS["card"]), part)
    rows += h.pair(h.pick(("남은금액", "잔여 결제금액", "미결제금액", "잔금")), trade.total_won - part)
    rows += [Pair("승인번호", number)]
    return rows, Truth("sale", part, part)


_Maker = Callable[[Habits, Trade], tuple[list[Row], Truth]]
_WEIGHTED: tuple[tuple[int, str, _Maker], ...] = (
    (56, "sale", _sale), (6, "reprint", _reprint), (8, "slip", _slip), (6, "cancel", _cancel), (4, "refund", _refund),
    (3, "partial", _partial), (5, "bill", _bill), (3, "kitchen", _kitchen), (4, "settlement", _settlement),
    (4, "delivery", _delivery), (3, "ticket", _ticket), (1, "free", _free), (1, "top-up", _top_up),
    (1, "split bill", _split_bill),
)  # fmt: skip
_SORTS: tuple[tuple[str, _Maker], ...] = tuple((sort, make) for weight, sort, make in _WEIGHTED for _ in range(weight))
