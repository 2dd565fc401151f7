"""Lays an invented trade out as rows, in the wording and the habits of one invented till."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.printers.receipts.invented import wording as say
from tests.printers.receipts.invented.rows import Cells, Pair, Row, Rule, Text, clipped
from tests.printers.receipts.invented.trade import Good, Trade


@dataclass
class Habits:
    """What one till always does the same way. `money` is how it writes an amount."""

    dice: random.Random
    columns: int
    money: str
    minus: str
    label_style: str
    goods_style: str
    rule: str
    negative: bool = False  # a cancel that prints minus everywhere
    stacked: bool = False

    def pick(self, words: tuple[str, ...]) -> str:
        return self.dice.choice(words)

    def won(self, amount: int) -> str:
        """An amount in this till's hand."""
        below = (amount < 0) != (self.negative and amount != 0)
        digits = f"{abs(amount):,}"
        match self.money:
            case "plain":
                digits = str(abs(amount))
            case "won":
                digits += "원"
            case "spaced won":
                digits += " 원"
            case "mark":
                digits = "₩" + digits
            case "mark apart":
                digits = "₩ " + digits
            case "full":
                digits = "".join(chr(ord(letter) + 0xFEE0) for letter in digits)
            case "krw":
                digits = "KRW " + digits
            case "star":
                digits = "*" + digits
        if not below:
            return digits
        match self.minus:
            case "triangle":
                return "△" + digits
            case "brackets":
                return f"({digits})"
            case "trailing" if self.money in ("comma", "plain"):
                return digits + "-"
        return "-" + digits

    def pair(self, label: str, amount: int, *, big: bool = False) -> list[Row]:
        value = self.won(amount)
        match self.label_style:
            case "colon":
                label += " :"
            case "brackets":
                label = f"[{label}]"
            case "dots":
                label += " ..."
            case "bullet":
                label = "■ " + label
        if self.stacked and big:
            return [Text(label), Text(" " * 12 + value)]
        return [Pair(label, value, big)]


def habits(dice: random.Random) -> Habits:
    return Habits(
        dice,
        dice.choice((32, 42, 42, 42, 48, 48, 40)),
        dice.choice(("comma",) * 9 + ("won", "won", "won", "spaced won", "mark", "mark apart", "plain", "full",
            "krw", "star")),
        dice.choice(("minus", "minus", "minus", "triangle", "brackets", "trailing")),
        dice.choice(("bare",) * 6 + ("colon", "colon", "brackets", "dots", "bullet")),
        dice.choice(("one line", "one line", "columns", "columns", "two lines", "two lines no head", "times",
            "numbered",
                     "name then price", "qty first", "amount only")),
        dice.choice("----==*-.─"),
        stacked=dice.random() < 0.05,
    )  # fmt: skip


def heading(h: Habits, trade: Trade, title: str, *, number: bool = True) -> list[Row]:
    """Title, shop, time and numbers, in one of many orders."""
    dice = h.dice
    rows: list[Row] = []
    titled = Text(title, dice.choice((0, 1, 1)), dice.random() < 0.5, dice.random() < 0.3)
    shop: list[Row] = [Text(h.pick(say.SHOPS), dice.choice((0, 1)), dice.random() < 0.2)]
    if dice.random() < 0.8:
        shop.append(
            Text(f"{h.pick(('사업자', '사업자번호', '등록번호'))}: 214-87-00{dice.randint(100, 999)}  대표자: 한도윤")
        )
    if dice.random() < 0.6:
        shop.append(Text(h.pick(("서울 마포구 새물길 27 1층", "부산 수영구 파도길 9", "경기 여주시 들녘로 1004"))))
    if dice.random() < 0.6:
        shop.append(Text(f"TEL : 02-555-0{dice.randint(100, 199)}"))
    rows += [titled, *shop] if dice.random() < 0.6 else [*shop, titled]
    if not title:
        rows.remove(titled)
    when = h.dice.choice(("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d %H:%M:%S", "%Y년 %m월 %d일 %H:%M:%S"))
    label = h.pick(say.TIME)
    mark = h.pick((": ", " : ", " ")) if label else ""
    till = h.pick(("", f"  POS:{trade.till}", f" 포스 {trade.till}"))
    stamp = f"{label}{mark}{trade.at:{when}}"
    if h.columns >= 42:
        stamp += till
    numbered = Text(f"{h.pick(say.RECEIPT_NO)}{h.pick((': ', ' : ', ' '))}{trade.receipt_no}")
    rows += [Text(stamp), numbered] if number else [Text(stamp)]
    if dice.random() < 0.3:
        rows.append(Text(h.pick(("담당: 김하늘", "계산원 : 01 관리자", "테이블 : 12", "주문번호 0042", "고객수 2명"))))
    return rows


