"""STP-02, STP-07 to 16, STP-23: stamps of one sale."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.sale import CustomerKind, Item, PayMeans, Sale, SaleChannel, ServiceType, customer_kinds
from rules.stamps import StampBasis, StampGrant, StampReason, StampRules, attendance_stamps, stamps_for

_LATTES = Item("latte", 2)
_COOKIE = Item("cookie", 1)
_SALE = Sale(13_500, 0, "s1", (_LATTES, _COOKIE), grade="VIP")


@pytest.mark.parametrize(
    ("paid_won", "stamps", "reason"),
    [
        (7_000 - 2_500, 0, StampReason.BELOW_AMOUNT),
        (7_000 - 2_000, 1, StampReason.EARNED),
        (4_999, 0, StampReason.BELOW_AMOUNT),
        (0, 0, StampReason.BELOW_AMOUNT),
        (-5_000, 0, StampReason.BELOW_AMOUNT),
    ],
)
def test_what_was_really_paid_reaches_the_base_amount_or_not(paid_won: int, stamps: int, reason: StampReason) -> None:
    """STP-02, STP-09, Ambiguity A1"""
    grant = stamps_for(Sale(paid_won, 0), StampRules(minimum_won=5_000))

    assert (grant.stamps, grant.reason) == (stamps, reason)


@pytest.mark.parametrize(
    ("rules", "stamps"),
    [
        (StampRules(StampBasis.ORDER), 1),
        (StampRules(StampBasis.ITEMS), 3),
        (StampRules(StampBasis.CONDITION_ITEMS, products=frozenset({"latte"})), 2),
        (StampRules(StampBasis.AMOUNT, per_won=5_000), 2),
        (StampRules(StampBasis.AMOUNT), 0),
    ],
)
def test_one_of_four_ways_to_count(rules: StampRules, stamps: int) -> None:
    """STP-10, Ambiguity A2"""
    assert stamps_for(_SALE, rules).stamps == stamps


def test_a_receipt_without_items_counts_as_one_purchase() -> None:
    """STP-10"""
    assert stamps_for(Sale(5_000, 0), StampRules(StampBasis.ITEMS)).stamps == 1


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (StampRules(stores=frozenset({"s2"})), StampReason.STORE),
        (StampRules(channels=frozenset({SaleChannel.APP})), StampReason.CHANNEL),
        (StampRules(services=frozenset({ServiceType.PICKUP})), StampReason.SERVICE),
        (StampRules(means=frozenset({PayMeans.PAYCO})), StampReason.MEANS),
        (StampRules(grades=frozenset({"KING"})), StampReason.GRADE),
        (StampRules(products=frozenset({"cake"})), StampReason.NO_CONDITION_ITEM),
    ],
)
def test_each_filter_closes(rules: StampRules, reason: StampReason) -> None:
    """STP-07, STP-08, STP-11, STP-12, STP-13, STP-16"""
    assert stamps_for(_SALE, rules) == StampGrant(0, reason, 0)


@pytest.mark.parametrize(
    "rules",
    [
        StampRules(stores=frozenset({"s1"})),
        StampRules(channels=frozenset({SaleChannel.OFFLINE})),
        StampRules(services=frozenset({ServiceType.IN_STORE})),
        StampRules(means=frozenset({PayMeans.CARD})),
        StampRules(grades=frozenset({"VIP"})),
        StampRules(products=frozenset({"cookie"})),
    ],
)
def test_each_filter_lets_pass_what_it_names(rules: StampRules) -> None:
    """STP-07, STP-08, STP-11, STP-12, STP-13, STP-16"""
    assert stamps_for(_SALE, rules).stamps == 1


def test_a_condition_product_needs_a_receipt_that_names_it() -> None:
    """STP-08: an unknown menu earns nothing by a product."""
    assert stamps_for(Sale(9_000, 0), StampRules(products=frozenset({"latte"}))).reason is StampReason.NO_CONDITION_ITEM


def test_a_coupon_may_keep_the_whole_order_or_its_own_product_from_earning() -> None:
    """STP-14, MNU-14"""
    with_coupon = dataclasses.replace(
        _SALE, coupon_used=True, items=(dataclasses.replace(_LATTES, by_coupon=True), _COOKIE)
    )
    excluded = dataclasses.replace(_SALE, items=(dataclasses.replace(_LATTES, reward_excluded=True), _COOKIE))
    nothing_left = dataclasses.replace(_SALE, items=(dataclasses.replace(_LATTES, reward_excluded=True),))

    assert stamps_for(with_coupon, StampRules(StampBasis.ITEMS)).stamps == 3
    assert stamps_for(with_coupon, StampRules(StampBasis.ITEMS, coupon_items=False)).stamps == 1
    assert stamps_for(with_coupon, StampRules(with_coupon=False)).reason is StampReason.COUPON_USED
    assert stamps_for(excluded, StampRules(StampBasis.ITEMS)).stamps == 1
    assert stamps_for(nothing_left, StampRules()).reason is StampReason.NO_CONDITION_ITEM


@pytest.mark.parametrize(
    ("payment_max", "day_max", "today", "grant"),
    [
        (3, None, 0, StampGrant(3, StampReason.PAYMENT_CAP, 6)),
        (None, 5, 4, StampGrant(1, StampReason.DAY_CAP, 6)),
        (3, 5, 4, StampGrant(1, StampReason.DAY_CAP, 6)),
        (3, 5, 9, StampGrant(0, StampReason.DAY_CAP, 6)),
        (6, 6, 0, StampGrant(6, StampReason.EARNED, 6)),
    ],
)
def test_caps_of_a_payment_and_of_a_day(
    payment_max: int | None, day_max: int | None, today: int, grant: StampGrant
) -> None:
    """STP-15"""
    sale = Sale(30_000, 0, items=(Item("latte", 6),))

    assert stamps_for(sale, StampRules(StampBasis.ITEMS, payment_max=payment_max, day_max=day_max), today) == grant


@given(
    paid_won=st.integers(-10_000, 200_000),
    quantities=st.lists(st.integers(1, 5), max_size=4),
    basis=st.sampled_from(StampBasis),
    per_won=st.integers(0, 10_000),
    payment_max=st.none() | st.integers(0, 5),
    day_max=st.none() | st.integers(0, 5),
    rounds=st.integers(1, 5),
)
def test_however_often_somebody_buys_no_cap_is_passed(
    paid_won: int,
    quantities: list[int],
    basis: StampBasis,
    per_won: int,
    payment_max: int | None,
    day_max: int | None,
    rounds: int,
) -> None:
    """STP-15"""
    rules = StampRules(basis, per_won=per_won, payment_max=payment_max, day_max=day_max)
    sale = Sale(paid_won, 0, items=tuple(Item("x", quantity) for quantity in quantities))
    today = 0
    for _ in range(rounds):
        grant = stamps_for(sale, rules, today)
        assert 0 <= grant.stamps <= grant.uncapped
        assert payment_max is None or grant.stamps <= payment_max
        today += grant.stamps
    assert day_max is None or today <= day_max


def test_a_visit_a_day_earns_one_stamp() -> None:
    """STP-23"""
    today = date(2026, 3, 1)
    assert [attendance_stamps(last, today) for last in (None, date(2026, 2, 28), today, date(2026, 3, 2))] == [
        1,
        1,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("earlier", "recent", "designated", "kinds"),
    [
        (0, 0, False, {CustomerKind.NEW}),
        (0, 0, True, {CustomerKind.NEW, CustomerKind.REGULAR}),
        (7, 7, False, set()),
        (8, 8, False, {CustomerKind.REGULAR}),
        (20, 2, True, {CustomerKind.REGULAR}),
    ],
)
def test_who_is_new_and_who_is_a_regular(earlier: int, recent: int, designated: bool, kinds: set[CustomerKind]) -> None:
    """CPN-04, MEM-31"""
    assert customer_kinds(earlier, recent, designated=designated) == kinds
