"""Cup holders on a real store: CUP-01 to 09, 14, 16 to 24, RBA-01, AGT-08, AGT-10, AGT-11."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.stock.types import (
    InUse,
    NotOrdered,
    NotReported,
    NotTakenOff,
    Odd,
    Ordered,
    Refused,
    Reported,
    TakenOff,
    Unchanged,
)
from agent.stock.words import refused_words
from agent.texts import Texts
from rules.calendar import moment_ms
from rules.consumption import MAX_PIECES, DayReport, Oddity, ReportAnswer
from sync.profile import read_store_profile
from tests.helpers.counter import Counter, counter

STAFF = "직원"
THURSDAY = date(2026, 11, 26)
WEDNESDAY = THURSDAY - timedelta(days=1)
CAFE = {"always_open": False, "weekly": [[480, 1_320]] * 7, "holidays": []}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    """Opens from 08:00 to 22:00; it is Thursday noon."""
    with counter(tmp_path) as found:
        at(found, THURSDAY, 720)
        store(found)
        yield found


def at(shop: Counter, day: date, minute: int, ms: int = 0) -> None:
    shop.clock.advance(moment_ms(day, minute) + ms - shop.clock.wall_ms())


def store(shop: Counter, **changes: Any) -> None:
    texts = ("store_id", "name", "brand_name", "service_type", "plan", "grade")
    body = {**dict.fromkeys(texts, "x"), "state": "approved", "hours": CAFE, **changes}
    shop.feed(shop.agent.appliers()["store"], "store", body)


def told(shop: Counter, day: date, pieces: int, *, generation: int = 1, **changes: Any) -> None:
    """The cloud told of a report."""
    body = {
        **{"day": day.isoformat(), "pieces": pieces, "late": False, "version": 1, "written_ms": 1, "actor": "x"},
        **{"editable_until_ms": 2, **changes},
    }
    shop.feed(shop.agent.appliers()["report"], "report", body, generation=generation)


def round_of(number: int, ordered: int, received: int | None = None, **changes: Any) -> dict[str, Any]:
    at_ms = moment_ms(THURSDAY - timedelta(days=20 - number), 600)
    return {
        **{"number": number, "order_id": f"o-{number}", "ordered": ordered, "ordered_by": "x", "ordered_ms": at_ms},
        **{"received": received, "received_ms": None if received is None else at_ms, "collected": 0, "soiled": 0},
        **changes,
    }


def stocked(shop: Counter, **changes: Any) -> None:
    """The cloud told of the stock: 2,000 pieces came, 1,300 are used."""
    body = {
        **{"version": 3, "contracted": 10_000, "received": 2_000, "reported": 1_300, "stock": 700},
        **{"over_reported": 0, "stock_rate_bp": 3_500, "consumption_rate_bp": 6_500, "daily_average": 100},
        **{"expected_days": 7, "threshold_percent": 30, "stock_after_receipt": 2_000, "expected_daily": 100},
        **{"cycle_days": 14, "rounding": "half_up", "low": False, "proposed_order": 1_000, "quick_orders": [1_000]},
        **{"rounds": [round_of(1, 2_000, 2_000)]},
        **changes,
    }
    shop.feed(shop.agent.appliers()["stock"], "stock", body)


def day_of(shop: Counter, day: date) -> tuple[DayReport, int | None, bool]:
    [found] = shop.agent.stock.board(day, day).days
    return found.stands, found.pieces, found.unsent


# -- reporting --------------------------------------------------------------------------------------------------------


def test_a_number_is_shown_at_once_and_queued_with_when_it_was_written(shop: Counter) -> None:
    """CUP-01, CUP-02, AGT-08: no line is needed for any of it."""
    assert shop.agent.stock.report(THURSDAY, 84, STAFF) == Reported(THURSDAY, 84)

    assert day_of(shop, THURSDAY) == (DayReport.DONE, 84, True)
    body = {"day": "2026-11-26", "pieces": 84, "written_ms": shop.clock.wall_ms()}
    assert shop.ops("report.submit") == [("report.submit", body)]
    assert shop.agent.stock.board(THURSDAY, THURSDAY).unsent == 1


def test_the_same_number_again_is_not_said_again_and_another_replaces_it(shop: Counter) -> None:
    """CUP-03"""
    shop.agent.stock.report(THURSDAY, 84, STAFF)
    assert shop.agent.stock.report(THURSDAY, 84, STAFF) == Unchanged(THURSDAY, 84)
    assert len(shop.ops()) == 1

    shop.agent.stock.report(THURSDAY, 90, STAFF)

    assert [body["pieces"] for _, body in shop.ops()] == [84, 90]
    assert day_of(shop, THURSDAY) == (DayReport.DONE, 90, True)


def test_the_day_before_may_be_written_until_two_hours_after_opening(shop: Counter) -> None:
    """CUP-04, at both sides of the edge"""
    told(shop, WEDNESDAY, 80)
    until_ms = moment_ms(THURSDAY, 600)
    at(shop, THURSDAY, 600)
    assert shop.agent.stock.report(WEDNESDAY, 81, STAFF) == Reported(WEDNESDAY, 81)

    at(shop, THURSDAY, 600, 1)

    refused = shop.agent.stock.report(WEDNESDAY, 82, STAFF)
    assert refused == NotReported(WEDNESDAY, ReportAnswer.READ_ONLY, until_ms)
    assert [body["pieces"] for _, body in shop.ops()] == [81]


def test_a_first_number_after_the_window_is_kept_and_marked_late(shop: Counter) -> None:
    """CUP-04, Ambiguity A5"""
    assert shop.agent.stock.report(WEDNESDAY, 80, STAFF) == Reported(WEDNESDAY, 80, late=True)
    assert day_of(shop, WEDNESDAY) == (DayReport.LATE, 80, True)


@pytest.mark.parametrize(
    ("day", "pieces", "answer"),
    [
        (THURSDAY, -1, ReportAnswer.QUANTITY),
        (THURSDAY, MAX_PIECES + 1, ReportAnswer.QUANTITY),
        (THURSDAY + timedelta(days=1), 80, ReportAnswer.NOT_YET),
    ],
)
def test_what_the_cloud_would_refuse_is_refused_here_and_changes_nothing(
    shop: Counter, day: date, pieces: int, answer: ReportAnswer
) -> None:
    """CUP-01, CUP-04"""
    found = shop.agent.stock.report(day, pieces, STAFF, sure=True)

    assert isinstance(found, NotReported)
    assert found.answer is answer
    assert shop.ops() == []


def test_what_looks_odd_is_asked_about_once_and_kept_when_somebody_is_sure(shop: Counter) -> None:
    """CUP-06, CUP-09"""
    for back in range(2, 9):
        told(shop, THURSDAY - timedelta(days=back), 100)
    told(shop, WEDNESDAY, 100)

    assert shop.agent.stock.report(THURSDAY, 149, STAFF) == Reported(THURSDAY, 149)
    surge = shop.agent.stock.report(THURSDAY, 300, STAFF)
    drop = shop.agent.stock.report(THURSDAY, 30, STAFF)
    assert surge == Odd(THURSDAY, 300, (Oddity.FAR_FROM_AVERAGE, Oddity.SURGE), 100)
    assert drop == Odd(THURSDAY, 30, (Oddity.FAR_FROM_AVERAGE, Oddity.DROP), 100)
    assert day_of(shop, THURSDAY)[1] == 149

    assert shop.agent.stock.report(THURSDAY, 30, STAFF, sure=True) == Reported(THURSDAY, 30)


def test_late_numbers_do_not_count_for_what_is_usual(shop: Counter) -> None:
    """CUP-06"""
    told(shop, THURSDAY - timedelta(days=3), 900, late=True)
    assert shop.agent.stock.board(THURSDAY, THURSDAY).fine is None

    told(shop, THURSDAY - timedelta(days=2), 100)

    assert shop.agent.stock.board(THURSDAY, THURSDAY).fine == (67, 149)


def test_without_hours_a_store_counts_as_one_that_never_closes(shop: Counter) -> None:
    """CUP-05, STO-06"""
    store(shop, hours=None)
    at(shop, THURSDAY, 660)
    assert shop.agent.stock.report(WEDNESDAY, 80, STAFF) == Reported(WEDNESDAY, 80)

    at(shop, THURSDAY, 660, 1)

    assert isinstance(shop.agent.stock.report(WEDNESDAY, 81, STAFF), NotReported)


def test_hours_that_cannot_be_are_kept_out(shop: Counter) -> None:
    """STO-06: the row fails, and what stands stays."""
    with pytest.raises(ValueError, match="never_open"):
        store(shop, hours={**CAFE, "weekly": [None] * 7})

    with shop.bench.store.read() as conn:
        profile = read_store_profile(conn)
    assert profile is not None
    assert profile.hours.weekly[0] is not None


# -- the calendar -----------------------------------------------------------------------------------------------------


def test_a_day_is_due_from_half_an_hour_before_closing_and_done_when_it_is_written(shop: Counter) -> None:
    """CUP-03, CUP-08: a report that waits for the line is a report."""
    told(shop, WEDNESDAY, 80)
    at(shop, THURSDAY, 21 * 60 + 29)
    assert shop.agent.stock.due() == ()
    at(shop, THURSDAY, 21 * 60 + 30)
    assert shop.agent.stock.due() == (THURSDAY,)

    shop.agent.stock.report(THURSDAY, 80, STAFF)

    assert shop.agent.stock.due() == ()


def test_a_store_that_has_just_begun_is_not_reminded_of_days_before(shop: Counter) -> None:
    """CUP-08: the first morning at a counter; from the first report on every day counts."""
    at(shop, THURSDAY, 500)
    assert shop.agent.stock.due() == ()
    told(shop, THURSDAY - timedelta(days=2), 80)
    assert shop.agent.stock.due() == (WEDNESDAY,)


def test_listeners_hear_when_a_report_becomes_due_by_the_clock_alone(shop: Counter) -> None:
    """CUP-08: home page and tab say so without anything else happening; looked at once a minute."""
    told(shop, WEDNESDAY, 80)
    at(shop, THURSDAY, 21 * 60 + 29)
    heard: list[int] = []
    shop.agent.link.listeners.subscribe(lambda: heard.append(len(shop.agent.stock.due())))
    shop.agent.stock.tick()
    assert heard == []

    shop.clock.advance(59_999)
    shop.agent.stock.tick()
    shop.clock.advance(1)
    shop.agent.stock.tick()
    shop.agent.stock.tick()

    assert heard == [1]


def test_what_is_usual_is_found_in_the_last_month_of_many(shop: Counter) -> None:
    """CUP-06, CUP-14: years of reports change neither the average nor what is due."""
    for back in (28, 29, 34, 400):
        told(shop, THURSDAY - timedelta(days=back), 100 if back == 28 else 900)

    assert shop.agent.stock.stock().daily_average == 100
    assert shop.agent.stock.board(THURSDAY, THURSDAY).fine == (67, 149)
    assert shop.agent.stock.board(THURSDAY, THURSDAY).first == THURSDAY - timedelta(days=400)


def test_days_before_the_first_number_are_not_called_missing(shop: Counter) -> None:
    """CUP-07"""
    told(shop, THURSDAY - timedelta(days=4), 80)
    store(shop, hours={**CAFE, "holidays": [(THURSDAY - timedelta(days=3)).isoformat()]})

    found = shop.agent.stock.board(THURSDAY - timedelta(days=5), THURSDAY + timedelta(days=1)).days

    stands = [DayReport.MISSING, DayReport.DONE, DayReport.CLOSED, DayReport.MISSING, DayReport.MISSING]
    assert [one.stands for one in found] == [*stands, DayReport.OPEN, DayReport.AHEAD]
    assert [one.before for one in found] == [True] + [False] * 6


def test_a_store_that_has_just_begun_may_write_yesterday_and_is_not_blamed_for_it(shop: Counter) -> None:
    """CUP-04, CUP-07"""
    at(shop, THURSDAY, 540)
    before = shop.agent.stock.board(THURSDAY, THURSDAY).before
    assert (before.day, before.stands, before.before) == (WEDNESDAY, DayReport.OPEN, True)
    assert not shop.agent.stock.board(THURSDAY, THURSDAY).today.before

    assert shop.agent.stock.report(WEDNESDAY, 80, STAFF) == Reported(WEDNESDAY, 80)

    assert not shop.agent.stock.board(THURSDAY, THURSDAY).before.before


def test_the_day_before_is_the_last_one_on_which_the_store_opened(shop: Counter) -> None:
    """CUP-04, Ambiguity A4"""
    store(shop, hours={**CAFE, "weekly": [[480, 1_320]] * 2 + [None] + [[480, 1_320]] * 4})

    before = shop.agent.stock.board(THURSDAY, THURSDAY).before

    assert (before.day, before.until_ms) == (THURSDAY - timedelta(days=2), moment_ms(THURSDAY, 600))


# -- what the cloud says ----------------------------------------------------------------------------------------------


def test_an_older_row_changes_nothing_and_a_restored_cloud_does(shop: Counter) -> None:
    """AGT-10, AGT-11"""
    told(shop, WEDNESDAY, 90, version=3)
    told(shop, WEDNESDAY, 80, version=2)
    assert day_of(shop, WEDNESDAY)[1] == 90

    told(shop, WEDNESDAY, 70, generation=2)

    assert day_of(shop, WEDNESDAY)[1] == 70


def test_our_number_stays_on_top_until_it_is_answered(shop: Counter) -> None:
    shop.agent.stock.report(THURSDAY, 84, STAFF)
    told(shop, THURSDAY, 50)
    assert day_of(shop, THURSDAY) == (DayReport.DONE, 84, True)

    stands = {"day": "2026-11-26", "pieces": 84, "late": False, "version": 2, "actor": "x"}
    shop.answer("report.submit", "applied", {"report": stands, "oddities": []})

    assert day_of(shop, THURSDAY) == (DayReport.DONE, 84, False)
    told(shop, THURSDAY, 50)
    assert day_of(shop, THURSDAY)[1] == 84


@pytest.mark.expect_log(r"cup_holders_refused kind=report.submit")
@pytest.mark.parametrize("status", ["rejected", "parked"])
def test_what_the_cloud_did_not_take_is_kept_until_somebody_has_seen_it(shop: Counter, status: str) -> None:
    """AGT-10: another counter's number stands."""
    shop.agent.stock.report(THURSDAY, 84, STAFF)
    stands = {"day": "2026-11-26", "pieces": 50, "late": False, "version": 2, "actor": "x"}

    shop.answer("report.submit", status, {"report": stands}, "report_read_only")

    assert day_of(shop, THURSDAY) == (DayReport.DONE, 50, False)
    [refused] = shop.agent.stock.refused()
    assert refused == Refused(refused.op_id, THURSDAY, 84, "report_read_only", shop.clock.wall_ms())
    shop.agent.stock.seen(refused.op_id)
    assert shop.agent.stock.refused() == ()


