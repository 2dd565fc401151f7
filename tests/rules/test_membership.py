"""MEM-03 to 08, 10, 11, 13, 22 to 25, 32: members and their life."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.membership import (
    ONLINE_CHANNELS,
    CardState,
    ConsentText,
    DormancyStep,
    Held,
    JoinChannel,
    JoinProblem,
    LeaveProblem,
    MemberStatus,
    Verification,
    card_move_allowed,
    card_number,
    card_number_valid,
    consents_missing,
    dormancy_step,
    dormant_on,
    is_duplicate,
    join_problem,
    leave_problems,
    missing_items,
    phone_tail_valid,
    purge_on,
    status_after_activity,
    texts_in_force,
)

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("born", "confirmed", "problem"),
    [
        (date(2012, 11, 27), False, None),
        (date(2012, 11, 28), True, JoinProblem.UNDER_AGE),
        (None, True, None),
        (None, False, JoinProblem.UNDER_AGE),
    ],
)
def test_fourteen_years_by_birth_date_or_by_the_customers_word(
    born: date | None, confirmed: bool, problem: JoinProblem | None
) -> None:
    """MEM-07: a verified birth date is stronger than a tick."""
    assert join_problem(TODAY, born=born, age_confirmed=confirmed) is problem


@pytest.mark.parametrize(
    ("days_ago", "block_days", "problem"),
    [
        (0, 30, JoinProblem.REJOIN_BLOCK),
        (29, 30, JoinProblem.REJOIN_BLOCK),
        (30, 30, None),
        (0, 0, None),
    ],
)
def test_nobody_joins_again_within_thirty_days(days_ago: int, block_days: int, problem: JoinProblem | None) -> None:
    """MEM-05"""
    left = TODAY - timedelta(days=days_ago)
    assert join_problem(TODAY, age_confirmed=True, withdrawn=left, block_days=block_days) is problem


_KIM = ("ci-kim", "김하늘", "+821000000001")


@pytest.mark.parametrize(
    ("verification", "ci", "name", "phone", "duplicate"),
    [
        (Verification.VERIFIED, "ci-kim", "다른 이름", "+821000000009", True),
        (Verification.VERIFIED, "ci-lee", "김하늘", "+821000000001", False),
        (Verification.VERIFIED, None, "김하늘", "+821000000001", False),
        (Verification.UNVERIFIED, None, "김하늘", "+821000000001", True),
        (Verification.SMS_POSSESSION, None, "김하늘", "+821000000002", False),
        (Verification.UNVERIFIED, None, None, "+821000000001", False),
    ],
)
def test_one_person_has_one_membership(
    verification: Verification, ci: str | None, name: str | None, phone: str, duplicate: bool
) -> None:
    """MEM-08"""
    assert is_duplicate(verification, ci, name, phone, [_KIM]) is duplicate


def test_what_is_needed_depends_on_the_verification() -> None:
    """MEM-01, MEM-10, MEM-11: at a counter a number is enough."""
    assert missing_items(Verification.UNVERIFIED, {"phone": "01000000001"}) == frozenset()
    assert missing_items(Verification.SMS_POSSESSION, {"phone": "01000000001", "email": " "}) == {"email"}
    assert len(missing_items(Verification.VERIFIED, {})) == 11


def test_channels_are_online_or_at_a_store() -> None:
    """MEM-13"""
    assert JoinChannel.APP in ONLINE_CHANNELS
    assert JoinChannel.TABLET not in ONLINE_CHANNELS


@pytest.mark.parametrize(
    ("last_active", "told", "status", "step"),
    [
        (date(2025, 11, 27), True, MemberStatus.NORMAL, DormancyStep.CONVERT),
        (date(2025, 11, 28), True, MemberStatus.NORMAL, None),
        (date(2025, 11, 27), False, MemberStatus.NORMAL, DormancyStep.TELL_BEFORE),
        (date(2025, 12, 27), False, MemberStatus.NORMAL, DormancyStep.TELL_BEFORE),
        (date(2025, 12, 28), False, MemberStatus.NORMAL, None),
        (date(2020, 1, 1), True, MemberStatus.DORMANT, None),
        (date(2020, 1, 1), True, MemberStatus.WITHDRAWN, None),
    ],
)
def test_a_year_without_activity_makes_dormant_after_a_word_of_warning(
    last_active: date, told: bool, status: MemberStatus, step: DormancyStep | None
) -> None:
    """MEM-03, MEM-04"""
    assert dormancy_step(status, last_active, TODAY, told=told) is step


def test_dormancy_can_be_switched_off_and_a_leap_day_ends_on_the_28th() -> None:
    """MEM-04, Ambiguity A4"""
    assert dormancy_step(MemberStatus.NORMAL, date(2020, 1, 1), TODAY, told=True, months=0) is None
    assert dormant_on(date(2028, 2, 29)) == date(2029, 2, 28)


def test_activity_wakes_a_dormant_member_and_nobody_else() -> None:
    """MEM-04, MEM-05"""
    assert [status_after_activity(status) for status in MemberStatus] == [
        MemberStatus.NORMAL,
        MemberStatus.NORMAL,
        MemberStatus.WITHDRAWN,
    ]


@pytest.mark.parametrize(
    ("held", "confirmed", "problems"),
    [
        (Held(stamps=3, coupons=1), True, ()),
        (Held(), False, (LeaveProblem.NOT_CONFIRMED,)),
        (
            Held(points=1, coupons_waiting=1, orders_open=1, prepaid_won=1),
            False,
            (
                LeaveProblem.POINTS,
                LeaveProblem.COUPONS_WAITING,
                LeaveProblem.ORDERS_OPEN,
                LeaveProblem.PREPAID,
                LeaveProblem.NOT_CONFIRMED,
            ),
        ),
    ],
)
def test_what_must_be_settled_before_leaving(held: Held, confirmed: bool, problems: tuple[LeaveProblem, ...]) -> None:
    """MEM-05, MEM-06"""
    assert leave_problems(held, confirmed=confirmed) == problems


def test_personal_data_goes_thirty_days_after_leaving() -> None:
    """MEM-06, RBA-15"""
    assert purge_on(date(2028, 1, 31)) == date(2028, 3, 1)


_OLD = ConsentText("privacy", 1, True, date(2026, 1, 1))
_NEW = ConsentText("privacy", 2, True, date(2026, 11, 27))
_SOON = ConsentText("privacy", 3, True, date(2026, 11, 28))
_ADS = ConsentText("marketing", 1, False, date(2026, 1, 1))


def test_the_newest_effective_wording_is_asked() -> None:
    """MEM-23, MEM-32"""
    assert texts_in_force((_SOON, _OLD, _ADS, _NEW, _OLD), TODAY) == (_ADS, _NEW)
    assert texts_in_force((_NEW, dataclasses.replace(_ADS, in_use=False)), TODAY) == (_NEW,)


def test_marketing_is_never_a_condition_of_earning() -> None:
    """MEM-23, MEM-24"""
    in_force = texts_in_force((_NEW, _ADS), TODAY)

    assert consents_missing(in_force, {}) == ("privacy",)
    assert consents_missing(in_force, {"privacy": 1}) == ("privacy",)
    assert consents_missing(in_force, {"privacy": 2}) == ()


@given(body=st.text("0123456789", min_size=15, max_size=15), place=st.integers(0, 15), by=st.integers(1, 9))
def test_a_card_number_notices_one_wrong_digit(body: str, place: int, by: int) -> None:
    """MEM-25"""
    number = card_number(body)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]

    assert card_number_valid(number)
    assert not card_number_valid(wrong)


@pytest.mark.parametrize("number", ["", "4" * 15, "4" * 17, "가" * 16, "１" * 16])
def test_what_is_no_card_number(number: str) -> None:
    """MEM-25"""
    assert not card_number_valid(number)


@pytest.mark.parametrize("body", ["4" * 14, "4" * 16, "가" * 15, "１" * 15])
def test_a_card_number_is_made_of_fifteen_digits(body: str) -> None:
    """MEM-25"""
    with pytest.raises(ValueError, match=body):
        card_number(body)


def test_a_deleted_card_stays_deleted() -> None:
    """MEM-25"""
    assert card_move_allowed(CardState.ACTIVE, CardState.SUSPENDED)
    assert card_move_allowed(CardState.SUSPENDED, CardState.ACTIVE)
    assert not card_move_allowed(CardState.ACTIVE, CardState.ACTIVE)
    assert not card_move_allowed(CardState.DELETED, CardState.ACTIVE)


def test_the_last_four_digits_of_a_number() -> None:
    """MEM-22, MEM-30"""
    assert [phone_tail_valid(tail) for tail in ("1234", "123", "12345", "12a4", "１２３４")] == [True] + [False] * 4
