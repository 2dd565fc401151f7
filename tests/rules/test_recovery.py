"""Ways back at their boundaries (APR-15, 16, 17, 24, 25, 31, A4 of the file)."""

from __future__ import annotations

import pytest

from rules.recovery import (
    DAY_MS,
    Actor,
    ActorType,
    Limit,
    Person,
    Role,
    Way,
    actor_text,
    limits_reached,
    opened_ms,
    read_actor,
    way_back,
)
from rules.requests import RequestState

R = RequestState
DECIDED_MS = 1_000_000_000
MINUTE_MS = 60_000
OWNER, STAFF, BARRED = Person(Role.OWNER), Person(Role.STAFF), Person(Role.STAFF, may_recover=False)


def way(person: Person | None, state: R, after_ms: int = 0, *, late_ms: int = 0, opened_before_ms: int = 0) -> Way:
    acted_ms = DECIDED_MS + after_ms
    return way_back(
        person,
        state,
        decided_ms=DECIDED_MS,
        acted_ms=acted_ms,
        arrived_ms=acted_ms + late_ms,
        opened_ms=DECIDED_MS - opened_before_ms,
    )


@pytest.mark.parametrize(
    ("after_ms", "late_ms", "expected"),
    [
        (5 * MINUTE_MS, 0, Way.AT_ONCE),  # 12:06:00
        (5 * MINUTE_MS + 1_000, 0, Way.TOO_LATE),  # 12:06:01
        (5 * MINUTE_MS, DAY_MS, Way.AT_ONCE),
        (5 * MINUTE_MS, DAY_MS + 1, Way.TOO_LATE),
    ],
)
def test_an_owner_cancels_an_automatic_approval_within_five_minutes(after_ms: int, late_ms: int, expected: Way) -> None:
    """APR-17: auto-approved 12:01:00; the tap may arrive a day later."""
    assert way(OWNER, R.AUTO_APPROVED, after_ms, late_ms=late_ms) is expected


@pytest.mark.parametrize("person", [None, STAFF, BARRED])
def test_nobody_but_an_owner_cancels_an_automatic_approval(person: Person | None) -> None:
    """APR-17"""
    assert way(person, R.AUTO_APPROVED) is Way.OWNER_ONLY


@pytest.mark.parametrize(
    ("person", "opened_before_ms", "expected"),
    [
        (None, 0, Way.AT_ONCE),  # nobody is set up: as ever
        (OWNER, -1, Way.AT_ONCE),
        (STAFF, 0, Way.OWNER_OR_WAIT),
        (STAFF, -1, Way.TOO_LATE),  # approved before the shop last opened
        (BARRED, 0, Way.NOT_ALLOWED),
    ],
)
def test_a_hand_made_approval_is_taken_back_by_the_owner_and_asked_back_by_staff(
    person: Person | None, opened_before_ms: int, expected: Way
) -> None:
    """APR-15, APR-16, A4"""
    assert way(person, R.APPROVED, 3 * MINUTE_MS, opened_before_ms=opened_before_ms) is expected


@pytest.mark.parametrize(("valid_for_ms", "expected"), [(2 * MINUTE_MS, Way.AT_ONCE), (MINUTE_MS, Way.TOO_LATE)])
def test_what_is_no_longer_valid_does_not_come_back(valid_for_ms: int, expected: Way) -> None:
    """APR-15, A4: the owner may until the reward itself has ended."""
    found = way_back(
        OWNER,
        R.APPROVED,
        decided_ms=0,
        acted_ms=MINUTE_MS,
        arrived_ms=MINUTE_MS,
        opened_ms=0,
        valid_until_ms=valid_for_ms,
    )
    assert found is expected


@pytest.mark.parametrize("state", [R.SEEN, R.REJECTED, R.RECOVERED, R.AUTO_CANCELLED, R.EXPIRED])
def test_what_is_not_approved_has_no_way_back(state: R) -> None:
    """APR-36"""
    assert way(OWNER, state) is Way.NOTHING_TO_RECOVER


@pytest.mark.parametrize(
    ("own_day", "own_week", "store_week", "expected"),
    [
        (4, 4, 100, set()),
        (5, 5, 100, {Limit.DAY}),
        (0, 9, 100, set()),
        (0, 10, 100, {Limit.WEEK}),
        (0, 7, 10, set()),  # exactly 70 %
        (0, 8, 11, {Limit.SHARE}),
        (0, 4, 4, set()),  # all of them, but too few to judge
        (5, 5, 5, {Limit.DAY, Limit.SHARE}),
    ],
)
def test_limits_of_an_employee(own_day: int, own_week: int, store_week: int, expected: set[Limit]) -> None:
    """APR-24: more than 70 % of at least five in seven days. APR-25: five a day, ten in seven days."""
    assert limits_reached(own_day=own_day, own_week=own_week, store_week=store_week) == expected


@pytest.mark.parametrize(
    ("now_minute", "opens_minute", "expected_minute"),
    [(8 * 60, 8 * 60, 8 * 60), (8 * 60 - 1, 8 * 60, 8 * 60 - 24 * 60), (600, None, 600 - 24 * 60)],
)
def test_a_shop_last_opened_today_or_yesterday(now_minute: int, opens_minute: int | None, expected_minute: int) -> None:
    """APR-13"""
    midnight_ms = 20_000 * DAY_MS
    assert opened_ms(midnight_ms + now_minute * MINUTE_MS, opens_minute, midnight_ms) == (
        midnight_ms + expected_minute * MINUTE_MS
    )


def test_an_actor_is_a_person_only_after_signing_in() -> None:
    """APR-31"""
    assert read_actor(actor_text(Role.OWNER, "e-1")) == Actor(ActorType.PARTNER_OWNER, "e-1")
    assert read_actor(actor_text(Role.STAFF, "e-2")) == Actor(ActorType.PARTNER_STAFF, "e-2")
    assert read_actor("직원") == Actor(ActorType.DEVICE)
