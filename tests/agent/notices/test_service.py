"""What the cloud told this store, on a real store: NTF-02, 11, APR-28; seen with or without a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.notices.words import notice_words, page_of, urgent_warnings
from agent.texts import Texts
from rules.calendar import DAY_MS
from rules.hours import always_open, business_day
from rules.notices import NoticeKind, priority
from tests.helpers.counter import Counter, counter


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def told(shop: Counter, kind: str, notice_id: str = "", *, generation: int = 1, **body: Any) -> str:
    """The cloud told us; the notice's id."""
    now_ms = shop.clock.wall_ms()
    known = kind in frozenset(NoticeKind)
    row = {
        "notice_id": notice_id or f"n-{kind}",
        "version": 1,
        "kind": kind,
        "priority": priority(NoticeKind(kind)).value if known else "low",
        "for_owner": False,
        "count": 1,
        "created_ms": now_ms,
        "at_ms": now_ms,
        "expires_ms": now_ms + 7 * DAY_MS,
        "read_ms": None,
        "acked_ms": None,
        "acked_by": None,
    } | body
    shop.feed(shop.agent.appliers()["notice"], "notice", row, generation=generation)
    return str(row["notice_id"])


def setting(shop: Counter, version: int, *kinds: str) -> None:
    body = {"version": version, "switched_off": list(kinds), "advance_orders": False}
    shop.feed(shop.agent.appliers()["notice_setting"], "notice_setting", body)


def bell(shop: Counter) -> list[str]:
    return [one.kind for one in shop.agent.notices.bell()]


def test_urgent_ones_come_first_and_an_older_event_that_arrives_late_keeps_its_time(shop: Counter) -> None:
    """NTF-02 REPLAY"""
    for kind in ("auto_approved", "low_stock", "report_missing", "slow_approval"):
        shop.clock.advance(1_000)
        told(shop, kind)
    told(shop, "same_coupon", at_ms=shop.clock.wall_ms() - 3_600_000)

    assert bell(shop) == ["report_missing", "low_stock", "same_coupon", "slow_approval", "auto_approved"]
    assert [one.kind for one in shop.agent.notices.urgent()] == ["report_missing"]


def test_what_was_seen_is_gone_at_once_and_told_to_the_cloud_when_there_is_a_line(shop: Counter) -> None:
    """NTF-02: the line may be down."""
    shop.link.online = False
    notice_id = told(shop, "auto_approved", count=3)

    assert shop.agent.notices.acknowledge(notice_id, "직원")

    assert bell(shop) == []
    [(kind, body)] = shop.ops()
    assert (kind, body["notice_id"], body["count"]) == ("notice.ack", notice_id, 3)
    assert not shop.agent.notices.acknowledge(notice_id, "직원")  # a second tap
    assert len(shop.ops()) == 1
    shop.answer("notice.ack", "applied", {"notice_id": notice_id})
    assert bell(shop) == []


def test_one_more_after_it_was_seen_is_in_the_bell_again(shop: Counter) -> None:
    """NTF-02"""
    notice_id = told(shop, "auto_approved", count=3)
    shop.agent.notices.acknowledge(notice_id, "직원")

    told(shop, "auto_approved", version=2, count=4)
    assert bell(shop) == ["auto_approved"]
    shop.answer("notice.ack", "adjusted", {"notice_id": notice_id}, "notice_grew")
    assert bell(shop) == ["auto_approved"]

    assert shop.agent.notices.acknowledge(notice_id, "직원")
    assert shop.ops()[-1][1]["count"] == 4
    assert bell(shop) == []


def test_seen_at_another_counter_is_seen_here(shop: Counter) -> None:
    """APR-03, NTF-02"""
    told(shop, "low_stock")
    told(shop, "low_stock", version=2, acked_ms=5, acked_by="직원")
    assert bell(shop) == []
    told(shop, "low_stock")  # an older row that comes again
    assert bell(shop) == []
    told(shop, "low_stock", generation=2)  # the cloud was restored and knows of no acknowledgement
    assert bell(shop) == ["low_stock"]


def test_what_is_the_owners_is_shown_to_nobody_else(shop: Counter) -> None:
    """APR-28: as long as nobody is set up, whoever stands there."""
    notice_id = told(shop, "recovered", for_owner=True, name="이지은")
    assert bell(shop) == ["recovered"]
    staff, owner = shop.employ("이지은"), shop.employ("정민아", "owner", pin="280650")
    assert bell(shop) == []
    assert not shop.agent.notices.acknowledge(notice_id, staff)
    assert shop.ops() == []

    shop.agent.staff.sign_in("e-정민아", "280650")
    assert bell(shop) == ["recovered"]
    assert shop.agent.notices.acknowledge(notice_id, owner)
    assert bell(shop) == []


def test_what_the_cloud_refuses_is_back_in_the_bell(shop: Counter) -> None:
    """APR-28: the roster may have changed on the way."""
    notice_id = told(shop, "recovered", for_owner=True)
    shop.agent.notices.acknowledge(notice_id, "직원")

    shop.answer("notice.ack", "rejected", {"notice_id": notice_id}, "owner_only")

    assert bell(shop) == ["recovered"]


def test_what_the_store_does_not_want_is_not_in_the_bell_and_what_is_urgent_stays(shop: Counter) -> None:
    """NTF-11: cached, also without a line; a word of a later version switches off what it names."""
    for kind in ("auto_approved", "low_stock", "report_missing", "of_a_later_version"):
        told(shop, kind)
    setting(shop, 2, "auto_approved", "report_missing", "of_a_later_version", "unknown")
    assert bell(shop) == ["report_missing", "low_stock"]

    setting(shop, 1, "low_stock")  # an older word that comes late
    assert bell(shop) == ["report_missing", "low_stock"]
    setting(shop, 3)
    assert len(bell(shop)) == 4


