"""What a receipt says of a sale beside its payment, never what the reader was unsure of (STP-08, 10, 11; PNT-22)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.earning import EarningMethod
from rules.paper_sale import ITEMS_MAX, UNLISTED, asks_for_items, asks_for_means, by_name, items_of, means_of
from rules.programs import EarningProgram
from rules.sale import Item, PayMeans
from rules.stamps import StampBasis, StampRules

MENU = by_name([("m1", "카페라떼"), ("m2", "아메리카노 (ICE)"), ("m3", "쿠키"), ("m4", "쿠 키"), ("m5", "!")])


def paid(*methods: str) -> dict[str, Any]:
    return {"payments": [{"method": method, "amount": 4_500} for method in methods]}


@pytest.mark.parametrize(
    ("reading", "means"),
    [
        (paid("card"), PayMeans.CARD),
        (paid("card", "card"), PayMeans.CARD),
        (paid("easy_pay"), PayMeans.CARD),
        (paid("card", "easy_pay"), PayMeans.CARD),
        (paid("cash"), PayMeans.CASH),
        (paid("prepaid"), PayMeans.PREPAID),
        (paid("voucher"), PayMeans.MOBILE_VOUCHER),
        (paid("transfer"), PayMeans.OTHER),
        (paid("cash", "card"), None),
        (paid("giftcard"), None),
        (paid("of a later reader"), None),
        (paid("cash", "giftcard"), None),
        (paid(), None),
        ({}, None),
        ({"payments": "card"}, None),
        ({"payments": ["card"]}, None),
        ({"payments": [{}]}, None),
    ],
)
def test_how_it_was_paid_is_told_when_all_of_it_was_paid_so(reading: dict[str, Any], means: PayMeans | None) -> None:
    """STP-11, PNT-22: a gift card may be local currency or not."""
    assert means_of(reading) is means


def bought(*items: tuple[Any, Any, Any]) -> dict[str, Any]:
    return {"items": [dict(zip(("name", "qty", "amount"), one, strict=True)) for one in items]}


@pytest.mark.parametrize(
    ("reading", "items"),
    [
        (bought(("카페라떼", 2, 9_000)), (Item("m1", 2),)),
        (bought(("아메리카노(ICE)", 1, 4_500)), (Item("m2", 1),)),
        (bought(("카페  라떼", 1, 4_500), ("ＣＡＫＥ", 3, 9_000)), (Item("m1"), Item(UNLISTED, 3))),
        (bought(("쿠키", 1, 2_000)), (Item(UNLISTED),)),
        (bought(("", 1, 2_000)), (Item(UNLISTED),)),
        (bought(("카페라떼", 1, 4_500), ("서비스", 1, 0)), (Item("m1"),)),
        (bought(("카페라떼", 1, -4_500)), ()),
        (bought(("카페라떼", 1, 4_500), ("쿠키", 0, 2_000)), ()),
        (bought(("카페라떼", -1, 4_500)), ()),
        (bought(("카페라떼", 1_001, 4_500)), ()),
        (bought(("카페라떼", 1, None)), ()),
        (bought(("카페라떼", None, 4_500)), ()),
        (bought(("카페라떼", True, 4_500)), ()),
        (bought(*[("카페라떼", 1, 4_500)] * (ITEMS_MAX + 1)), ()),
        (bought(), ()),
        ({}, ()),
        ({"items": "카페라떼"}, ()),
    ],
)
def test_what_was_bought_is_told_when_every_line_of_it_is_plain(
    reading: dict[str, Any], items: tuple[Item, ...]
) -> None:
    """STP-10: what cost nothing is no purchase, and what is on no menu is no product of a condition (STP-08)."""
    assert items_of(reading, MENU) == items


def test_a_name_that_two_products_share_says_nothing() -> None:
    """STP-08"""
    assert sorted(MENU.values()) == ["m1", "m2"]


@pytest.mark.parametrize(
    ("program", "means", "items"),
    [
        (EarningProgram(), False, False),
        (EarningProgram(bonus_bp={PayMeans.CASH: 100}), True, False),
        (EarningProgram(method=EarningMethod.STAMP, stamps=StampRules()), False, False),
        (EarningProgram(method=EarningMethod.STAMP, stamps=StampRules(means=frozenset())), True, False),
        (EarningProgram(method=EarningMethod.STAMP, stamps=StampRules(products=frozenset({"m1"}))), False, True),
        (EarningProgram(method=EarningMethod.STAMP, stamps=StampRules(StampBasis.ITEMS)), False, True),
        (EarningProgram(method=EarningMethod.STAMP, stamps=StampRules(StampBasis.CONDITION_ITEMS)), False, True),
        (EarningProgram(method=EarningMethod.STAMP, stamps=StampRules(StampBasis.AMOUNT)), False, False),
    ],
)
def test_nothing_is_told_that_no_rule_asks_for(program: EarningProgram, means: bool, items: bool) -> None:
    """STP-08, STP-10, STP-11, PNT-22"""
    assert (asks_for_means(program), asks_for_items(program)) == (means, items)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["items", "payments"]), _JSON | st.lists(_JSON, max_size=3)))
def test_no_reading_trips_it(reading: dict[str, Any]) -> None:
    """A file of the spool may say anything."""
    assert all(item.quantity >= 1 for item in items_of(reading, MENU))
    assert means_of(reading) is None or means_of(reading) in PayMeans
