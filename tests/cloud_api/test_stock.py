"""Opening hours, daily reports and cup holders in the cloud: STO-06, CUP-01 to 05, 08, 09, 14 to 26, RBA-01."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from rules.calendar import moment_ms
from tests.cloud_api.world import Device, World, new_id

MONDAY = date(2025, 10, 13)
_OPEN = {"weekly": [[480, 1320]] * 7}  # 08:00 to 22:00


def _path(world: World, rest: str) -> str:
    return f"/v1/stores/{world.store.store_id}/{rest}"


def _go_to(world: World, day: date, minute: int) -> None:
    world.clock.now_ms = moment_ms(day, minute)


def _report(device: Device, day: date, pieces: int, *, written_ms: int | None = None, **changes: Any) -> dict[str, Any]:
    written_ms = device.world.clock() if written_ms is None else written_ms
    body = {"day": day.isoformat(), "pieces": pieces, "written_ms": written_ms}
    return device.op("report.submit", body, **changes)


def _stock_order(device: Device, pieces: int, order_id: str | None = None, **changes: Any) -> dict[str, Any]:
    body = {"order_id": order_id or new_id("stock"), "pieces": pieces, "occurred_ms": device.world.clock()}
    return device.op("stock.order", body, **changes)


@pytest.fixture
def cafe(world: World) -> World:
    """Opens from 08:00 to 22:00; it is Monday noon."""
    _go_to(world, MONDAY, 720)
    world.ok("POST", _path(world, "hours"), _OPEN)
    return world


# -- hours ---------------------------------------------------------------------------------------------------------


def test_devices_hear_of_hours_and_of_the_first_opening(world: World) -> None:
    """STO-06, APR-13"""
    device = world.device()
    hours = {"weekly": [[480, 1320]] * 4 + [[600, 1560], None, None], "holidays": ["2025-12-25"], "always_open": False}

    assert world.ok("GET", _path(world, "hours"))["always_open"] is True  # nobody has said yet
    assert world.ok("POST", _path(world, "hours"), hours) == hours
    assert world.ok("POST", _path(world, "hours"), hours) == hours
    assert world.ok("GET", _path(world, "hours")) == hours
    told = device.rows("store")[-1]
    assert (told["hours"], told["opens_minute"]) == (hours, 480)


@pytest.mark.parametrize(
    ("weekly", "status"),
    [
        ([None] * 7, 422),
        ([[480, 480]] + [None] * 6, 422),
        ([[480, 2000], [480, 1320]] + [None] * 5, 422),
        ([[480, 1320]] * 6, 422),
        ([["08:00", 1320]] * 7, 422),
    ],
)
def test_hours_that_cannot_be_are_refused_and_change_nothing(cafe: World, weekly: Any, status: int) -> None:
    """STO-06"""
    before = cafe.ok("GET", _path(cafe, "hours"))

    assert cafe.call("POST", _path(cafe, "hours"), {"weekly": weekly}).status_code == status
    assert cafe.call("POST", _path(cafe, "hours"), _OPEN | {"holidays": ["2025-02-30"]}).status_code == 422
    assert cafe.ok("GET", _path(cafe, "hours")) == before
    assert cafe.call("POST", "/v1/stores/nobody/hours", _OPEN).json()["code"] == "store_unknown"
    assert cafe.call("GET", "/v1/stores/nobody/hours").json()["code"] == "store_unknown"


# -- reports -------------------------------------------------------------------------------------------------------


def test_a_report_is_booked_once_and_every_counter_hears_of_it(cafe: World) -> None:
    """CUP-01, CUP-02, CUP-03"""
    device, other = cafe.device(), cafe.device()
    op = _report(device, MONDAY, 120)

    first, again = device.result(op), device.result(op)

    assert first == again
    assert first["status"] == "applied"
    row = {
        "day": "2025-10-13",
        "pieces": 120,
        "late": False,
        "version": 1,
        "written_ms": moment_ms(MONDAY, 720),
        "actor": "staff:1",
        "editable_until_ms": moment_ms(MONDAY + timedelta(days=1), 600),
    }
    assert first["body"] == {"report": row, "oddities": []}
    assert other.rows("report") == [row]
    assert cafe.ok("GET", _path(cafe, "reports?since=2025-10-01"))["reports"] == [row]
    assert cafe.ok("GET", _path(cafe, "reports?since=2025-10-14"))["reports"] == []


def test_what_was_written_in_time_is_accepted_however_late_it_arrives(cafe: World) -> None:
    """CUP-04"""
    device = cafe.device()
    device.push(_report(device, MONDAY, 120))
    _go_to(cafe, MONDAY + timedelta(days=3), 720)
    in_time = moment_ms(MONDAY + timedelta(days=1), 600)

    assert device.result(_report(device, MONDAY, 130, written_ms=in_time))["body"]["report"]["pieces"] == 130
    refused = device.result(_report(device, MONDAY, 140, written_ms=in_time + 1))
    assert (refused["status"], refused["code"]) == ("rejected", "report_read_only")
    assert refused["body"]["report"]["pieces"] == 130


def test_of_two_counters_the_number_that_was_written_later_stands(cafe: World) -> None:
    """CUP-04: the order of arrival does not matter."""
    one, two = cafe.device(), cafe.device()
    early, late = moment_ms(MONDAY, 1_260), moment_ms(MONDAY, 1_300)
    _go_to(cafe, MONDAY, 1_310)

    two.push(_report(two, MONDAY, 99, written_ms=late))
    answer = one.result(_report(one, MONDAY, 120, written_ms=early))

    assert answer["status"] == "applied"
    assert answer["body"]["report"]["pieces"] == 99


def test_a_first_number_after_the_window_is_late_and_counts_in_no_rate(cafe: World) -> None:
    """CUP-11, CUP-14, Ambiguity A5"""
    device = cafe.device()
    device.push(_report(device, MONDAY, 120))
    _go_to(cafe, MONDAY + timedelta(days=3), 720)

    answer = device.result(_report(device, MONDAY + timedelta(days=1), 110))

    assert answer["body"]["report"]["late"] is True
    found = cafe.ok("GET", _path(cafe, "reports?since=2025-10-13"))
    assert [report["late"] for report in found["reports"]] == [False, True]
    # The store is there since Thursday, 9 October; on the next Thursday at noon Wednesday's window is over as well.
    assert found["rate_bp"] == 10_000 // 7


@pytest.mark.parametrize(
    ("ahead_days", "pieces", "code"),
    [(1, 10, "report_not_yet"), (0, 100_001, "report_quantity")],
)
def test_a_number_that_cannot_be_is_refused(cafe: World, ahead_days: int, pieces: int, code: str) -> None:
    """CUP-01, CUP-02"""
    device = cafe.device()

    answer = device.result(_report(device, MONDAY + timedelta(days=ahead_days), pieces))

    assert (answer["status"], answer["code"], answer["body"]["report"]) == ("rejected", code, None)
    assert device.rows("report") == []


def test_a_clock_that_is_ahead_writes_no_later_than_now(cafe: World) -> None:
    """CUP-04, AGT-07"""
    one, two = cafe.device(), cafe.device()
    one.push(_report(one, MONDAY, 120, written_ms=moment_ms(MONDAY, 1_400)))
    cafe.clock.advance(60_000)

    assert two.result(_report(two, MONDAY, 130))["body"]["report"]["pieces"] == 130


@pytest.mark.parametrize("body", [{"day": "2025-02-30"}, {"day": 5}, {"pieces": -1}, {"written_ms": None}])
def test_what_is_no_report_is_parked(cafe: World, body: dict[str, Any]) -> None:
    """AGT-15"""
    device = cafe.device()
    good = {"day": MONDAY.isoformat(), "pieces": 1, "written_ms": cafe.clock()}

    assert device.result(device.op("report.submit", good | body))["status"] == "parked"


def test_surge_drop_and_far_from_usual_are_said_and_not_refused(cafe: World) -> None:
    """CUP-06, CUP-09"""
    device = cafe.device()
    oddities = []
    for ahead, pieces in enumerate((100, 300, 90, 170)):
        _go_to(cafe, MONDAY + timedelta(days=ahead), 1_320)
        answer = device.result(_report(device, MONDAY + timedelta(days=ahead), pieces))
        assert answer["status"] == "applied"
        oddities.append(answer["body"]["oddities"])

    assert oddities == [[], ["far_from_average", "surge"], ["far_from_average", "drop"], []]


def test_head_office_reports_over_http(cafe: World) -> None:
    """CUP-01, CUP-04"""
    body = {"day": "2025-10-13", "pieces": 50, "actor": "본사"}

    assert cafe.ok("POST", _path(cafe, "reports"), body)["report"]["version"] == 1
    _go_to(cafe, MONDAY + timedelta(days=2), 720)
    assert cafe.call("POST", _path(cafe, "reports"), body).json()["code"] == "report_read_only"
    assert cafe.call("POST", _path(cafe, "reports"), body | {"pieces": -1}).status_code == 422
    assert cafe.call("POST", _path(cafe, "reports"), body | {"day": "2030-01-01"}).json()["code"] == "report_not_yet"
    assert cafe.call("POST", "/v1/stores/nobody/reports", body).json()["code"] == "store_unknown"
    assert cafe.call("GET", _path(cafe, "reports?since=2025-02-30")).status_code == 422


# -- stock ---------------------------------------------------------------------------------------------------------


def _deliver(world: World, pieces: int) -> Any:
    body = {"pieces": pieces, "actor": "본사", "idempotency_key": new_id("order")}
    number = world.ok("POST", _path(world, "stock/orders"), body)["rounds"][-1]["number"]
    return world.ok("POST", _path(world, f"stock/rounds/{number}/receive"), {"pieces": pieces})


def test_the_first_order_is_a_cycle_of_expected_use(cafe: World) -> None:
    """CUP-15, CUP-16, CUP-19, CUP-23"""
    terms = {"cycle_days": 14, "expected_daily": 120, "contracted": 10_000}

    now = cafe.ok("POST", _path(cafe, "stock/settings"), terms)

    assert (now["proposed_order"], now["quick_orders"]) == (2_000, [2_000, 3_000, 4_000])
    assert (now["contracted"], now["received"], now["stock"], now["rounds"]) == (10_000, 0, 0, [])
    assert (now["daily_average"], now["expected_days"], now["low"]) == (None, None, False)


def test_stock_falls_with_reports_and_the_owner_is_told_once_when_it_is_low(cafe: World) -> None:
    """CUP-20, CUP-21, CUP-24, NTF-01"""
    device = cafe.device()
    _deliver(cafe, 2_000)
    for ahead in range(11):
        _go_to(cafe, MONDAY + timedelta(days=ahead), 1_320)
        device.push(_report(device, MONDAY + timedelta(days=ahead), 140))

    now = cafe.ok("GET", _path(cafe, "stock"))
    assert (now["stock"], now["stock_rate_bp"], now["low"]) == (460, 2_300, True)
    assert (now["daily_average"], now["expected_days"]) == (140, 3)
    assert device.rows("stock")[-1] == now
    low = [row for row in device.rows("notice") if row["kind"] == "low_stock"]
    assert [row["stock"] for row in low] == [600]


def test_the_average_is_what_went_until_the_threshold(cafe: World) -> None:
    """CUP-17, CUP-22: R 2,000, t 30 %, ten days."""
    device = cafe.device()
    _deliver(cafe, 2_000)
    for ahead in range(12):
        _go_to(cafe, MONDAY + timedelta(days=ahead), 1_320)
        device.push(_report(device, MONDAY + timedelta(days=ahead), 140 if ahead < 10 else 10))

    body = {"pieces": 2_000, "actor": "본사", "idempotency_key": new_id("order")}
    now = cafe.ok("POST", _path(cafe, "stock/orders"), body)

    assert (now["daily_average"], now["proposed_order"]) == (140, 2_000)
    assert [one["number"] for one in now["rounds"]] == [1, 2]


def test_an_order_before_the_threshold_takes_what_went_so_far(cafe: World) -> None:
    """CUP-22, Ambiguity A10: the stock right after a receipt counts what was left."""
    device = cafe.device()
    _deliver(cafe, 1_000)
    device.push(_report(device, MONDAY, 100))
    _go_to(cafe, MONDAY + timedelta(days=4), 720)
    device.push(*[_report(device, MONDAY + timedelta(days=ahead), 50) for ahead in range(1, 4)])

    assert _deliver(cafe, 1_000)["daily_average"] == 250 // 4
    assert cafe.ok("GET", _path(cafe, "stock"))["stock"] == 1_750


def test_goods_arrive_once_and_soiled_ones_are_taken_off(cafe: World) -> None:
    """CUP-24, CUP-26"""
    _deliver(cafe, 1_000)
    receive, off = _path(cafe, "stock/rounds/1/receive"), _path(cafe, "stock/rounds/1/take-off")

    assert cafe.ok("POST", receive, {"pieces": 1_000})["stock"] == 1_000
    assert cafe.call("POST", receive, {"pieces": 2_000}).json()["code"] == "already_received"
    assert cafe.ok("POST", off, {"collected": 100, "soiled": 50})["stock"] == 850
    assert cafe.call("POST", off, {"collected": 1_001}).json()["code"] == "stock_quantity"
    assert cafe.call("POST", _path(cafe, "stock/rounds/9/receive"), {"pieces": 1}).json()["code"] == "round_unknown"
    assert cafe.ok("GET", _path(cafe, "stock"))["stock"] == 850


def test_an_order_of_a_device_is_placed_once(cafe: World) -> None:
    """CUP-18, AGT-06"""
    device = cafe.device()
    order_id = new_id("stock")

    first = device.result(_stock_order(device, 2_000, order_id))
    again = device.result(_stock_order(device, 2_000, order_id))
    other = device.result(_stock_order(device, 3_000, order_id))

    assert first["body"] == again["body"]
    assert (other["status"], other["code"]) == ("rejected", "idempotency_conflict")
    assert device.result(_stock_order(device, 1_500))["code"] == "stock_quantity"
    assert len(cafe.ok("GET", _path(cafe, "stock"))["rounds"]) == 1


def test_where_people_are_set_up_the_owner_alone_orders_and_everybody_reports(cafe: World) -> None:
    """RBA-01, CUP-18"""
    device = cafe.device()
    owner, staff = cafe.employ("김사장", "owner"), cafe.employ("이직원", pin="851332")

    assert device.result(_stock_order(device, 1_000, actor=staff))["code"] == "not_allowed"
    assert device.result(_stock_order(device, 1_000))["code"] == "not_allowed"
    assert device.result(_stock_order(device, 1_000, actor=owner))["status"] == "applied"
    assert device.result(_report(device, MONDAY, 5, actor=staff))["status"] == "applied"


def test_settings_outside_their_range_are_refused(cafe: World) -> None:
    """CUP-20"""
    for terms in ({"threshold_percent": 19}, {"threshold_percent": 41}, {"cycle_days": 0}, {"expected_daily": 0}):
        assert cafe.call("POST", _path(cafe, "stock/settings"), terms).status_code == 422
    assert cafe.ok("POST", _path(cafe, "stock/settings"), {"threshold_percent": 40})["threshold_percent"] == 40
    assert cafe.call("POST", "/v1/stores/nobody/stock/settings", {}).json()["code"] == "store_unknown"


def test_two_orders_at_once_become_two_rounds(cafe: World) -> None:
    """CUP-15"""
    answers: list[int] = []

    def place() -> None:
        body = {"pieces": 1_000, "actor": "본사", "idempotency_key": new_id("order")}
        answers.append(cafe.call("POST", _path(cafe, "stock/orders"), body).status_code)

    threads = [threading.Thread(target=place) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [201] * 6
    assert [one["number"] for one in cafe.ok("GET", _path(cafe, "stock"))["rounds"]] == [1, 2, 3, 4, 5, 6]


def test_a_store_declines_a_campaign_with_a_reason(cafe: World) -> None:
    """CUP-25"""
    body = {"campaign": "가을 행사", "reason": "no_storage", "actor": "김사장", "idempotency_key": new_id("refusal")}

    made = cafe.ok("POST", _path(cafe, "refusals"), body)

    assert made["group"] == "stock"
    assert cafe.ok("POST", _path(cafe, "refusals"), body) == made
    silent = body | {"reason": "other", "idempotency_key": new_id("refusal")}
    assert cafe.call("POST", _path(cafe, "refusals"), silent).status_code == 422
    assert cafe.ok("POST", _path(cafe, "refusals"), silent | {"reason_text": "옆집 공사"})["group"] == "system"


def test_reports_without_goods_leave_the_stock_at_zero(cafe: World) -> None:
    """CUP-24"""
    device = cafe.device()
    device.push(_report(device, MONDAY, 80))

    now = cafe.ok("GET", _path(cafe, "stock"))
    assert (now["stock"], now["over_reported"]) == (0, 80)
    assert device.rows("stock") == []


# -- what is looked at -----------------------------------------------------------------------------------------------


def test_a_24_hour_store_may_change_a_number_until_eleven(world: World) -> None:
    """CUP-05, CUP-08: its day ends at midnight."""
    device = world.device()
    _go_to(world, MONDAY, 720)
    world.ok("POST", _path(world, "hours"), {"weekly": [None] * 7, "always_open": True})
    device.push(_report(device, MONDAY, 120))
    _go_to(world, MONDAY + timedelta(days=1), 720)
    eleven = moment_ms(MONDAY + timedelta(days=1), 660)

    assert device.result(_report(device, MONDAY, 130, written_ms=eleven))["status"] == "applied"
    assert device.result(_report(device, MONDAY, 140, written_ms=eleven + 1))["code"] == "report_read_only"


def test_the_night_of_a_store_that_closes_after_midnight_is_of_its_evening(world: World) -> None:
    """CUP-02, CUP-04, AGT-07"""
    device = world.device()
    _go_to(world, MONDAY, 1_400)
    world.ok("POST", _path(world, "hours"), {"weekly": [[1_080, 1_560]] * 7})  # 18:00 to 02:00
    _go_to(world, MONDAY, 1_530)

    assert device.result(_report(device, MONDAY + timedelta(days=1), 5))["code"] == "report_not_yet"
    assert device.result(_report(device, MONDAY, 70))["body"]["report"]["editable_until_ms"] == moment_ms(
        MONDAY + timedelta(days=1), 1_200
    )


def test_a_number_far_from_the_day_before_is_looked_at_until_it_is_mended(cafe: World) -> None:
    """CUP-10: by the owner and by head office; nothing is refused."""
    device = cafe.device()
    device.push(_report(device, MONDAY, 100))
    _go_to(cafe, MONDAY + timedelta(days=1), 1_320)
    tuesday = MONDAY + timedelta(days=1)

    assert device.result(_report(device, tuesday, 300))["status"] == "applied"
    told = [row for row in device.rows("notice") if row["kind"] == "anomaly"]
    assert [(row["day"], row["pieces"], row["for_owner"]) for row in told] == [("2025-10-14", 300, True)]
    cafe.clock.advance(1)
    device.push(_report(device, tuesday, 130))

    told = [row for row in device.rows("notice") if row["kind"] == "anomaly"]
    assert told[-1]["acked_by"] == "cloud"


def test_reports_stand_beside_the_take_out_orders_that_were_paid(cafe: World) -> None:
    """CUP-12"""
    device = cafe.device()
    for channel in ("take_out", "take_out", "in_store"):
        made = cafe.order(channel=channel)["order"]
        for to in ("preparing", "ready"):
            assert device.result(device.advance(made["order_id"], to))["status"] == "applied"
    device.push(_report(device, MONDAY, 7))
    path = _path(cafe, "reports/take-out")

    assert cafe.ok("GET", f"{path}?since=2025-10-13")["days"] == [
        {"day": "2025-10-13", "reported": 7, "take_out": 2, "gap": 5}
    ]
    assert cafe.ok("GET", f"{path}?since=2025-10-14")["days"] == []
    assert cafe.call("GET", f"{path}?since=2025-02-30").status_code == 422
    assert cafe.call("GET", "/v1/stores/nobody/reports/take-out?since=2025-10-13").json()["code"] == "store_unknown"


def test_the_board_has_what_was_received_and_used_and_the_share_of_it(cafe: World) -> None:
    """CUP-14, CUP-23, Ambiguity A12"""
    device = cafe.device()
    cafe.ok("POST", _path(cafe, "stock/settings"), {"contracted": 5_000})
    _deliver(cafe, 2_000)
    device.push(_report(device, MONDAY, 500))

    now = cafe.ok("GET", _path(cafe, "stock"))

    assert (now["contracted"], now["received"], now["reported"], now["stock"]) == (5_000, 2_000, 500, 1_500)
    assert (now["consumption_rate_bp"], now["stock_rate_bp"]) == (2_500, 7_500)


@pytest.mark.parametrize("plus", [True, False])
def test_a_store_with_plus_is_told_before_the_stock_ends_if_it_wants_to(cafe: World, plus: bool) -> None:
    """CUP-28: once a round."""
    device = cafe.device()
    _deliver(cafe, 1_000)
    if plus:
        cafe.ok("POST", _path(cafe, "terms"), {"plan": "plus", "reason": "가입"})
        cafe.ok("POST", _path(cafe, "notice-settings"), {"switched_off": [], "advance_orders": True})
    told = []
    for ahead, pieces in enumerate((200, 200, 200)):
        day = MONDAY + timedelta(days=ahead)
        _go_to(cafe, day, 1_320)
        device.push(_report(device, day, pieces))
        _go_to(cafe, day + timedelta(days=1), 500)
        cafe.ok("POST", _path(cafe, "stock/settings"), {"threshold_percent": 20})
        told = [row for row in device.rows("notice") if row["kind"] == "low_stock"]

    assert [(row["stock"], row["days"]) for row in told] == ([(600, 3)] if plus else [])


def test_a_counter_says_what_is_gone_unused(cafe: World) -> None:
    """CUP-24, CUP-26: staff's word, in all so far; the last one stands, and every counter hears of it."""
    device = cafe.device()
    _deliver(cafe, 2_000)

    cafe.employ("박대표", "owner")
    staff = cafe.employ("이지은")

    def take_off(number: int, collected: int, soiled: int) -> Any:
        body = {"number": number, "collected": collected, "soiled": soiled, "written_ms": cafe.clock()}
        return device.result(device.op("stock.take_off", body, actor=staff))

    done = take_off(1, 30, 12)

    (booked,) = done["body"]["rounds"]
    assert (done["status"], booked["collected"], booked["soiled"]) == ("applied", 30, 12)
    assert device.rows("stock")[-1]["stock"] == 1_958
    assert take_off(1, 30, 0)["status"] == "applied"
    assert cafe.ok("GET", _path(cafe, "stock"))["stock"] == 1_970
    assert take_off(1, 1_990, 20)["code"] == "stock_quantity"
    assert take_off(9, 1, 0)["code"] == "round_unknown"
    assert cafe.ok("GET", _path(cafe, "stock"))["stock"] == 1_970