# -- stock and orders -------------------------------------------------------------------------------------------------


def test_what_is_left_counts_the_numbers_that_are_on_their_way(shop: Counter) -> None:
    """CUP-14, CUP-21, CUP-24: 700 are left; 100 more in place of the day's 60 are on their way."""
    stocked(shop)
    told(shop, THURSDAY, 60)  # 60 of the 1,300
    stocked(shop)
    before = shop.agent.stock.stock()

    shop.agent.stock.report(THURSDAY, 160, STAFF, sure=True)

    found = shop.agent.stock.stock()
    assert (before.stock, before.stock_rate_bp, before.expected_days, before.low) == (700, 3_500, 7, False)
    assert (found.stock, found.used, found.expected_days, found.low) == (600, 1_400, 6, True)
    stands = {"day": "2026-11-26", "pieces": 160, "late": False, "version": 2, "actor": "x"}
    shop.answer("report.submit", "applied", {"report": stands, "oddities": []})
    assert shop.agent.stock.stock().stock == 600  # before the cloud's own figure is here
    stocked(shop, reported=1_400)
    assert shop.agent.stock.stock().stock == 600


def test_collected_and_soiled_pieces_are_gone_too(shop: Counter) -> None:
    """CUP-24, CUP-26"""
    stocked(shop, rounds=[round_of(1, 2_000, 2_000, collected=50, soiled=30)])

    assert shop.agent.stock.stock().stock == 620


