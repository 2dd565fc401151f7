"""Monitors of stores: APR-11, 17, 21 to 23, 26, 27, NTF-03, 07; each warned of once, counted as it happens."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from cloud_api.jobs.catalogue import JOBS
from cloud_api.jobs.runner import Runner
from cloud_api.monitors.counting import count_some
from cloud_api.monitors.models import monitor_event
from rules.calendar import moment_ms
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import Device, World

DAY_MS = 86_400_000
THURSDAY = date(2025, 10, 16)


def path(world: World) -> str:
    return f"/v1/stores/{world.store.store_id}"


def ask(world: World) -> str:
    member = world.member()
    return str(world.ask_coupon(member, world.coupon(member, valid_days=400))["request_id"])


def approve(world: World, device: Device) -> str:
    request_id = ask(world)
    device.push(device.decide(request_id))
    return request_id


def reject(world: World, device: Device, reason: str = "out_of_stock") -> None:
    device.push(
        device.decide(ask(world), "reject", reason=reason, reason_text="문이 고장" if reason == "other" else None)
    )


def run_out(world: World, device: Device) -> str:
    request_id = ask(world)
    device.push(device.seen(request_id))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    return request_id


def count(world: World) -> int:
    total = 0
    while found := world.cloud.database.transact(count_some):
        total += found
    return total


def figure(world: World, name: str) -> tuple[str, int, int]:
    found = next(one for one in world.ok("GET", f"{path(world)}/monitors")["figures"] if one["name"] == name)
    return found["level"], found["count"], found["of"]


def told(world: World, place: str = "") -> list[tuple[str, int]]:
    """Kind and figure of every notice of the monitors, oldest first."""
    notices = world.ok("GET", f"{place or path(world)}/notices")["notices"]
    of_monitors = [one for one in reversed(notices) if "times" in one["details"]]
    return [(one["kind"], one["details"]["times"]) for one in of_monitors]


@pytest.mark.thorough
def test_rejections_are_counted_by_reason_and_many_are_told_to_head_office(front: World) -> None:
    """APR-11: more than a fifth of at least twenty in thirty days; the store is not told."""
    device = front.device()
    for reason in ("out_of_stock", "out_of_stock", "condition_mismatch", "other"):
        reject(front, device, reason)
    for _ in range(15):
        approve(front, device)
    count(front)
    assert figure(front, "many_rejections") == ("normal", 4, 19)
    approve(front, device)
    count(front)
    assert figure(front, "many_rejections") == ("normal", 4, 20)

    reject(front, device, "out_of_hours")
    count(front)

    assert front.ok("GET", f"{path(front)}/monitors")["rejections"] == {
        "out_of_stock": 2,
        "out_of_hours": 1,
        "condition_mismatch": 1,
        "other": 1,
    }
    assert figure(front, "many_rejections") == ("notify", 5, 21)
    assert (told(front, "/v1/hq"), told(front)) == ([("many_rejections", 5)], [])
    reject(front, device)
    count(front)
    assert told(front, "/v1/hq") == [("many_rejections", 5)]


def test_a_slow_store_is_told_once_a_month(front: World) -> None:
    """APR-21, NTF-07: 55 % is told, 40 % is watched, 30 % is normal; old days fall out of the thirty."""
    front.clock.now_ms = moment_ms(THURSDAY, 600)
    device = front.device()
    for _ in range(7):
        approve(front, device)
    for _ in range(3):
        run_out(front, device)
    count(front)
    assert figure(front, "slow_approval") == ("normal", 3, 10)
    for _ in range(4):
        run_out(front, device)
    count(front)
    assert figure(front, "slow_approval") == ("watch", 7, 14)
    assert told(front) == []

    run_out(front, device)
    count(front)
    run_out(front, device)
    count(front)

    assert figure(front, "slow_approval") == ("notify", 9, 16)
    assert told(front) == [("slow_approval", 8)]
    assert told(front, "/v1/hq") == []
    front.clock.now_ms = moment_ms(date(2025, 11, 1), 600)
    run_out(front, device)
    count(front)
    assert told(front) == [("slow_approval", 8), ("slow_approval", 10)]
    front.clock.now_ms = moment_ms(THURSDAY + timedelta(days=29), 600)
    assert figure(front, "slow_approval")[1:] == (10, 17)
    front.clock.now_ms = moment_ms(THURSDAY + timedelta(days=30), 600)
    assert figure(front, "slow_approval") == ("normal", 1, 1)


def test_a_persons_late_word_takes_the_automatic_ones_place_in_the_figures(world: World) -> None:
    """APR-19, APR-21"""
    device = world.device()
    request_id = ask(world)
    device.push(device.seen(request_id))
    tap = device.decide(request_id, "reject", remaining_ms=9_000)
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    assert device.result(tap)["body"]["state"] == "rejected"

    count(world)

    assert figure(world, "slow_approval") == ("normal", 0, 0)
    assert figure(world, "many_rejections") == ("normal", 1, 1)


def test_more_than_five_recoveries_of_a_store_and_day_are_told_to_the_owner_and_to_head_office(world: World) -> None:
    """APR-22, A7: in Korea's day; the next day begins anew."""
    world.clock.now_ms = moment_ms(THURSDAY, 1_300)
    device, owner = world.device(), world.employ("정민아", "owner")
    for expected in ("normal", "normal", "normal", "watch", "watch", "notify"):
        device.push(device.recover(approve(world, device), actor=owner))
        count(world)
        assert figure(world, "many_recoveries")[0] == expected

    device.push(device.recover(approve(world, device), actor=owner))
    count(world)
    assert (told(world), told(world, "/v1/hq")) == ([("many_recoveries", 6)], [("many_recoveries", 6)])
    assert world.ok("GET", "/v1/hq/monitors")["stores"] == [
        {"store_id": world.store.store_id, "figures": ["many_recoveries"]}
    ]
    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=1), 0)
    assert figure(world, "many_recoveries") == ("normal", 0, 0)
    assert world.ok("GET", "/v1/hq/monitors")["stores"] == []


