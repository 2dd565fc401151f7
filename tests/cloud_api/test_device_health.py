"""How counters are, who is silent, shutting one out: AGT-01, AGT-02, AGT-07, AGT-11, AGT-14."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cloud_api.jobs.catalogue import JOBS
from cloud_api.jobs.runner import Runner
from rules.calendar import MINUTE_MS, moment_ms
from rules.devices import SILENT_MS
from tests.cloud_api.world import Device, World, new_id

MONDAY = date(2025, 10, 13)
REPORT: dict[str, Any] = {
    "at_ms": 1_760_000_000_000,
    "version": "1.2.3",
    "schema": 9,
    "pending": 3,
    "oldest_pending_ms": 1_759_999_000_000,
    "needs_attention": 1,
    "policy_version": 4,
    "clock_offset_ms": -1_500,
    "disk_full": False,
    "printers": [{"status": "paper_out", "queued": 2}],
}


def _devices(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.ok("GET", f"/v1/stores/{world.store.store_id}/devices")["devices"]
    return found


def _tells(device: Device, **changes: Any) -> None:
    item = {"id": new_id("health"), "kind": "health", "body": REPORT | changes}
    assert device.post("/v1/sync/bulk", {"items": [item]}).json()["kept"] == 1


def _path(world: World, device: Device, verb: str = "") -> str:
    return f"/v1/stores/{world.store.store_id}/devices/{device.device_id}{verb}"


# -- how they are --------------------------------------------------------------------------------------------------


def test_a_console_sees_what_a_counter_last_said_about_itself(world: World) -> None:
    """AGT-07, AGT-11, AGT-14"""
    device = world.device()
    assert (_devices(world)[0]["seen_ms"], _devices(world)[0]["printers"]) == (None, [])

    _tells(device)
    world.clock.advance(5_000)

    [shown] = _devices(world)
    for name in ("version", "pending", "oldest_pending_ms", "needs_attention", "policy_version", "clock_offset_ms"):
        assert shown[name] == REPORT[name], name
    assert (shown["printers"], shown["disk_full"]) == ([{"status": "paper_out", "queued": 2}], False)
    assert (shown["seen_ago_ms"], shown["clock_off"], shown["label"]) == (5_000, False, "카운터 PC")


@pytest.mark.parametrize(("offset_ms", "off"), [(300_000, False), (300_001, True), (-300_001, True)])
def test_a_clock_that_is_off_by_more_than_five_minutes_is_marked(front: World, offset_ms: int, off: bool) -> None:
    """AGT-07"""
    _tells(front.device(), clock_offset_ms=offset_ms)

    assert _devices(front)[0]["clock_off"] is off


def test_of_two_reports_the_later_written_one_stands(world: World) -> None:
    """AGT-14: uploads may overtake each other."""
    device = world.device()
    _tells(device, at_ms=2_000, pending=1)
    _tells(device, at_ms=1_000, pending=9)

    assert _devices(world)[0]["pending"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"pending": "many"},
        {"pending": True},
        {"pending": 2**60},
        {"version": "x" * 5_000},
        {"version": "1\u0000"},
        {"printers": "none"},
        {"printers": [7, {"status": 5, "queued": "two"}]},
        {"at_ms": None},
    ],
)
def test_a_report_that_makes_no_sense_harms_nobody(world: World, body: dict[str, Any]) -> None:
    """AGT-14"""
    device = world.device()

    _tells(device, **body)

    [shown] = _devices(world)
    assert len(shown["version"]) <= 40
    assert shown["pending"] in (None, 3)


@pytest.mark.parametrize("call", ["push", "tally", "bulk"])
def test_every_signed_call_is_a_sign_of_life(world: World, call: str) -> None:
    """AGT-14"""
    device = world.device()
    world.clock.advance(60_000)

    match call:
        case "push":
            device.push(device.earn())
        case "tally":
            assert device.get("/v1/sync/tally").status_code == 200
        case "bulk":
            _tells(device)

    assert _devices(world)[0]["seen_ms"] == world.clock()


# -- who is silent -------------------------------------------------------------------------------------------------


def _silent(device: Device) -> list[str]:
    return [row["device_id"] for row in device.rows("notice") if row["kind"] == "device_silent"]


def _looks(world: World) -> None:
    runner = Runner(
        world.cloud.database, world.clock, [one for one in JOBS if one.name == "silent-devices"], holder="x"
    )
    runner.run_due()
    world.ok("POST", "/v1/jobs/silent-devices/run")
    assert runner.run_due() == 1


def _at(world: World, minute: int, day: date = MONDAY) -> None:
    world.clock.now_ms = moment_ms(day, minute)


def test_a_counter_that_falls_silent_while_its_shop_is_open_is_told_of_once(world: World) -> None:
    """AGT-14"""
    _at(world, 600)
    device, other = world.device(), world.device()
    world.ok("POST", f"/v1/stores/{world.store.store_id}/hours", {"weekly": [[480, 1320]] * 7})
    device.push(device.earn())
    for ahead_ms, told in ((SILENT_MS - 1, []), (SILENT_MS, [device.device_id]), (SILENT_MS + MINUTE_MS, None)):
        world.clock.now_ms = moment_ms(MONDAY, 600) + ahead_ms
        other.push(other.earn())
        _looks(world)
        assert _silent(other) == ([device.device_id] if told is None else told)
    assert [one["silent_ms"] is not None for one in _devices(world)] == [True, False]
    [row] = [row for row in other.rows("notice") if row["kind"] == "device_silent"]
    assert (row["label"], row["last_seen_ms"]) == ("카운터 PC", moment_ms(MONDAY, 600))

    device.push(device.earn())

    assert [one["silent_ms"] for one in _devices(world)] == [None, None]
    _looks(world)
    [_, over] = [row for row in other.rows("notice") if row["kind"] == "device_silent"]
    assert (over["acked_by"], over["notice_id"]) == ("cloud", row["notice_id"])
    world.clock.advance(SILENT_MS)
    other.push(other.earn())
    _looks(world)
    assert len({row["notice_id"] for row in other.rows("notice") if row["kind"] == "device_silent"}) == 2


@pytest.mark.parametrize(
    ("minute", "told"),
    [
        (480, False),  # it opens: a computer needs its time to start
        (480 + 34, False),
        (480 + 35, True),
        (1_320, False),  # closed
        (1_440 + 90, False),
    ],
)
def test_a_computer_that_is_off_at_night_is_well(front: World, minute: int, told: bool) -> None:
    """AGT-14"""
    _at(front, 60)
    device = front.device()
    front.ok("POST", f"/v1/stores/{front.store.store_id}/hours", {"weekly": [[480, 1320]] * 7})
    device.push(device.earn())
    if minute >= 1_320:
        _at(front, 1_310)
        device.push(device.earn())
    _at(front, minute)

    _looks(front)

    assert _silent(device) == ([device.device_id] if told else [])


def test_a_shop_that_closes_after_midnight_is_watched_until_then(front: World) -> None:
    """AGT-14"""
    _at(front, 1_400)
    device = front.device()
    front.ok("POST", f"/v1/stores/{front.store.store_id}/hours", {"weekly": [[1_080, 1_560]] * 7})
    device.push(device.earn())
    _at(front, 1_440)
    _looks(front)

    assert _silent(device) == [device.device_id]


def test_nobody_is_told_of_holidays_of_unknown_hours_or_of_who_was_shut_out(front: World) -> None:
    """AGT-14"""
    _at(front, 600)
    device, out = front.device(), front.device()
    front.ok("POST", _path(front, out, "/revoke"), {"reason": "분실"})
    front.clock.advance(SILENT_MS)
    _looks(front)  # nobody has said when the shop is open
    holiday = {"weekly": [[480, 1320]] * 7, "holidays": [(MONDAY + timedelta(days=1)).isoformat()]}
    front.ok("POST", f"/v1/stores/{front.store.store_id}/hours", holiday)
    _at(front, 720, MONDAY + timedelta(days=1))
    _looks(front)

    assert _silent(device) == []


# -- shutting out, naming ------------------------------------------------------------------------------------------


def test_a_device_that_is_shut_out_is_refused_from_its_next_call_on(world: World) -> None:
    """AGT-14: with a reason that stays."""
    device, other = world.device(), world.device()

    answer = world.ok("POST", _path(world, device, "/revoke"), {"reason": "PC 분실"})

    assert answer["revoked_ms"] == world.clock()
    assert device.push_raw(device.batch(device.earn())).json()["code"] == "device_revoked"
    assert other.result(other.earn())["status"] == "applied"
    assert [one["device_id"] for one in _devices(world)] == [other.device_id, device.device_id]
    entry = world.ok("GET", "/v1/audit-log")["entries"][0]
    assert (entry["action"], entry["target"], entry["reason"]) == ("device.revoke", device.device_id, "PC 분실")
    world.clock.advance(1_000)
    again = world.ok("POST", _path(world, device, "/revoke"), {"reason": "다시"})
    assert again["revoked_ms"] == world.clock() - 1_000


def test_a_device_gets_a_name_and_prints_for_its_store(world: World) -> None:
    """AGT-14"""
    device, other = world.device(), world.device()

    named = world.ok("POST", _path(world, device), {"label": "2층 카운터", "prints": True})

    assert (named["label"], named["prints"]) == ("2층 카운터", True)
    assert [one["prints"] for one in _devices(world)] == [True, False]
    assert world.ok("POST", _path(world, other), {"prints": True})["prints"] is True
    assert [one["prints"] for one in _devices(world)] == [False, True]
    assert world.ok("POST", _path(world, other), {"prints": False})["prints"] is False


def test_a_device_of_another_store_is_not_there(front: World) -> None:
    """RBA-01: nobody reaches over."""
    stranger = front.device(front.new_store("연남점", "테스트 커피"))

    for verb, body in (("/revoke", {"reason": "x"}), ("", {"label": "x"})):
        answer = front.call("POST", _path(front, stranger, verb), body)
        assert (answer.status_code, answer.json()["code"]) == (404, "device_unknown")
    assert front.call("GET", "/v1/stores/nobody/devices").json()["code"] == "store_unknown"
    assert front.call("POST", _path(front, stranger, "/revoke"), {"reason": ""}).status_code == 422
    assert stranger.result(stranger.earn())["status"] == "applied"


# -- how they tell of an order -------------------------------------------------------------------------------------


def test_a_store_chooses_how_its_counters_tell_of_an_order(world: World) -> None:
    """AGT-01, AGT-02"""
    device = world.device()
    path = f"/v1/stores/{world.store.store_id}/alerts"
    assert device.welcome["store"]["alert_mode"] == "both"

    for mode in ("print", "popup_sound", "both"):
        assert world.ok("POST", path, {"alert_mode": mode})["alert_mode"] == mode
        assert device.rows("store")[-1]["alert_mode"] == mode
    assert world.call("POST", path, {"alert_mode": "PRINT"}).status_code == 422
    assert world.call("POST", "/v1/stores/nobody/alerts", {"alert_mode": "print"}).json()["code"] == "store_unknown"
    assert world.ok("GET", "/v1/audit-log")["entries"][0]["before"] == {"alert_mode": "popup_sound"}