def test_the_proposal_is_of_the_average_or_of_what_was_expected(shop: Counter) -> None:
    """CUP-16, CUP-17, CUP-19"""
    assert (shop.agent.stock.stock().proposed, shop.agent.stock.stock().stock) == (1_000, 0)  # nothing was told yet
    stocked(shop, daily_average=120)
    assert shop.agent.stock.stock().quick == ((100, 2_000), (150, 3_000), (200, 4_000))
    stocked(shop, daily_average=None, expected_daily=350, cycle_days=10, version=4)
    assert shop.agent.stock.stock().proposed == 4_000
    stocked(shop, daily_average=None, expected_daily=120, cycle_days=10, rounding="ceil", version=5)
    assert shop.agent.stock.stock().proposed == 2_000
    told(shop, WEDNESDAY, 250)
    assert shop.agent.stock.stock().daily_average == 250


def test_an_order_waits_in_the_list_until_the_cloud_has_numbered_it(shop: Counter) -> None:
    """CUP-18, CUP-23, AGT-06, AGT-08"""
    stocked(shop)
    made = shop.agent.stock.order(2_000, STAFF)
    assert isinstance(made, Ordered)
    [(_, body)] = shop.ops("stock.order")
    assert body == {"order_id": made.order_id, "pieces": 2_000, "occurred_ms": shop.clock.wall_ms()}
    assert [(one.number, one.ordered, one.received) for one in shop.agent.stock.stock().rounds] == [
        (None, 2_000, None),
        (1, 2_000, 2_000),
    ]

    rounds = [round_of(1, 2_000, 2_000), round_of(2, 2_000, order_id=made.order_id)]
    shop.answer("stock.order", "applied", {"rounds": rounds})

    assert [(one.number, one.received) for one in shop.agent.stock.stock().rounds] == [(2, None), (1, 2_000)]