def test_a_coupon_that_is_taken_back_and_approved_again_three_times_is_flagged(world: World) -> None:
    """APR-23, APR-15: the third approval after a recovery; once, to the owner and to head office."""
    device, owner = world.device(), world.employ("정민아", "owner")
    member = world.member()
    coupon = world.coupon(member, valid_days=400)
    flagged: list[list[str]] = []
    for _ in range(5):
        request_id = str(world.ask_coupon(member, coupon)["request_id"])
        device.push(device.decide(request_id))
        count(world)
        flagged.append(world.ok("GET", f"{path(world)}/monitors")["flagged_coupons"])
        device.push(device.recover(request_id, actor=owner))
        count(world)

    assert flagged == [[], [], [], [coupon], [coupon]]
    for place in (path(world), "/v1/hq"):
        [one] = [one for one in world.ok("GET", f"{place}/notices")["notices"] if one["kind"] == "same_coupon"]
        assert one["details"] == {"coupon_id": coupon, "recovered": 3, "approved_again": 3}


@pytest.mark.thorough
def test_more_than_a_tenth_of_the_approvals_cancelled_is_told_to_head_office(front: World) -> None:
    """APR-26, APR-17, A8: cancelling executes at once and is counted."""
    device, owner = front.device(), front.employ("정민아", "owner")
    for _ in range(18):
        approve(front, device)
    for expected in (("normal", 1, 19), ("normal", 2, 20), ("notify", 3, 21)):
        assert device.result(device.recover(run_out(front, device), actor=owner))["body"]["state"] == "auto_cancelled"
        count(front)
        assert figure(front, "many_cancels") == expected

    assert (told(front, "/v1/hq"), told(front)) == ([("many_cancels", 3)], [])


def test_the_third_dispute_of_a_consumer_goes_to_head_office_which_decides(world: World) -> None:
    """APR-27, NTF-03: the owner hears of each; of one request there is one."""
    device = world.device()
    requests = [approve(world, device) for _ in range(3)]

    def dispute(request_id: str, text: str = "쓰지 않았어요") -> Any:
        return world.ok("POST", f"/v1/requests/{request_id}/dispute", {"text": text})

    first = [dispute(request_id) for request_id in requests[:2]]
    assert dispute(requests[0], "한 번 더") == first[0]
    assert world.ok("GET", "/v1/hq/notices")["notices"] == []
    third = dispute(requests[2])

    [notice] = world.ok("GET", "/v1/hq/notices?open=true")["notices"]
    assert (notice["kind"], notice["details"]) == ("disputes", {"member_id": world.member(), "disputes": 3})
    owners = [one for one in device.rows("notice") if one["kind"] == "complaint"]
    assert [(one["request_id"], one["for_owner"]) for one in owners] == [(one, True) for one in requests]
    assert all("member_id" not in one for one in owners)
    assert len(world.ok("GET", "/v1/hq/disputes?open=true")["disputes"]) == 3

    decided = world.ok("POST", f"/v1/hq/disputes/{third['dispute_id']}/decide", {"decision": "upheld", "by": "김대리"})
    assert (decided["decision"], decided["decided_by"], decided["decided_ms"]) == ("upheld", "김대리", world.clock())
    again = world.call("POST", f"/v1/hq/disputes/{third['dispute_id']}/decide", {"decision": "refused", "by": "박과장"})
    assert (again.status_code, again.json()["code"], again.json()["decision"]) == (409, "already_decided", "upheld")
    assert [one["dispute_id"] for one in world.ok("GET", "/v1/hq/disputes?open=true")["disputes"]] == [
        first[1]["dispute_id"],
        first[0]["dispute_id"],
    ]


