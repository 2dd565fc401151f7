"""Invents what happened at a till: goods, deductions, payments. All money is whole won."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GOODS = (
    "아메리카노", "카페라떼(HOT)", "바닐라라떼", "콜드브루", "자몽에이드", "얼그레이티", "레몬케이크", "초코머핀",
    "플레인스콘", "소금빵", "딸기생크림케익", "아이스초코", "흑임자라떼", "쑥라떼 ICE", "한우국밥", "제육볶음정식",
    "해물파전", "생맥주 500", "김치찌개 2인", "비빔냉면", "치킨버거 세트", "후라이드(순살)", "사리추가", "공기밥",
    "대파크림베이글", "원두 200g", "드립백 10입", "텀블러 355ml", "Americano", "Cafe Latte", "Cheese Cake",
    "Lemonade", "1+1 쿠키", "3번 세트", "7곡라떼", "오늘의커피 R", "디카페인 변경", "모둠초밥(12p)",
)  # fmt: skip
OPTIONS = ("샷추가", "시럽추가", "휘핑크림", "오트밀크 변경", "ICE", "사이즈업", "얼음적게")
PRICES = (500, 900, 1_000, 1_500, 2_300, 2_800, 3_000, 3_500, 3_800, 4_000, 4_500, 4_800, 5_500, 6_300, 7_000, 8_900,
          9_500, 12_000, 13_900, 18_000, 25_000, 38_000)  # fmt: skip


@dataclass
class Good:
    name: str
    price_won: int
    qty: int
    options: list[tuple[str, int]] = field(default_factory=list)

    @property
    def amount_won(self) -> int:
        return self.price_won * self.qty

    @property
    def with_options_won(self) -> int:
        return self.amount_won + sum(price for _, price in self.options)


@dataclass
class Tender:
    """`method` as in a reading; `approval` None for money that needs none."""

    method: str
    amount_won: int
    approval: str | None = None


@dataclass
class Trade:
    goods: list[Good]
    discounts_won: list[int]
    vat: str  # "inside", "on top", "hidden", "mixed"
    service_won: int
    deposit_won: int
    points_won: int
    tenders: list[Tender]
    change_won: int
    at: datetime
    receipt_no: str
    till: str
    gross_won: int
    vat_won: int
    exempt_won: int
    total_won: int

    @property
    def supply_won(self) -> int:
        return self.total_won - self.vat_won - self.exempt_won - self.service_won - self.deposit_won


def invent(dice: random.Random) -> Trade:
    goods = [_good(dice) for _ in range(dice.choice((1, 1, 2, 2, 3, 3, 4, 5, 8)))]
    gross = sum(good.with_options_won for good in goods)
    discounts: list[int] = []
    if dice.random() < 0.25:
        discounts = [_part(dice, gross, 3) for _ in range(dice.choice((1, 1, 1, 2)))]
    points = _part(dice, gross - sum(discounts), 4) if dice.random() < 0.08 else 0
    net = gross - sum(discounts) - points
    vat = dice.choice(("inside", "inside", "inside", "hidden", "hidden", "on top", "mixed"))
    service = net // 10 if dice.random() < 0.05 else 0
    deposit = 300 * dice.randint(1, 3) if dice.random() < 0.07 else 0
    exempt = 0
    if vat == "mixed":
        exempt = _part(dice, net, 2)
    taxed = net - exempt + service
    vat_won = taxed // 10 if vat == "on top" else taxed - round(taxed / 1.1)
    total = net + service + deposit + (vat_won if vat == "on top" else 0)
    tenders, change = _tenders(dice, total)
    at = datetime(2026, 1, 1) + timedelta(seconds=dice.randrange(360 * 86_400))  # noqa: DTZ001 - as a till prints it
    return Trade(
        goods, discounts, vat, service, deposit, points, tenders, change, at, _receipt_no(dice, at),
        f"{dice.randint(1, 9):02d}", gross, vat_won, exempt, total,
    )  # fmt: skip


def _good(dice: random.Random) -> Good:
    qty = dice.choice((1, 1, 1, 1, 2, 2, 3, 4, 12))
    good = Good(dice.choice(GOODS), dice.choice(PRICES), qty)
    if dice.random() < 0.15:
        good.options = [(dice.choice(OPTIONS), dice.choice((0, 300, 500, 1_000))) for _ in range(dice.choice((1, 2)))]
    return good


def _part(dice: random.Random, whole: int, at_least: int) -> int:
    """A round part of an amount, at most a third of it or so."""
    most = max(whole // at_least // 100, 1)
    return dice.randint(1, most) * 100 if whole >= 400 else 0


def _tenders(dice: random.Random, total: int) -> tuple[list[Tender], int]:
    """The payments as the till names them (cash as handed over) and the change."""
    lot = dice.random()
    if lot < 0.08 and total > 4_000:
        first = total // 2 // 100 * 100
        pair = dice.choice((("card", "cash"), ("card", "card"), ("giftcard", "card"), ("voucher", "card"),
                            ("prepaid", "cash"), ("easy_pay", "cash")))  # fmt: skip
        made = [Tender(pair[0], first, _approval(dice, pair[0])), Tender(pair[1], total - first, None)]
        made[1].approval = _approval(dice, pair[1])
        return made, 0
    if lot < 0.3:
        handed = total
        if dice.random() < 0.6:
            note = dice.choice((1_000, 5_000, 10_000, 50_000))
            handed = -(-total // note) * note
        return [Tender("cash", handed)], handed - total
    method = dice.choice(("card", "card", "card", "card", "card", "easy_pay", "easy_pay", "prepaid", "giftcard",
                          "transfer", "voucher"))  # fmt: skip
    return [Tender(method, total, _approval(dice, method))], 0


def _approval(dice: random.Random, method: str) -> str | None:
    if method not in ("card", "easy_pay"):
        return None
    digits = "".join(str(dice.randrange(10)) for _ in range(dice.choice((8, 8, 8, 8, 9, 10))))
    return dice.choice(("", "", "", "A", "0")) + digits[1:]


def _receipt_no(dice: random.Random, at: datetime) -> str:
    number = dice.randrange(1, 9_999)
    return dice.choice(
        (
            f"{number:04d}", f"{number:06d}", f"{at:%Y%m%d}-{number:04d}", f"{at:%Y%m%d}-01-{number:05d}",
            f"{at:%y%m%d}{number:05d}", f"A-{number}", f"01-{number:04d}", f"POS2-{number:05d}",
        )
    )  # fmt: skip