def test_an_answer_that_comes_behind_the_feed_takes_nothing_back(shop: Counter) -> None:
    """AGT-11: the goods were booked before the answer to the order was here."""
    stocked(shop)
    made = shop.agent.stock.order(2_000, STAFF)
    assert isinstance(made, Ordered)
    ours = {"order_id": made.order_id}
    stocked(shop, received=4_000, rounds=[round_of(1, 2_000, 2_000), round_of(2, 2_000, 2_000, **ours)], version=4)

    shop.answer("stock.order", "applied", {"rounds": [round_of(1, 2_000, 2_000), round_of(2, 2_000, **ours)]})

    assert [one.received for one in shop.agent.stock.stock().rounds] == [2_000, 2_000]


def test_only_whole_thousands_are_ordered_and_only_by_a_store_that_works(shop: Counter) -> None:
    """CUP-15, CUP-18, STO-07"""
    assert [shop.agent.stock.order(pieces, STAFF) for pieces in (0, -1_000, 1_500)] == [
        NotOrdered("stock_quantity")
    ] * 3
    store(shop, state="suspended")
    assert shop.agent.stock.order(1_000, STAFF) == NotOrdered("store_not_open")
    assert not shop.agent.stock.stock().may_order
    assert shop.ops() == []


def test_where_people_are_set_up_the_owner_alone_orders(shop: Counter) -> None:
    """RBA-01, CUP-18"""
    assert not shop.agent.stock.needs_owner(STAFF)
    staff, owner = shop.employ("이지은"), shop.employ("정민아", "owner")

    assert [shop.agent.stock.needs_owner(one) for one in (STAFF, staff, owner)] == [True, True, False]
    assert shop.agent.stock.order(1_000, staff) == NotOrdered("not_allowed")
    assert isinstance(shop.agent.stock.order(1_000, owner), Ordered)
    assert len(shop.ops("stock.order")) == 1