def test_disputes_that_make_no_sense_are_refused(world: World) -> None:
    """APR-27; reliability case 15 and case 25."""
    order = world.order()["order"]["request_id"]
    known = ask(world)

    def code(where: str, **body: Any) -> tuple[int, str]:
        answer = world.call("POST", where, body)
        return answer.status_code, answer.json()["code"]

    assert code("/v1/requests/nothing/dispute", text="x") == (404, "request_unknown")
    assert code(f"/v1/requests/{order}/dispute", text="x") == (404, "request_unknown")  # nobody is known to have asked
    assert code(f"/v1/requests/{known}/dispute", text=" ") == (422, "invalid")
    assert code(f"/v1/requests/{known}/dispute", text="x" * 201) == (422, "invalid")
    assert code("/v1/hq/disputes/nothing/decide", decision="upheld", by="x") == (404, "dispute_unknown")
    assert code("/v1/hq/disputes/nothing/decide", decision="maybe", by="x") == (422, "invalid")
    assert world.call("GET", "/v1/hq/disputes?limit=1000000000").status_code == 422
    assert world.call("GET", "/v1/stores/nobody/monitors").json()["code"] == "store_unknown"
    assert world.ok("GET", "/v1/hq/disputes")["disputes"] == []
    sql = "'; DELETE FROM request; --"
    assert world.ok("POST", f"/v1/requests/{known}/dispute", {"text": sql})["text"] == sql


@pytest.mark.thorough
def test_an_owner_is_told_when_the_report_rate_moves_by_a_percent(front: World) -> None:
    """NTF-03: against what was told last; the first figure is only kept."""
    world = front
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    world.ok("POST", f"{path(world)}/hours", {"weekly": [[480, 1_320]] * 7})
    device, rates = world.device(), []
    runner = Runner(world.cloud.database, world.clock, JOBS, holder="here")
    runner.run_due()
    for ahead in range(1, 6):
        world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=ahead), 1_000)
        if ahead not in (3,):
            day = (THURSDAY + timedelta(days=ahead)).isoformat()
            device.push(device.op("report.submit", {"day": day, "pieces": 80, "written_ms": world.clock()}))
        world.ok("POST", "/v1/jobs/report-rates/run")
        runner.run_due()
        told_now = [one for one in device.rows("notice") if one["kind"] == "report_rate"]
        rates.append([(one["before_bp"], one["rate_bp"]) for one in told_now])

    moves = rates[-1]
    assert moves, rates
    assert all(abs(after - before) >= 100 for before, after in moves)
    assert all(first[1] == then[0] for first, then in pairwise(moves))
    assert moves[-1][1] == world.ok("GET", f"{path(world)}/reports?since=2025-10-16")["rate_bp"]


@pytest.mark.parametrize("most", [1, 3, 500])
def test_counting_in_portions_counts_everything_once_and_keeps_nothing_back(world: World, most: int) -> None:
    """APR-11, APR-21: an order is no reward."""
    device = world.device()
    world.order()
    for _ in range(3):
        approve(world, device)
    reject(world, device)
    counts = []
    while found := world.cloud.database.transact(lambda work: count_some(work, most)):
        counts.append(found)

    assert (sum(counts), max(counts)) == (8, min(most, 8))
    assert figure(world, "many_rejections") == ("normal", 1, 4)
    assert figure(world, "slow_approval") == ("normal", 0, 3)
    with world.cloud.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(monitor_event)).scalar_one() == 0


def test_what_a_counter_decided_without_a_line_counts_as_well(world: World) -> None:
    """APR-21, APR-28: also that nobody answered there."""
    device = world.device()
    device.push(device.earn(paid_won=1_000_000))
    for n, by_default in enumerate((True, False)):
        body = {
            "spend_id": f"spend-{n}",
            "phone": "+821012345678",
            "points": 100,
            "payment_won": 5_000,
            "decided_by_default": by_default,
            "occurred_ms": world.clock(),
            "snapshot_ms": world.clock(),
        }
        assert device.result(device.op("points.spend", body))["status"] == "applied"

    count(world)

    assert figure(world, "slow_approval") == ("normal", 1, 2)
    assert [one["kind"] for one in device.rows("notice")] == ["auto_approved"]