def goods(h: Habits, trade: Trade) -> list[Row]:
    rows: list[Row] = []
    if h.goods_style in ("columns", "numbered"):
        rows += [Rule(h.rule), _cells(h, h.pick(("상품명", "품명", "메뉴", "Item")), "단가", "수량", "금액")]
    elif h.goods_style == "two lines":
        rows += [Rule(h.rule), Text("상품명"), _cells(h, "", "단가", "수량", "금액")]
    rows.append(Rule(h.rule))
    for place, good in enumerate(trade.goods, 1):
        rows += _good(h, place, good)
        for option, price in good.options:
            mark = h.dice.choice((" └", "  + ", " - ", " > "))
            rows.append(Pair(mark + option, h.won(price)) if price else Text(mark + option))
    return rows


def _cells(h: Habits, name: str, price: str, qty: str, amount: str) -> Row:
    ends = {32: (14, 21, 24, 32), 40: (19, 27, 31, 40), 42: (21, 29, 33, 42), 48: (26, 35, 39, 48)}[h.columns]
    return Cells((clipped(name, ends[0]), price, qty, amount), ends)


def _good(h: Habits, place: int, good: Good) -> list[Row]:
    name, qty = good.name, str(-good.qty if h.negative else good.qty)
    price, amount = f"{good.price_won:,}", h.won(good.amount_won)
    if h.money in ("plain", "full"):
        price = h.won(good.price_won).lstrip("-△(").rstrip(")-")
    match h.goods_style:
        case "columns":
            return [_cells(h, name, price, qty, amount)]
        case "numbered":
            return [_cells(h, f"{place:02d} {name}", price, qty, amount)]
        case "two lines" | "two lines no head":
            return [Text(name), _cells(h, "", price, qty, amount)]
        case "times":
            return [Pair(f"{name} x{good.qty}", amount)]
        case "name then price":
            return [Text(name), Pair(f"  {price} x {qty}", amount)]
        case "qty first":
            return [Pair(f"{qty} {name}", amount)]
        case "amount only" if good.qty == 1:
            return [Pair(name, amount)]
    return [Pair(f"{name} {qty}", amount)]


def sums(h: Habits, trade: Trade) -> list[Row]:
    """From the subtotal to the amount due, in one of the orders that tills use."""
    rows: list[Row] = [Rule(h.rule)]
    dice = h.dice
    deductions = bool(trade.discounts_won or trade.points_won)
    additions = trade.vat == "on top" or trade.service_won or trade.deposit_won
    pre_tax = trade.gross_won
    if dice.random() < 0.15:
        rows.append(Pair(h.pick(("총수량", "합계수량", "수량")), str(sum(good.qty for good in trade.goods))))
    if deductions or additions or dice.random() < 0.15:
        rows += h.pair(h.pick(say.SUBTOTAL), pre_tax)
    sign = -1 if dice.random() < 0.7 else 1
    for amount in trade.discounts_won:
        rows += h.pair(h.pick(say.DISCOUNT), sign * amount)
    if trade.points_won:
        rows += h.pair(h.pick(say.POINTS), sign * trade.points_won)
    if trade.service_won:
        rows += h.pair(h.pick(say.SERVICE), trade.service_won)
    if trade.deposit_won:
        rows += h.pair(h.pick(say.DEPOSIT), trade.deposit_won)
    tax = _tax(h, trade)
    due: list[Row] = []
    certain = deductions or additions
    lot = dice.random()
    if lot < 0.35 and not certain:
        due = h.pair(h.pick(say.TOTAL), trade.total_won, big=dice.random() < 0.4)
    elif lot < 0.7 or certain:
        due = h.pair(h.pick(say.DUE), trade.total_won, big=dice.random() < 0.4)
    else:
        due = h.pair(h.pick(say.TOTAL), trade.total_won) + h.pair(h.pick(say.DUE), trade.total_won)
    return rows + (tax + due if trade.vat == "on top" or dice.random() < 0.6 else due + tax)


