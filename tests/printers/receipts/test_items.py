"""What a good is called and how many were bought, however a till writes its rows (PNT-09)."""

from __future__ import annotations

import pytest

from printers.receipts.items import goods_of
from printers.receipts.lines import lines_of
from printers.stream.page import Row

RULE = "--------------------------------"
HEAD = ["느린오후 커피", "판매일:2026-11-20 14:03:22", RULE]
END = [RULE, "합계   90,000"]

CASES = {
    "a portion is part of the name": (
        ["4 김치찌개 2인        72,000", "1 공기밥              1,000"],
        [("김치찌개 2인", 4, 72_000), ("공기밥", 1, 1_000)],
    ),
    "a portion before a quantity": (["김치찌개 2인  1  18,000"], [("김치찌개 2인", 1, 18_000)]),
    "a size without a price column": (["2 생맥주 500        6,000"], [("생맥주 500", 2, 6_000)]),
    "a size before a quantity, all bare": (["생맥주 500 2   1800"], [("생맥주 500", 2, 1_800)]),
    "three digits with a mark are an amount": (["1 딸기생크림케익     *500"], [("딸기생크림케익", 1, 500)]),
    "two digits with a mark are a quantity": (["레몬케이크 *2    9,000"], [("레몬케이크", 2, 9_000)]),
    "a quantity that the amount ran into": (["01 후라이드(순살)   4,800   1KRW 4,800"], [("후라이드(순살)", 1, 4_800)]),
}


@pytest.mark.parametrize(("rows", "wanted"), CASES.values(), ids=CASES.keys())
def test_a_good_has_its_name_quantity_and_amount(rows: list[str], wanted: list[tuple[str, int, int]]) -> None:
    goods = goods_of(lines_of([Row(text) for text in [*HEAD, *rows, *END]]))

    assert [(item.name, item.qty, item.amount) for item in goods.items] == wanted


def test_a_price_beside_its_column_is_no_size() -> None:
    rows = ["품명            단가      금액", RULE, "초코볼          500     1,000"]
    goods = goods_of(lines_of([Row(text) for text in [*HEAD, *rows, *END]]))

    assert [(item.name, item.amount) for item in goods.items] == [("초코볼", 1_000)]


def test_the_number_of_a_receipt_is_no_good() -> None:
    """Its number was added to the goods, so that they agreed with nothing."""
    rows = ["느린오후 커피", "Receipt No 3853", RULE, "Lemonade x2      7,600"]
    goods = goods_of(lines_of([Row(text) for text in [*rows, *END]]))

    assert [(item.name, item.qty, item.amount) for item in goods.items] == [("Lemonade", 2, 7_600)]