@pytest.mark.expect_log(r"cup_holders_refused kind=stock.order")
def test_a_refused_order_leaves_the_list_and_says_why(shop: Counter) -> None:
    stocked(shop)
    shop.agent.stock.order(2_000, STAFF)

    shop.answer("stock.order", "rejected", None, "not_allowed")

    assert [one.number for one in shop.agent.stock.stock().rounds] == [1]
    [refused] = shop.agent.stock.refused()
    assert (refused.day, refused.pieces, refused.code) == (None, 2_000, "not_allowed")


def test_listeners_hear_of_numbers_orders_and_rows(shop: Counter) -> None:
    heard: list[int] = []
    shop.agent.stock.listeners.subscribe(lambda: heard.append(1))

    shop.agent.stock.report(THURSDAY, 84, STAFF)
    shop.agent.stock.order(1_000, STAFF)
    told(shop, WEDNESDAY, 80)
    stocked(shop)

    assert len(heard) == 4


# -- gone unused ------------------------------------------------------------------------------------------------------


def test_what_is_gone_unused_is_taken_off_at_once_and_queued(shop: Counter) -> None:
    """CUP-24, CUP-26, AGT-08: totals of the newest delivery; the same again says nothing, another replaces it."""
    stocked(shop, rounds=[round_of(1, 1_000, 1_000), round_of(2, 2_000, 1_000), round_of(3, 2_000)])

    assert shop.agent.stock.take_off(30, 12, STAFF) == TakenOff(InUse(2, 1_000, 30, 12))
    shop.agent.stock.take_off(30, 12, STAFF)

    left = shop.agent.stock.stock()
    assert (left.stock, left.in_use) == (658, InUse(2, 1_000, 30, 12))
    body = {"number": 2, "collected": 30, "soiled": 12, "written_ms": shop.clock.wall_ms()}
    assert shop.ops("stock.take_off") == [("stock.take_off", body)]
    shop.agent.stock.take_off(30, 5, STAFF)
    assert shop.agent.stock.stock().stock == 665


