"""NTF-01 to 07, 11, APR-11, 21 to 23, 26 to 28: who is told what, and when a figure is worth it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from rules.monitors import (
    Level,
    auto_approvals,
    cancel_requests,
    disputes,
    recoveries,
    rejections,
    report_rate_moved,
    same_coupon,
)
from rules.notices import (
    NoticeKind,
    Priority,
    Recipient,
    for_owner_alone,
    in_bell_order,
    kept_from,
    priority,
    recipients,
    shown_days,
    told_in_advance,
    wanted,
)
from rules.recovery import Limit


@dataclass(frozen=True)
class Told:
    notice_id: str
    kind: NoticeKind
    at_ms: int

    @property
    def priority(self) -> Priority:
        return priority(self.kind)


@pytest.mark.parametrize(
    ("automatic", "approvals", "level"),
    [
        (11, 20, Level.NOTIFY),
        (10, 20, Level.WATCH),
        (8, 20, Level.WATCH),
        (6, 20, Level.NORMAL),
        (9, 9, Level.NORMAL),
        (0, 0, Level.NORMAL),
    ],
)
def test_a_store_that_lets_time_run_out_is_told(automatic: int, approvals: int, level: Level) -> None:
    """APR-21, NTF-07"""
    assert auto_approvals(automatic, approvals) is level


@pytest.mark.parametrize(
    ("rejected", "requests", "level"),
    [(4, 20, Level.NORMAL), (5, 20, Level.NOTIFY), (19, 19, Level.NORMAL), (0, 0, Level.NORMAL)],
)
def test_many_rejections_are_looked_at(rejected: int, requests: int, level: Level) -> None:
    """APR-11"""
    assert rejections(rejected, requests) is level


def test_recoveries_of_a_store_and_day() -> None:
    """APR-22, Ambiguity A7"""
    assert [recoveries(count) for count in (3, 4, 5, 6)] == [Level.NORMAL, Level.WATCH, Level.WATCH, Level.NOTIFY]


def test_one_coupon_three_times_and_one_consumer_three_times() -> None:
    """APR-23, APR-27"""
    assert [same_coupon(count) for count in (2, 3)] == [Level.NORMAL, Level.NOTIFY]
    assert [disputes(count) for count in (2, 3)] == [Level.NORMAL, Level.NOTIFY]


def test_more_than_a_tenth_taken_back() -> None:
    """APR-26"""
    assert [cancel_requests(*counts) for counts in ((2, 20), (3, 20), (9, 9), (0, 0))] == [
        Level.NORMAL,
        Level.NOTIFY,
        Level.NORMAL,
        Level.NORMAL,
    ]


def test_a_report_rate_that_moved() -> None:
    """NTF-03"""
    assert [report_rate_moved(9_000, now) for now in (9_099, 9_100, 8_900)] == [False, True, True]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (NoticeKind.APPROVAL_REQUEST, {Recipient.OWNER, Recipient.STAFF}),
        (NoticeKind.AUTO_APPROVED, {Recipient.OWNER, Recipient.STAFF}),
        (NoticeKind.RECOVERED, {Recipient.OWNER, Recipient.ADMIN}),
        (NoticeKind.ANOMALY, {Recipient.OWNER, Recipient.ADMIN}),
        (NoticeKind.SETTLEMENT, {Recipient.OWNER, Recipient.ADVERTISER}),
        (NoticeKind.COUPON_EXPIRY, {Recipient.CONSUMER}),
    ],
)
def test_who_is_told(kind: NoticeKind, expected: set[Recipient]) -> None:
    """NTF-01, APR-28"""
    assert set(recipients(kind)) == expected


def test_everything_has_somebody_who_is_told() -> None:
    """NTF-01"""
    assert all(recipients(kind) for kind in NoticeKind)


def test_the_bell_shows_what_is_urgent_first_and_then_what_is_new() -> None:
    """NTF-02, NTF-06"""
    kinds = [
        NoticeKind.GRADE_CHANGE,
        NoticeKind.LOW_STOCK,
        NoticeKind.REPORT_MISSING,
        NoticeKind.APPROVAL_REQUEST,
        NoticeKind.CAMPAIGN_MATCH,
    ]
    notices = [Told(str(place), kind, place) for place, kind in enumerate(kinds)]

    assert [notice.kind for notice in in_bell_order(notices)] == [
        NoticeKind.APPROVAL_REQUEST,
        NoticeKind.REPORT_MISSING,
        NoticeKind.LOW_STOCK,
        NoticeKind.CAMPAIGN_MATCH,
        NoticeKind.GRADE_CHANGE,
    ]
    assert [priority(kind) for kind in (NoticeKind.PAYMENT_REQUEST, NoticeKind.ANOMALY, NoticeKind.SETTLEMENT)] == [
        Priority.HIGH,
        Priority.MEDIUM,
        Priority.LOW,
    ]


def test_what_is_urgent_cannot_be_switched_off() -> None:
    """NTF-11"""
    off = frozenset({NoticeKind.LOW_STOCK, NoticeKind.APPROVAL_REQUEST})

    assert not wanted(NoticeKind.LOW_STOCK, off)
    assert wanted(NoticeKind.APPROVAL_REQUEST, off)
    assert wanted(NoticeKind.GRADE_CHANGE, off)


def test_advance_notices_of_orders_come_with_plus_for_those_who_want_them() -> None:
    """NTF-11"""
    assert told_in_advance(True, plus=True)
    assert not told_in_advance(True, plus=False)
    assert not told_in_advance(False, plus=True)


def test_notices_are_kept_for_a_year() -> None:
    """NTF-05"""
    assert kept_from(date(2026, 11, 27)) == date(2025, 11, 27)
    assert kept_from(date(2028, 2, 29)) == date(2027, 2, 28)
    assert kept_from(date(2029, 2, 28)) == date(2028, 2, 28)


def test_what_is_to_be_looked_into_stays_longer_and_what_is_the_owners_is_told_to_nobody_else() -> None:
    """NTF-02, APR-28"""
    assert (shown_days(NoticeKind.AUTO_APPROVED), shown_days(NoticeKind.MANY_RECOVERIES)) == (7, 30)
    assert for_owner_alone(NoticeKind.RECOVERED)
    assert not for_owner_alone(NoticeKind.AUTO_APPROVED)


def test_every_limit_of_an_employee_has_its_notice() -> None:
    """NTF-03, NTF-04, APR-24, APR-25"""
    assert {recipients(NoticeKind(limit.value)) for limit in Limit} == {(Recipient.OWNER,)}