def _tax(h: Habits, trade: Trade) -> list[Row]:
    if trade.vat == "hidden":
        return []
    rows: list[Row] = []
    if trade.vat == "mixed":
        rows += h.pair(h.pick(say.EXEMPT), trade.exempt_won)
    if trade.vat == "mixed" or h.dice.random() < 0.7:
        rows = h.pair(h.pick(say.SUPPLY), trade.supply_won) + rows
    if trade.vat == "on top" and rows and h.dice.random() < 0.5:
        rows = []
    return rows + h.pair(h.pick(say.VAT), trade.vat_won)


def tenders(h: Habits, trade: Trade) -> list[Row]:
    """How it was paid. A lone cash payment may be told by received and change only."""
    rows: list[Row] = [Rule(h.rule)] if h.dice.random() < 0.7 else []
    cash = trade.tenders[0].method == "cash" and len(trade.tenders) == 1
    names: list[str] = []
    for tender in trade.tenders:
        label = h.pick(say.TENDERS[tender.method])
        names.append(label)
        if cash and trade.change_won and h.dice.random() < 0.5:
            rows += h.pair(label, trade.total_won)
            rows += h.pair(h.pick(say.RECEIVED), tender.amount_won)
        elif cash and h.dice.random() < 0.15:
            rows += h.pair(h.pick(say.RECEIVED), tender.amount_won)
        else:
            rows += h.pair(label, tender.amount_won)
    if trade.change_won:
        rows += h.pair(h.pick(say.CHANGE), trade.change_won)
    elif h.dice.random() < 0.1:
        rows += h.pair(h.pick(say.CHANGE), 0)
    for tender in trade.tenders:
        if tender.approval:
            rows += approval(h, trade, tender.amount_won, tender.approval)
    return rows


def approval(h: Habits, trade: Trade, amount: int, number: str) -> list[Row]:
    dice = h.dice
    rows: list[Row] = []
    if dice.random() < 0.6:
        rows.append(Rule(h.rule))
        if dice.random() < 0.5:
            rows.append(
                Text(
                    h.pick(("[신용카드 승인내역]", "*** 신용승인정보(고객용) ***", "<카드결제정보>", "카드 승인 정보"))
                )
            )
        rows.append(
            Pair(h.pick(("카드번호", "카드 번호", "CARD NO")), h.pick(("5409-26**-****-118*", "9490-13**-****-7021")))
        )
        if dice.random() < 0.6:
            rows.append(Pair(h.pick(("할부", "할부개월", "할부기간")), h.pick(("일시불", "00", "03개월", "0개월"))))
        if dice.random() < 0.6:
            rows += h.pair(h.pick(say.APPROVED), amount)
        if dice.random() < 0.4:
            rows.append(Pair("가맹점번호", "00712345678"))
    mark = h.pick(("", "", " :"))
    rows.append(Pair(h.pick(say.APPROVAL).rstrip(":") + mark, number))
    if dice.random() < 0.3:
        rows.append(Pair("승인일시", f"{trade.at:%Y-%m-%d %H:%M:%S}"))
    return rows


def footer(h: Habits, trade: Trade) -> list[Row]:
    """Decoys: points of somebody else's club, balances, promises, foreign money."""
    dice = h.dice
    rows: list[Row] = [Rule(h.rule)]
    if dice.random() < 0.25:
        rows += h.pair(h.pick(("적립포인트", "금회적립", "이번 적립", "발생포인트")), trade.total_won // 100)
        rows += h.pair(
            h.pick(("누적포인트", "가용포인트", "잔여포인트", "사용가능 포인트")), dice.randrange(100, 90_000)
        )
    if dice.random() < 0.1:
        rows += h.pair(h.pick(("카드잔액", "잔액", "충전카드 잔액", "결제후 잔액")), dice.randrange(100, 90_000))
    if dice.random() < 0.05:
        rows.append(Pair(h.pick(("Total(USD)", "합계(USD)", "외화금액")), f"${trade.total_won / 1350:.2f}"))
    for _ in range(dice.choice((0, 1, 2, 3))):
        rows.append(Text(h.pick(say.FOOTERS), dice.choice((0, 1))))
    return rows
