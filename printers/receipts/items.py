"""Reads the goods on a receipt: name, quantity, amount, options, whatever the columns are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from printers.receipts.lines import Line, Unit, Value
from printers.receipts.words import COLUMN_WORDS, Role, is_exact_tender, role_of

ENDING_ROLES = frozenset(
    {
        Role.DUE, Role.TOTAL, Role.AMOUNT, Role.SUBTOTAL, Role.SUPPLY, Role.EXEMPT, Role.VAT, Role.SERVICE,
        Role.RECEIVED, Role.CHANGE, Role.APPROVED, Role.CANCELLED, Role.ORIGINAL, Role.UNPAID,
    }
)  # fmt: skip

_OPTION = re.compile(r"\s*(?:[└┗ㄴᄂ+>→▶▷┖╰·・*]|-(?=\s*[^\d\s-])|L_|ㄴ)\s*(?=\S)")
_CODE = re.compile(r"(?:\d{4,14}|0\d{1,2}|\d{2,3}\.|\d{1,2}[.)]|\*)\s+(?=\S)")
_INFO = re.compile(
    r"(사업자|대표|TEL|전화|주소|담당|계산원|캐셔|POS|포스|NO[.:]|№|번호|영수증|전표|가맹점|단말|일시|일자|시각|시간|판매일|거래|주문|테이블|고객|카드|매장|점포|등록|FAX|HTTP|WWW|회원|환영|인원)",
    re.I,
)
_PORTION = "인"  # 김치찌개 2인 is one dish for two
_NAMED_SIZE_MAX = 999  # 생맥주 500
_DATE = re.compile(r"\d{2,4}[-/.년]\s?\d{1,2}[-/.월]\s?\d{1,2}|\d{1,2}:\d{2}")
_NAME_QUANTITY = re.compile(r"^(.*[^\d\s.,(])\s*[xX×*(]\s*(\d{1,3})\s*[)개]?$")
_FRONT = re.compile(r"(-?[1-9]\d{0,2})\s+(?=\S)(\S.*)$")
_NUMBERED = re.compile(r"(?:번호|(?<![A-Za-z])NO\.?|(?:RECEIPT|BILL|ORDER|SLIP|CHECK|TABLE|POS)NO\.?|№)[:.#]*$", re.I)
_GAP = re.compile(r"\s{2,}")
_COLUMNS = re.compile(r"상품명|품목명|제품명|메뉴명|품명|메뉴|상품|단가|가격|수량|금액|할인|NO\.?")
_PRICES = frozenset({"단가", "가격", "PRICE", "판매가", "단가(원)"})
_LETTERS = re.compile(r"[가-힣A-Za-z]")


@dataclass
class Item:
    """One line of goods. `amount` None: no price printed. `sure`: price times quantity, or a lone amount."""

    name: str
    qty: int
    amount: int | None
    options: list[Item] = field(default_factory=list)
    sure: bool = True


@dataclass
class Goods:
    """All goods, the discounts and deposits that stand between them, and where they end."""

    items: list[Item]
    discounts: list[int]
    deposits: list[int]
    end: int
    fees: list[int] = field(default_factory=list)

    @property
    def sum_with_options(self) -> int:
        return self.sum_without_options + sum(option.amount or 0 for item in self.items for option in item.options)

    @property
    def sum_without_options(self) -> int:
        return sum(item.amount or 0 for item in self.items)


def goods_of(lines: Sequence[Line]) -> Goods:
    """Goods with prices: the rows between the heading block and the first sum."""
    end = _end(lines)
    start, columns = _start(lines, end)
    goods = Goods([], [], [], end)
    pending: Line | None = None
    after_rule = False
    for line in lines[start:end]:
        if line.is_rule:
            after_rule = True
            continue
        if after_rule and _sums_up(line, goods):
            goods.end = line.index
            break
        role = _role(line)
        if role is Role.DISCOUNT:
            goods.discounts += [abs(value.amount) for value in line.money[-1:]]
        elif role is Role.DEPOSIT:
            goods.deposits += [value.amount for value in line.money[-1:]]
        elif role is Role.FEE:
            goods.fees += [abs(value.amount) for value in line.money[-1:]]
        elif role in (Role.COUNT, Role.IGNORED, Role.POINTS_USED):
            continue
        else:
            below = lines[line.index + 1] if line.index + 1 < len(lines) else None
            pending = _take(line, goods, pending, columns, below)
            after_rule = False
    _quantities_in_front(goods.items)
    return goods


def _quantities_in_front(items: Sequence[Item]) -> None:
    """2 Americano: a small number before every name is the quantity, unless it only counts the rows."""
    found = [_FRONT.match(item.name) for item in items]
    if not items or any(item.qty != 1 for item in items) or not all(found):
        return
    numbers = [int(match[1]) for match in found if match]
    in_order = len(items) > 1 and numbers == list(range(1, len(items) + 1))
    for item, match, number in zip(items, found, numbers, strict=True):
        assert match is not None
        item.name = match[2]
        if not in_order:
            item.qty = number


def _sums_up(line: Line, goods: Goods) -> bool:
    """A row below a rule that repeats what the goods come to, is a sum, whatever it is called."""
    if not goods.items or len(line.money) != 1 or len(line.pairs) != 1:
        return False
    less, more = sum(goods.discounts), sum(map(abs, goods.deposits)) + sum(goods.fees)
    sums = {goods.sum_with_options, goods.sum_without_options}
    return line.money[0].amount in {found - minus + plus for found in sums for minus in (0, less) for plus in (0, more)}


def kitchen_items(lines: Sequence[Line]) -> list[Item]:
    """Goods without prices, as on a kitchen ticket: a name and a small number."""
    first_rule = next((line.index for line in lines if line.is_rule), -1)
    items: list[Item] = []
    for line in lines[first_rule + 1 :]:
        words = line.words
        if line.is_rule or not words or _OPTION.match(line.raw) or line.money or ":" in words:
            continue
        if not isinstance(words[-1], Value) or not words[-1].is_count or _is_columns(line):
            continue
        name = _name(words[:-1])
        if _LETTERS.search(name) and not _INFO.match(name) and not _DATE.search(line.raw):
            items.append(Item(name, words[-1].amount, None))
    return items


def _end(lines: Sequence[Line]) -> int:
    for line in lines:
        for pair in line.pairs if line.money else ():
            found = role_of(pair.label, pair.inner) if pair.amount is not None else None
            if found is None:
                continue
            if found[0] in ENDING_ROLES or (found[0] is Role.TENDER and is_exact_tender(pair.label)):
                return line.index
        if _stacked_total(lines, line):
            return line.index
    return len(lines)


def _stacked_total(lines: Sequence[Line], line: Line) -> bool:
    """A label of a sum alone in its row, the amount alone in the next."""
    if line.index + 1 >= len(lines) or len(line.pairs) != 1 or line.pairs[0].values:
        return False
    below = lines[line.index + 1]
    if not below.money or len(below.words) != len(below.money):
        return False
    found = role_of(line.pairs[0].label, line.pairs[0].inner)
    return bool(found and found[0] in ENDING_ROLES)


def _start(lines: Sequence[Line], end: int) -> tuple[int, tuple[str, ...]]:
    """The first row of goods, and the names of the columns when the receipt has any."""
    for line in lines[:end]:
        if _is_columns(line):
            return line.index + 1, tuple("".join(segment.split()) for segment in line.raw.split())
    priced = [line.index for line in lines[:end] if _is_priced(line)]
    for line in reversed(lines[: priced[-1]] if priced else ()):
        if _DATE.search(line.raw) or (not _is_priced(line) and _INFO.search(line.squeezed)) or _is_numbered(line):
            return line.index + 1, ()
    return 0, ()


def _is_numbered(line: Line) -> bool:
    """영수증NO : 3457 is a number of the paper, not a price."""
    return bool(line.pairs) and bool(_NUMBERED.search(line.pairs[0].label))


def _is_priced(line: Line) -> bool:
    return bool(line.money) and isinstance(line.words[-1], Value) and (
        line.words[-1].unit is Unit.WON or len(line.words) > 1
    )  # fmt: skip


def _is_columns(line: Line) -> bool:
    if line.money:
        return False
    for parts in (line.raw.split(), _GAP.split(line.raw.strip())):
        if len(parts) >= 2 and all(part in COLUMN_WORDS for part in map(_column, parts) if part):
            return True
    if "금액" not in line.squeezed or len(line.squeezed) < 4:
        return False
    return _COLUMNS.sub("", line.capitals).strip("*[]-=().") == ""


def _column(part: str) -> str:
    return "".join(part.split()).upper().strip("*[]-=")


def _role(line: Line) -> Role | None:
    if not line.pairs:
        return None
    for pair in (line.pairs[0], line.pairs[-1]):
        found = role_of(pair.label, pair.inner)
        if found is None and pair.label.startswith("└"):
            found = role_of(pair.label.strip("└"), pair.inner)
        if found and found[0] in (Role.DISCOUNT, Role.DEPOSIT, Role.COUNT, Role.IGNORED, Role.POINTS_USED):
            return found[0]
        if found and found[0] is Role.FEE and pair.label.startswith(("배달", "배송", "서비스", "이용", "수수료")):
            return Role.FEE  # a bag or a box is a good that is sold, a delivery is not
    return None


def _is_numbers(line: Line | None) -> bool:
    """A row of price, quantity and amount without a name."""
    return line is not None and len(line.words) > 1 and bool(line.money) and all(
        isinstance(word, Value) or word in ("x", "X", "×", "*", "@", "=", ":") for word in line.words
    )  # fmt: skip


def _is_name_above_numbers(line: Line, below: Line | None) -> bool:
    """생맥주 500 above 3,800 x 2: the number belongs to the name."""
    last = line.words[-1]
    return _is_numbers(below) and isinstance(last, Value) and last.unit is Unit.BARE and len(line.words) > 1 and not (
        isinstance(line.words[-2], Value) or not _LETTERS.search(line.squeezed)
    )  # fmt: skip


def _take(line: Line, goods: Goods, pending: Line | None, columns: Sequence[str], below: Line | None) -> Line | None:
    """One row of goods. Answers the row when it is only a name, whose numbers may follow below."""
    words = list(line.words)
    if pending is None and _is_name_above_numbers(line, below):
        return line
    values: list[Value] = []
    while words and (isinstance(words[-1], Value) or words[-1] in (":", "@", "x", "X", "×", "*", "=")):
        if values and isinstance(words[-1], Value) and words[-1].text.endswith(_PORTION):
            break
        word = words.pop()
        if isinstance(word, Value) and word.unit is not Unit.POINTS:
            values.insert(0, word)
    name = _name(words)
    has_name = bool(_LETTERS.search(name))
    if not any(value.is_money for value in values):
        return line if has_name and (not values or _is_numbers(below)) else None
    is_option = bool(_OPTION.match(line.raw)) and bool(goods.items)
    if not has_name and pending is not None:
        is_option = bool(_OPTION.match(pending.raw)) and bool(goods.items)
        name = _name(pending.words)
        has_name = True
    if not has_name:
        return None
    item = _item(name, values, columns)
    if is_option:
        goods.items[-1].options.append(item)
    else:
        goods.items.append(item)
    return None


def _name(words: Sequence[str | Value]) -> str:
    text = " ".join(word if isinstance(word, str) else word.text for word in words).strip()
    text = _OPTION.sub("", " " + text, count=1) if _OPTION.match(text) else text
    text = _CODE.sub("", text, count=1) if _CODE.match(text) else text
    return text.strip(" :")


def _item(name: str, values: Sequence[Value], columns: Sequence[str]) -> Item:
    numbers = [value.amount for value in values]
    if len(values) == 1:
        inside = _NAME_QUANTITY.match(name)
        if inside:
            return Item(inside.group(1).strip(), int(inside.group(2)), numbers[0])
        return Item(name, 1, numbers[0], sure=values[0].unit is Unit.WON)
    if len(values) == 2:
        return _two(name, values, columns)
    price, middle, amount = numbers[-3:]
    if len(values) == 4 and values[0].unit is not Unit.WON and price * middle == amount and abs(middle) < abs(price):
        return Item(f"{name} {values[0].text}", middle, amount)
    if len(values) > 3 or "할인" in columns:
        return _with_discount(name, values)
    for unit_price, qty in ((price, middle), (middle, price)):
        if abs(qty) < 1000 and unit_price * qty == amount and (abs(qty) < abs(unit_price) or unit_price == 0):
            return Item(name, qty, amount)
    if not values[0].is_money and values[1].is_count:  # a number that belongs to the name
        return Item(f"{name} {values[0].text}", middle, amount)
    if _is_size(values[0]) and values[1].is_count:  # 생맥주 500  3  13,500
        return Item(f"{name} {values[0].text}", middle, amount, sure=False)
    qty = next((value.amount for value in values[:-1] if not value.is_money), 1)
    return Item(name, qty, amount, sure=False)


def _is_size(value: Value) -> bool:
    """A bare number that may belong to the name before it."""
    return value.unit is Unit.BARE and 0 < value.amount <= _NAMED_SIZE_MAX


def _two(name: str, values: Sequence[Value], columns: Sequence[str]) -> Item:
    first, second = values
    if first.is_count and second.is_money and (not first.is_money or first.unit is Unit.COUNT):
        return Item(name, first.amount, second.amount)
    is_quantity = second.unit is Unit.COUNT or (second.is_count and not second.is_money)
    if is_quantity and first.is_money:  # price, quantity: no amount is printed, or the price is the amount
        return Item(name, second.amount, first.amount, sure=False)
    if _is_size(first) and first.amount != second.amount and not _PRICES & set(columns):
        return Item(f"{name} {first.text}", 1, second.amount, sure=False)  # a price would have a quantity beside it
    return Item(name, 1, second.amount, sure=first.amount == second.amount)


def _with_discount(name: str, values: Sequence[Value]) -> Item:
    """Price, quantity, discount, amount in this or a near order."""
    numbers = [value.amount for value in values]
    amount = numbers[-1]
    for price in numbers[:-1]:
        for qty in numbers[:-1]:
            if 0 < abs(qty) < 1000 and price != qty:
                gross = price * qty
                rest = [number for number in numbers[:-1] if number not in (price, qty)]
                if gross == amount or any(gross - abs(discount) == amount for discount in rest):
                    return Item(name, qty, amount)
    return Item(name, 1, amount, sure=False)