def test_what_nobody_saw_leaves_the_bell_after_its_days(shop: Counter) -> None:
    told(shop, "auto_approved")
    shop.clock.advance(7 * DAY_MS - 1)
    assert bell(shop) == ["auto_approved"]
    shop.clock.advance(1)
    assert bell(shop) == []


def test_a_notice_of_an_older_cloud_is_history_that_nobody_can_acknowledge(shop: Counter) -> None:
    """It has no name that the cloud would know again."""
    row = {"kind": "recovered", "employee_id": "e-1", "name": "이지은", "created_ms": shop.clock.wall_ms()}
    shop.feed(shop.agent.appliers()["notice"], "notice", row)
    assert bell(shop) == []
    assert [one.text("name") for one in shop.agent.notices.newest(("recovered",), 5)] == ["이지은"]


def test_a_row_that_makes_no_sense_stops_nothing(shop: Counter) -> None:
    """Rows behind it are applied; the inbox keeps it with its error."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        shop.feed(shop.agent.appliers()["notice"], "notice", {"kind": "recovered"})
    told(shop, "low_stock", priority="tomorrow", stock="many")
    [one] = shop.agent.notices.bell()
    assert (one.priority.value, one.number("stock")) == ("low", 0)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_kind_that_a_store_is_told_has_its_sentence(shop: Counter, language: Any) -> None:
    """NTF-01, NTF-03, NTF-07: the general one is for kinds of a later version."""
    t = Texts(language)
    general = notice_words(t, shop.agent.notices.bell()[0]) if told(shop, "of_a_later_version") else ""
    counter_kinds = (
        ("auto_approved", {"day": "2026-11-20"}),
        ("report_missing", {"day": "2026-11-20", "stage": 1}),
        ("low_stock", {"stock": 1_234}),
        ("slow_approval", {"times": 11, "of": 20}),
        ("many_recoveries", {"times": 6, "of": 0}),
        ("same_coupon", {"approved_again": 3}),
        ("complaint", {"request_id": "r"}),
        ("report_rate", {"rate_bp": 9_666, "before_bp": 9_500}),
        ("grade_change", {"before": "bronze", "grade": "silver"}),
        ("order_due", {"number": "101", "due_ms": 1_760_000_000_000}),
        ("recovered", {"name": "이지은"}),
        ("recovery_day_limit", {"name": "이지은", "own_day": 5}),
        ("recovery_week_limit", {"name": "이지은", "own_week": 10}),
        ("recovery_share_limit", {"name": "이지은", "own_week": 7, "store_week": 9}),
    )
    for kind, details in counter_kinds:
        told(shop, kind, **details)

    sentences = {one.kind: notice_words(t, one) for one in shop.agent.notices.bell()}

    assert len(set(sentences.values())) == len(counter_kinds) + 1
    assert sentences["of_a_later_version"] == general
    assert "1,234" in sentences["low_stock"]
    assert "96" in sentences["report_rate"]
    assert "101" in sentences["order_due"]
    assert "silver" in sentences["grade_change"]
    assert {page_of(one) for one in shop.agent.notices.bell()} == {"home", "orders", "people", "stock"}
    [warn] = urgent_warnings(t, shop.agent.notices.urgent())
    assert warn.sentence == sentences["report_missing"]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_anomaly_has_its_sentence(shop: Counter, language: Any) -> None:
    """NTF-01, NTF-02"""
    t = Texts(language)
    anomalies: list[dict[str, Any]] = [
        {"day": "2026-11-20", "pieces": 900},
        {"what": "large_payment", "earn_id": "e", "paid_won": 12_345_678},
        {"what": "offline_spend", "points": 5_000, "loss_points": 0},
        {"what": "offline_spend", "points": 5_000, "loss_points": 4_321},
        {"what": "device_forked", "device_id": "d"},
        {"what": "of_a_later_version"},
    ]
    for n, details in enumerate(anomalies):
        shop.clock.advance(1)
        told(shop, "anomaly", f"n-{n}", **details)

    sentences = [notice_words(t, one) for one in reversed(shop.agent.notices.bell())]

    assert len(set(sentences)) == len(anomalies)
    assert "12,345,678" in sentences[1]
    assert "4,321P" in sentences[3]


def test_only_the_newest_two_hundred_are_kept(shop: Counter) -> None:
    for n in range(205):
        shop.clock.advance(1)
        told(shop, "low_stock", f"n-{n}")
    assert shop.rows("SELECT count(*) FROM notice") == [(200,)]
    assert len(bell(shop)) == 200


def test_a_report_that_waits_for_the_line_is_not_called_missing(shop: Counter) -> None:
    """CUP-08: gone from bell and home page with the number; another day stays."""
    day = business_day(always_open(), shop.clock.wall_ms())
    told(shop, "report_missing", day=day.isoformat(), stage=1)
    told(shop, "report_missing", "n-other", day=(day - timedelta(days=1)).isoformat(), stage=3)
    heard: list[int] = []
    shop.agent.notices.listeners.subscribe(lambda: heard.append(len(shop.agent.notices.bell())))

    shop.agent.stock.report(day, 84, "직원")

    assert heard == [1]
    assert [one.notice_id for one in shop.agent.notices.bell()] == ["n-other"]
