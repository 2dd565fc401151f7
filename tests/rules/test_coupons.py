"""CPN-01 to 03, 05, 13 to 15, 18, 20, 23, 24, 30: what coupons and rewards are."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.slip_kinds import KINDS
from rules.calendar import moment_ms
from rules.codes import ALPHABET, RANDOM_BYTES, code_of, code_of_id, read_code, shown
from rules.coupons import (
    AUTOMATIC,
    GIVEN,
    CouponMove,
    CouponState,
    IssueKind,
    RewardKind,
    RewardOwner,
    RewardsProblem,
    StoreReward,
    ValidityKind,
    WinBoard,
    birthday_today,
    birthdays_kept_on,
    coupon_after,
    expires_ms,
    issue_count_valid,
    issued_once_for,
    needs_approval,
    notice_due,
    owner_of,
    partner_slot_filled,
    rewards_problem,
    validity_valid,
    win_board,
)

_DRINK = StoreReward("아메리카노 무료", RewardKind.FREE_DRINK, 4_500, "매장 이용 시", 100, 30, 5_000, 8_000)


def test_only_a_partners_reward_comes_to_a_counter() -> None:
    """CPN-01, CPN-30, APR-02"""
    by_owner = {owner: sum(owner_of(kind) is owner for kind in RewardKind) for owner in RewardOwner}

    assert by_owner == {RewardOwner.ADVERTISER: 4, RewardOwner.PARTNER: 6}
    assert needs_approval(RewardKind.DESSERT)
    assert not needs_approval(RewardKind.SAMPLE_KIT)


def test_up_to_five_of_a_coupon_are_given_at_once() -> None:
    """CPN-05"""
    assert [issue_count_valid(count) for count in (0, 1, 5, 6)] == [False, True, True, False]
    assert len(IssueKind) == 13


_WAYS = {
    (CouponState.AVAILABLE, CouponMove.REQUEST): CouponState.PENDING,
    (CouponState.PENDING, CouponMove.APPROVE): CouponState.USED,
    (CouponState.PENDING, CouponMove.REJECT): CouponState.AVAILABLE,
    (CouponState.USED, CouponMove.RECOVER): CouponState.AVAILABLE,
    (CouponState.AVAILABLE, CouponMove.EXPIRE): CouponState.EXPIRED,
}


@pytest.mark.parametrize("state", CouponState)
@pytest.mark.parametrize("move", CouponMove)
def test_a_coupon_goes_only_the_ways_it_has(state: CouponState, move: CouponMove) -> None:
    """CPN-15, CPN-32"""
    assert coupon_after(state, move) is _WAYS.get((state, move))


def test_a_coupon_is_good_until_the_end_of_its_last_day() -> None:
    """APR-10, CPN-13: midnight in Korea, over the end of a leap February."""
    late_in_the_evening = moment_ms(date(2028, 2, 21), 23 * 60 + 59)

    assert expires_ms(late_in_the_evening, 7) == moment_ms(date(2028, 2, 29), 0)
    assert expires_ms(late_in_the_evening + 60_000, 7) == moment_ms(date(2028, 3, 1), 0)


@pytest.mark.parametrize(
    ("today", "kept"),
    [
        (date(2026, 2, 27), ("02-27",)),
        (date(2026, 2, 28), ("02-28", "02-29")),
        (date(2028, 2, 28), ("02-28",)),
        (date(2028, 2, 29), ("02-29",)),
        (date(2026, 3, 1), ("03-01",)),
        (date(2100, 2, 28), ("02-28", "02-29")),
        (date(2026, 12, 31), ("12-31",)),
    ],
)
def test_who_keeps_a_birthday_today(today: date, kept: tuple[str, ...]) -> None:
    """CPN-05: as each birthday by itself says."""
    assert birthdays_kept_on(today) == kept
    year = [date(2000, 1, 1) + timedelta(days=n) for n in range(366)]
    assert {f"{born:%m-%d}" for born in year if birthday_today(born, today)} == set(kept)


@pytest.mark.parametrize(
    ("days_left", "told", "due"),
    [
        (8, None, None),
        (7, None, 7),
        (6, None, 7),
        (7, 7, None),
        (3, 7, 3),
        (2, 7, 3),
        (3, 3, None),
        (1, 3, 1),
        (0, 3, 1),
        (0, None, 1),
        (1, 1, None),
        (-1, None, None),
    ],
)
def test_a_member_is_told_a_week_three_days_and_one_day_before(
    days_left: int, told: int | None, due: int | None
) -> None:
    """CPN-20, NTF-01: a job that did not run tells the newest only."""
    today = date(2026, 2, 27)
    assert notice_due(today + timedelta(days=days_left), today, told) == due


def test_the_shortest_validity() -> None:
    """CPN-13, Ambiguity A1"""
    assert [validity_valid(ValidityKind.CAMPAIGN, days) for days in (29, 30)] == [False, True]
    assert [validity_valid(ValidityKind.LOYALTY, days) for days in (6, 7)] == [False, True]


@pytest.mark.parametrize(
    ("rewards", "problem"),
    [
        ((), None),
        ((_DRINK,), None),
        ((_DRINK, _DRINK), None),
        ((_DRINK,) * 7, RewardsProblem.TOO_MANY),
        ((dataclasses.replace(_DRINK, probability_bp=1_666),) * 6, RewardsProblem.PROBABILITIES),
        ((_DRINK, dataclasses.replace(_DRINK, probability_bp=4_999)), RewardsProblem.PROBABILITIES),
        ((dataclasses.replace(_DRINK, probability_bp=-1),), RewardsProblem.PROBABILITIES),
        ((dataclasses.replace(_DRINK, kind=RewardKind.SAMPLE_KIT),), RewardsProblem.OWNER),
        ((dataclasses.replace(_DRINK, name=" "),), RewardsProblem.NAME),
        ((dataclasses.replace(_DRINK, value_won=0),), RewardsProblem.VALUE),
        ((dataclasses.replace(_DRINK, condition=""),), RewardsProblem.CONDITION),
        ((dataclasses.replace(_DRINK, quantity=0),), RewardsProblem.QUANTITY),
        ((dataclasses.replace(_DRINK, valid_days=6),), RewardsProblem.VALIDITY),
    ],
)
def test_a_store_has_up_to_six_rewards_whose_chances_make_a_whole(
    rewards: tuple[StoreReward, ...], problem: RewardsProblem | None
) -> None:
    """CPN-02, CPN-03, CPN-14, PNT-14, Ambiguities A4 and A6"""
    assert rewards_problem(rewards) is problem


def test_the_board_sums_chances_budget_and_sales() -> None:
    """CPN-23, CPN-24"""
    assert win_board((_DRINK, _DRINK)) == WinBoard(2, 10_000, 900_000, 1_600_000)
    assert [
        partner_slot_filled(on, rewards) for on, rewards in ((True, (_DRINK,)), (False, (_DRINK,)), (True, ()))
    ] == [
        True,
        False,
        False,
    ]


_RANDOM = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(random=_RANDOM)
def test_a_code_is_read_back_however_it_is_typed(random: bytes) -> None:
    """CPN-18"""
    code = code_of(random)
    sloppy = shown(code).lower().replace("0", "o").replace("1", "l")

    assert read_code(sloppy) == code
    assert int("".join(f"{ALPHABET.index(letter):05b}" for letter in code[:-1]), 2) == int.from_bytes(random, "big")


@given(random=_RANDOM, place=st.integers(0, 15), by=st.integers(1, 30))
def test_one_wrong_letter_is_noticed(random: bytes, place: int, by: int) -> None:
    """CPN-18"""
    code = code_of(random)
    value = ALPHABET.index(code[place])
    wrong = ALPHABET[(value + by) % 32]
    # 0 and Z differ by the prime: the one pair that a letter of five bits cannot tell apart.
    noticed = abs(value - ALPHABET.index(wrong)) != 31
    assert (read_code(code[:place] + wrong + code[place + 1 :]) is None) is noticed


@given(random=_RANDOM, place=st.integers(0, 14))
def test_two_letters_that_changed_places_are_noticed(random: bytes, place: int) -> None:
    """CPN-18"""
    code = code_of(random)
    first, second = code[place], code[place + 1]
    swapped = code[:place] + second + first + code[place + 2 :]
    same = abs(ALPHABET.index(first) - ALPHABET.index(second)) in (0, 31)
    assert (read_code(swapped) is None) is not same


@pytest.mark.parametrize("typed", ["", "0", "0" * 16, "0" * 18, "U" * 17, "가" * 17])
def test_what_is_no_code_is_none(typed: str) -> None:
    """CPN-18"""
    assert read_code(typed) is None


def test_the_sample_slip_shows_a_code_that_can_be_typed() -> None:
    """CPN-18: what the preview of a coupon slip shows has the check letter of a real one."""
    sample = KINDS["coupon"].sample

    assert read_code(str(sample["slip_code"])) == sample["code"]
    assert code_of_id(str(sample["qr"]).rpartition(":")[2]) == sample["code"]


def test_a_code_has_eighty_random_bits() -> None:
    """CPN-18"""
    with pytest.raises(ValueError, match="9"):
        code_of(bytes(9))


def test_a_birthday_comes_once_a_year_and_everything_else_once() -> None:
    """CPN-05: born on 29 February, it is kept on the 28th where the year has no such day."""
    leap = date(2000, 2, 29)

    assert [birthday_today(leap, day) for day in (date(2028, 2, 28), date(2028, 2, 29), date(2027, 2, 28))] == [
        False,
        True,
        True,
    ]
    assert [birthday_today(date(1990, 3, 1), day) for day in (date(2027, 3, 1), date(2027, 2, 28))] == [True, False]
    first, second = (issued_once_for(IssueKind.BIRTHDAY, date(year, 12, 31)) for year in (2026, 2027))
    assert first != second
    assert {issued_once_for(kind, date(2026, 1, 1)) for kind in AUTOMATIC - {IssueKind.BIRTHDAY}} == {""}


def test_what_happens_by_itself_and_what_somebody_gives_are_apart() -> None:
    """CPN-05: taken ones, codes, tiers and grades have their own ways."""
    others = {IssueKind.DOWNLOAD, IssueKind.CODE, IssueKind.STAMP_TIER, IssueKind.GRADE}

    assert AUTOMATIC.isdisjoint(GIVEN)
    assert AUTOMATIC | GIVEN | others == set(IssueKind)
