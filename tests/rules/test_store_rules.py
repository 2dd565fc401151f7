"""STO-01 to 09, 13, 14, ORD-18 to 22, RBA-01, 02, 15, 20: stores, people, sums."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.boards import Plan
from rules.hours import StoreHours, always_open
from rules.permissions import Grant, Permission, Record, StaffProblem, grant, kept_until, staff_problem
from rules.recovery import Role
from rules.requests import OrderState
from rules.sales import Change, OrderFigures, compared, summarise
from rules.stores import (
    AdAcceptance,
    Onboarding,
    OnboardingProblem,
    StoreKind,
    StoreState,
    WithdrawalBlock,
    assignments_open,
    business_number_valid,
    closes_on,
    decision_valid,
    functions_open,
    onboarding_problems,
    orders_on,
    rewards_by_themselves,
    rewards_on,
    store_move_allowed,
    withdrawal_blocks,
)


@pytest.mark.parametrize(
    ("kind", "rewards", "orders", "by_themselves"),
    [
        (StoreKind.REWARD, True, False, False),
        (StoreKind.ORDER, False, True, False),
        (StoreKind.COMPOSITE, True, True, True),
    ],
)
def test_a_store_does_rewards_orders_or_both(kind: StoreKind, rewards: bool, orders: bool, by_themselves: bool) -> None:
    """STO-01, ORD-01, ORD-15"""
    assert (rewards_on(kind), orders_on(kind), rewards_by_themselves(kind)) == (rewards, orders, by_themselves)


_WAYS = {
    ("pending", "approved"),
    ("pending", "rejected"),
    ("rejected", "pending"),
    ("approved", "suspected_closed"),
    ("approved", "withdrawing"),
    ("approved", "suspended"),
    ("suspected_closed", "suspended"),
    ("suspended", "approved"),
    ("suspended", "withdrawing"),
    ("suspected_closed", "approved"),
    ("suspected_closed", "withdrawing"),
    ("withdrawing", "closed"),
    ("withdrawing", "approved"),
}


@pytest.mark.parametrize("state", StoreState)
@pytest.mark.parametrize("to", StoreState)
def test_a_store_goes_only_the_ways_it_has(state: StoreState, to: StoreState) -> None:
    """STO-13, STO-14, STO-15"""
    assert store_move_allowed(state, to) is ((state.value, to.value) in _WAYS)


def test_functions_come_with_the_approval() -> None:
    """STO-07, STO-15, CUP-13"""
    assert [state.value for state in StoreState if functions_open(state)] == [
        "approved",
        "suspected_closed",
        "withdrawing",
    ]
    assert [state for state in StoreState if assignments_open(state)] == [StoreState.APPROVED]
    assert not decision_valid(StoreState.REJECTED, " ")
    assert decision_valid(StoreState.REJECTED, "사업자 사진이 흐립니다")
    assert decision_valid(StoreState.APPROVED, "")


def test_what_keeps_a_store_from_leaving() -> None:
    """ORD-22, RBA-16, STO-14"""
    assert withdrawal_blocks(0, 0, 0) == ()
    assert withdrawal_blocks(1, 2, 3) == tuple(WithdrawalBlock)
    assert withdrawal_blocks(0, 1, 0) == (WithdrawalBlock.UNSETTLED_SALES,)
    assert closes_on(date(2026, 1, 31)) == date(2026, 3, 2)


_FORM = Onboarding(
    business_no="123-45-67891",
    name="가상 카페",
    owner="김하늘",
    phone="02-000-0000",
    address="서울 어딘가 1",
    account="가상은행 000",
    daily_cup_holders=120,
    groups=("office:office", "others:residents"),
    districts=("office", "station"),
    school_level=None,
    male_percent=45,
    female_percent=55,
    age_percents={"10s": 5, "20s": 35, "30s": 30, "40s": 20, "50_up": 10},
    photos=3,
    registration_scan=True,
    prices_won=(4_500, 5_000, 5_500),
    hours=always_open(),
)


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, ()),
        ({"business_no": "123-45-67890"}, (OnboardingProblem.BUSINESS_NO,)),
        ({"name": " "}, (OnboardingProblem.NAME,)),
        ({"owner": ""}, (OnboardingProblem.OWNER,)),
        ({"phone": ""}, (OnboardingProblem.PHONE,)),
        ({"address": ""}, (OnboardingProblem.ADDRESS,)),
        ({"account": ""}, (OnboardingProblem.ACCOUNT,)),
        ({"daily_cup_holders": 0}, (OnboardingProblem.CUP_HOLDERS,)),
        ({"groups": ("office:office",)}, (OnboardingProblem.GROUPS,)),
        ({"groups": ("office:office", "office:office")}, (OnboardingProblem.GROUPS,)),
        ({"groups": ("office:office", "office:pirate")}, (OnboardingProblem.GROUPS,)),
        ({"groups": tuple(f"students:{s}" for s in ("elementary", "middle", "high", "university", "exam"))}, ()),
        (
            {
                "groups": tuple(
                    f"others:{s}"
                    for s in (
                        "homemaker",
                        "residents",
                        "couples",
                        "families",
                        "foreigners",
                        "travellers",
                    )
                )
            },
            (OnboardingProblem.GROUPS,),
        ),
        ({"districts": ("office",)}, (OnboardingProblem.DISTRICTS,)),
        ({"districts": ("office", "moon")}, (OnboardingProblem.DISTRICTS,)),
        ({"districts": ("office", "shops", "station", "tourist", "residential")}, (OnboardingProblem.DISTRICTS,)),
        ({"districts": ("office", "school")}, (OnboardingProblem.SCHOOL_LEVEL,)),
        ({"districts": ("office", "school"), "school_level": "high"}, ()),
        ({"male_percent": 46}, (OnboardingProblem.SEXES,)),
        ({"male_percent": -1, "female_percent": 101}, (OnboardingProblem.SEXES,)),
        ({"age_percents": {"20s": 100}}, (OnboardingProblem.AGES,)),
        ({"photos": 0}, (OnboardingProblem.PHOTOS,)),
        ({"registration_scan": False}, (OnboardingProblem.REGISTRATION_SCAN,)),
        ({"prices_won": (4_500, 5_000)}, (OnboardingProblem.PRICES,)),
        ({"prices_won": (4_500, 5_000, 0)}, (OnboardingProblem.PRICES,)),
        ({"hours": StoreHours(weekly=(None,) * 7)}, (OnboardingProblem.HOURS,)),
        ({"name": "", "photos": 0}, (OnboardingProblem.NAME, OnboardingProblem.PHOTOS)),
    ],
)
def test_everything_that_is_to_be_mended_is_said_at_once(
    changes: dict[str, object], problems: tuple[OnboardingProblem, ...]
) -> None:
    """STO-02, STO-03, STO-04, STO-05, STO-06, STO-07"""
    assert onboarding_problems(dataclasses.replace(_FORM, **changes)) == problems  # type: ignore[arg-type]


def test_a_store_takes_all_advertising_or_joint_ones_only() -> None:
    """STO-08"""
    assert {choice.value for choice in AdAcceptance} == {"all", "collab_only"}


@given(body=st.text("0123456789", min_size=9, max_size=9))
def test_each_business_number_has_one_last_digit(body: str) -> None:
    """STO-02, STO-07"""
    assert sum(business_number_valid(body + str(last)) for last in range(10)) == 1


@pytest.mark.parametrize("typed", ["", "123-45-6789", "12345678911", "123456789a", "１２３４５６７８９１"])
def test_what_is_no_business_number(typed: str) -> None:
    """STO-02"""
    assert not business_number_valid(typed)


def test_an_owner_may_everything_and_staff_what_the_counter_needs() -> None:
    """RBA-01, RBA-20, APR-34"""
    staff = {permission: grant(Role.STAFF, permission) for permission in Permission}

    assert all(grant(Role.OWNER, permission) is Grant.YES for permission in Permission)
    assert {p for p, g in staff.items() if g is Grant.YES} == {
        Permission.DAILY_REPORT,
        Permission.DECIDE_REWARD,
        Permission.ORDERS,
        Permission.STOCK_VIEW,
        Permission.DASHBOARD,
    }
    assert staff[Permission.RECOVER] is Grant.REQUEST
    assert staff[Permission.RECOVERY_HISTORY] is Grant.OWN
    assert grant(Role.STAFF, Permission.RECOVER, may_recover=False) is Grant.NO
    assert grant(Role.OWNER, Permission.RECOVER, may_recover=False) is Grant.YES


@pytest.mark.parametrize(
    ("role", "plan", "owners", "staff", "problem"),
    [
        (Role.OWNER, Plan.BASIC, 0, 0, None),
        (Role.OWNER, Plan.BASIC, 1, 0, StaffProblem.OWNER_EXISTS),
        (Role.STAFF, Plan.BASIC, 0, 0, StaffProblem.OWNER_FIRST),
        (Role.STAFF, Plan.BASIC, 1, 2, None),
        (Role.STAFF, Plan.BASIC, 1, 3, StaffProblem.TOO_MANY),
        (Role.STAFF, Plan.PLUS, 1, 4, None),
        (Role.STAFF, Plan.PLUS, 1, 5, StaffProblem.TOO_MANY),
        (Role.STAFF, Plan.PREMIUM, 1, 9, None),
        (Role.STAFF, Plan.PREMIUM, 1, 10, StaffProblem.TOO_MANY),
    ],
)
def test_one_owner_and_as_many_employees_as_the_plan_allows(
    role: Role, plan: Plan, owners: int, staff: int, problem: StaffProblem | None
) -> None:
    """RBA-02"""
    assert staff_problem(role, plan, owners, staff) is problem


@pytest.mark.parametrize(
    ("record", "until"),
    [
        (Record.OPERATION_LOG, date(2031, 2, 28)),
        (Record.BEHAVIOUR, date(2031, 2, 28)),
        (Record.TRANSACTION, date(2033, 2, 28)),
        (Record.NOTICE, date(2029, 2, 28)),
        (Record.ANOMALY, date(2031, 2, 28)),
        (Record.AUDIT, date(2031, 2, 28)),
        (Record.ACCESS, date(2029, 2, 28)),
        (Record.STATISTICS, None),
        (Record.PERSONAL_DATA, None),
    ],
)
def test_how_long_records_are_kept(record: Record, until: date | None) -> None:
    """RBA-15, NTF-05"""
    assert kept_until(record, date(2028, 2, 29)) == until


def _order(state: OrderState, menu_won: int, **more: int | bool) -> OrderFigures:
    return OrderFigures(state, menu_won, **more)  # type: ignore[arg-type]


def test_a_day_of_orders_adds_up() -> None:
    """ORD-18, ORD-19, ORD-20"""
    day = summarise(
        [
            _order(OrderState.READY, 20_000, delivery_won=2_110, owner_discount_won=1_000),
            _order(OrderState.READY, 20_000, takeout=True, owner_discount_won=2_000),
            _order(OrderState.READY, 20_000),
            _order(OrderState.READY, 6_100),
            _order(OrderState.CANCELLED, 43_700),
            _order(OrderState.PREPARING, 9_999),
        ]
    )

    assert (day.completed, day.order_won, day.menu_won, day.delivery_won) == (4, 68_210, 66_100, 2_110)
    assert (day.owner_discount_won, day.sales_won) == (3_000, 65_210)
    assert (day.cancelled, day.cancelled_won, day.takeout_rate_bp) == (1, 43_700, 2_500)
    assert summarise([]).takeout_rate_bp == 0


@pytest.mark.parametrize(
    ("now_won", "before_won", "change"),
    [
        (65_210, 22_500, Change(42_710, 18_982)),
        (22_500, 45_000, Change(-22_500, -5_000)),
        (100, 0, Change(100, None)),
        (1_005, 1_000, Change(5, 50)),
    ],
)
def test_a_day_is_compared_with_another(now_won: int, before_won: int, change: Change) -> None:
    """ORD-18"""
    assert compared(now_won, before_won) == change