def test_no_more_is_taken_off_than_came(shop: Counter) -> None:
    """CUP-26: nothing is kept; before the first delivery there is nothing to take off."""
    assert shop.agent.stock.take_off(1, 0, STAFF) == NotTakenOff(0)
    stocked(shop)
    assert shop.agent.stock.take_off(1_999, 2, STAFF) == NotTakenOff(2_000)
    assert shop.agent.stock.take_off(-1, 0, STAFF) == NotTakenOff(2_000)

    assert shop.ops() == []


@pytest.mark.expect_log(r"cup_holders_refused kind=stock.take_off")
def test_the_clouds_answer_stands_and_a_refusal_is_read(shop: Counter) -> None:
    """CUP-26: between answer and feed nothing flickers back; what was not taken says so until somebody has read it."""
    stocked(shop)
    shop.agent.stock.take_off(30, 12, STAFF)
    shop.answer("stock.take_off", "applied", {"rounds": [round_of(1, 2_000, 2_000, collected=30, soiled=12)]})
    assert shop.agent.stock.stock().in_use == InUse(1, 2_000, 30, 12)

    shop.agent.stock.take_off(40, 12, STAFF)
    shop.answer("stock.take_off", "rejected", None, "round_unknown")

    (refused,) = shop.agent.stock.refused()
    assert (refused.kind, refused.pieces, refused.day) == ("stock.take_off", 52, None)
    assert shop.agent.stock.stock().in_use == InUse(1, 2_000, 30, 12)
    assert "회수·오염 52개" in refused_words(Texts("ko"), refused)
