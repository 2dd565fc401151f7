"""What a store may do in each of its states, and leaving: STO-01, 07, 09, 12 to 16, RBA-16, CUP-13, CUP-15."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cloud_api.jobs.catalogue import JOBS
from cloud_api.jobs.runner import Runner
from rules.calendar import DAY_MS, moment_ms
from tests.cloud_api.test_applications import approved
from tests.cloud_api.world import World, new_id

MONDAY = date(2025, 10, 13)
DETAILS: dict[str, Any] = {
    "road_address": "서울 마포구 가상로 7",
    "detail_address": "2층",
    "phone": "02-111-2222",
    "groups": ["office:office", "others:couples"],
    "districts": ["office", "shops"],
    "male_percent": 50,
    "female_percent": 50,
    "age_percents": {"10s": 0, "20s": 100, "30s": 0, "40s": 0, "50_up": 0},
}


def _path(world: World, rest: str = "") -> str:
    return f"/v1/stores/{world.store.store_id}" + (f"/{rest}" if rest else "")


def _to(world: World, state: str, reason: str = "본사 결정") -> Any:
    return world.ok("POST", _path(world, "state"), {"to": state, "reason": reason})


def _order(world: World) -> Any:
    return world.call("POST", "/v1/orders", world.new_order())


def _ask(world: World, kind: str, member: str, **more: Any) -> Any:
    body = {"kind": kind, "member_id": member, "store_id": world.store.store_id, "idempotency_key": new_id("ask")}
    return world.call("POST", "/v1/requests", body | more)


def _job(world: World, name: str) -> None:
    runner = Runner(world.cloud.database, world.clock, [one for one in JOBS if one.name == name], holder="here")
    runner.run_due()
    world.ok("POST", f"/v1/jobs/{name}/run")
    assert runner.run_due() == 1


# -- closed for a while --------------------------------------------------------------------------------------------


def test_a_suspended_store_takes_nothing_new_and_its_counters_know_why(world: World) -> None:
    """STO-07, STO-15"""
    device, member = world.device(), world.member()
    device.push(device.earn(paid_won=1_000_000))
    coupon = world.coupon(member)

    _to(world, "suspended", "내부 공사")

    told = device.rows("store")[-1]
    assert (told["state"], told["state_reason"]) == ("suspended", "내부 공사")
    answers = [
        _order(world),
        _ask(world, "coupon", member, coupon_id=coupon),
        _ask(world, "points", member, points=100, payment_won=5_000),
        world.call(
            "POST",
            _path(world, "stock/orders"),
            {"pieces": 1_000, "actor": "본사", "idempotency_key": new_id("order")},
        ),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (409, "store_not_open")
        assert answer.json()["state"] == "suspended"
    asked = {"request_id": new_id("ask"), "phone": "+821012345678", "points": 100, "payment_won": 5_000}
    assert device.post("/v1/sync/requests", asked).json()["code"] == "store_not_open"
    order = device.op("stock.order", {"order_id": new_id("s"), "pieces": 1_000, "occurred_ms": world.clock()})
    assert device.result(order)["code"] == "store_not_open"
    assert world.points(member)[1] == 0
    assert world.coupon_state(member, coupon) == "available"


def test_what_counters_of_a_closed_store_report_is_booked_because_it_happened(world: World) -> None:
    """STO-15, AGT-08: the counter did not know yet."""
    device, member = world.device(), world.member()
    request_id = world.ask_coupon(member, world.coupon(member))["request_id"]
    device.push(device.seen(request_id))
    earn, decision = device.earn(paid_won=10_000), device.decide(request_id)
    _to(world, "suspended")

    results = device.push(earn, decision)["results"]

    assert [one["status"] for one in results] == ["applied", "applied"]
    assert world.points(member)[0] == 100
    assert world.request(request_id)["state"] == "approved"


def test_an_open_store_works_again(world: World) -> None:
    """STO-15"""
    device = world.device()
    _to(world, "suspended")
    assert _to(world, "suspended")["state"] == "suspended"  # said twice

    _to(world, "approved", "공사 끝")

    assert _order(world).status_code == 201
    assert [row["state"] for row in device.rows("store")][-2:] == ["suspended", "approved"]
    moves = [entry for entry in world.ok("GET", "/v1/audit-log")["entries"] if entry["action"] == "store.state"]
    assert [(one["before"], one["after"], one["reason"]) for one in moves] == [
        ({"state": "suspended"}, {"state": "approved"}, "공사 끝"),
        ({"state": "approved"}, {"state": "suspended"}, "본사 결정"),
    ]


@pytest.mark.parametrize("to", ["closed", "pending", "withdrawing", "open"])
def test_head_office_sets_no_state_that_has_another_way(front: World, to: str) -> None:
    """STO-14"""
    assert front.call("POST", _path(front, "state"), {"to": to, "reason": "x"}).status_code == 422
    assert front.call("POST", "/v1/stores/nobody/state", {"to": "suspended", "reason": "x"}).status_code == 404
    assert front.call("POST", _path(front, "state"), {"to": "suspended", "reason": " "}).status_code == 422
    assert front.ok("GET", _path(front))["state"] == "approved"


# -- service types -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "orders", "rewards"), [("reward", False, True), ("order", True, False), ("composite", True, True)]
)
def test_a_store_does_what_its_service_type_says(world: World, kind: str, orders: bool, rewards: bool) -> None:
    """STO-01, ORD-01"""
    device, member = world.device(), world.member()
    device.push(device.earn(paid_won=1_000_000))
    now = world.ok("POST", _path(world, "terms"), {"service_type": kind, "reason": "계약 변경"})
    assert (now["service_type"], device.rows("store")[-1]["service_type"]) == (kind, kind)

    ordered, asked = _order(world), _ask(world, "points", member, points=100, payment_won=5_000)

    assert ordered.json().get("code") == (None if orders else "orders_not_taken")
    assert asked.json().get("code") == (None if rewards else "rewards_off")


def test_terms_change_with_a_reason_and_leave_what_is_not_named(front: World) -> None:
    """STO-15, RBA-12"""
    assert front.call("POST", _path(front, "terms"), {"plan": "plus"}).status_code == 422
    assert front.call("POST", _path(front, "terms"), {"plan": "PLUS", "reason": "x"}).status_code == 422
    before = front.ok("GET", _path(front))

    now = front.ok("POST", _path(front, "terms"), {"plan": "plus", "grade": "gold", "reason": "승급"})

    assert now == before | {"plan": "plus", "grade": "gold"}
    entry = front.ok("GET", f"/v1/audit-log?store_id={front.store.store_id}")["entries"][0]
    assert (entry["before"], entry["after"], entry["reason"]) == (
        {"grade": "normal", "plan": "free"},
        {"grade": "gold", "plan": "plus"},
        "승급",
    )
    assert front.call("POST", "/v1/stores/nobody/terms", {"reason": "x"}).json()["code"] == "store_unknown"


# -- leaving -------------------------------------------------------------------------------------------------------


def test_a_store_that_leaves_works_on_for_thirty_days_and_is_then_closed_without_its_people(world: World) -> None:
    """STO-13, STO-14, RBA-16, RBA-24"""
    world.clock.now_ms = moment_ms(date(2028, 1, 31), 23 * 60 + 59)
    made = approved(world)
    store = f"/v1/stores/{made['store_id']}"
    owner = {"acting-employee": made["owner"]["employee_id"]}
    assert world.call("POST", f"{store}/withdraw", {"reason": "폐업"}, **owner).json()["state"] == "withdrawing"

    for minute, state in ((-1, "withdrawing"), (0, "closed")):  # thirty days later, over a leap February
        world.clock.now_ms = moment_ms(date(2028, 3, 1), minute)
        _job(world, "store-closures")
        assert world.ok("GET", store)["state"] == state

    assert world.ok("GET", f"/v1/applications/{made['application_id']}")["form"] == {}
    told = world.ok("GET", f"{store}/details")["details"]
    assert (told["road_address"], told["phone"], told["districts"]) == ("", "", ["office", "station"])
    [gone] = world.ok("GET", f"{store}/employees")["employees"]
    assert (gone["name"], gone["removed_ms"]) == ("김하늘", world.clock())
    assert world.call("POST", "/v1/enrollments", {"store_id": made["store_id"]}).json()["code"] == "store_not_open"
    assert world.call("POST", f"{store}/state", {"to": "approved", "reason": "x"}).json()["code"] == "state_not_allowed"
    assert approved(world)["store_id"] != made["store_id"]  # the same business may come back


def test_a_store_may_think_better_of_it(world: World) -> None:
    """STO-14"""
    assert world.call("POST", _path(world, "stay"), {}).json()["code"] == "state_not_allowed"
    world.ok("POST", _path(world, "withdraw"), {})
    assert _order(world).status_code == 201  # still at work

    assert world.ok("POST", _path(world, "stay"), {})["state"] == "approved"

    world.clock.advance(40 * DAY_MS)
    _job(world, "store-closures")
    assert world.ok("GET", _path(world))["state"] == "approved"


def test_an_unfinished_order_keeps_a_store_from_leaving(world: World) -> None:
    """RBA-16, ORD-22"""
    device = world.device()
    order_id = _order(world).json()["order"]["order_id"]

    answer = world.call("POST", _path(world, "withdraw"), {})

    assert (answer.status_code, answer.json()["blocks"]) == (409, ["open_orders"])
    device.push(device.advance(order_id, "cancelled"))
    assert world.ok("POST", _path(world, "withdraw"), {})["state"] == "withdrawing"


# -- seems closed --------------------------------------------------------------------------------------------------


def test_seven_silent_days_make_a_store_suspect_and_any_sign_of_life_clears_it(world: World) -> None:
    """CUP-13, STO-14: it works all the while."""
    world.clock.now_ms = moment_ms(MONDAY, 600)
    store = world.new_store("연남점", "테스트 커피")
    world.store = store
    device = world.device(store)
    device.push(device.earn())
    states = []
    for ahead in (6, 7, 8):
        world.clock.now_ms = moment_ms(MONDAY + timedelta(days=ahead), 360)
        _job(world, "suspected-closures")
        states.append(world.ok("GET", _path(world))["state"])
    assert states == ["approved", "approved", "suspected_closed"]
    _job(world, "suspected-closures")
    [told] = [row for row in device.rows("notice") if row["kind"] == "suspected_closure"]
    assert told["acked_by"] is None
    assert _order(world).status_code == 201

    _job(world, "suspected-closures")

    assert world.ok("GET", _path(world))["state"] == "approved"
    assert [row["acked_by"] for row in device.rows("notice") if row["kind"] == "suspected_closure"] == [None, "cloud"]


# -- what a store says of itself -----------------------------------------------------------------------------------


def test_an_owner_changes_what_the_store_says_of_itself_and_moves_its_pin(world: World) -> None:
    """STO-03, STO-04, STO-05, STO-08, STO-09"""
    device = world.device()
    owner = {"acting-employee": world.employ("정민아", "owner").partition(":")[2]}
    assert world.ok("GET", _path(world, "details"))["details"] is None
    pin = {"latitude_e6": 37_560_000, "longitude_e6": 126_920_000}

    body = DETAILS | pin | {"name": "합정본점", "ads": "collab_only"}
    now = world.call("POST", _path(world, "details"), body, **owner).json()

    assert now == DETAILS | pin | {"name": "합정본점", "ads": "collab_only", "version": 1, "school_level": None}
    assert world.ok("GET", _path(world, "details"))["details"] == now
    assert device.rows("store")[-1]["name"] == "합정본점"
    assert world.ok("POST", _path(world, "details"), DETAILS)["version"] == 2
    entry = world.ok("GET", "/v1/audit-log")["entries"][1]
    assert (entry["actor_name"], entry["after"]["phone"]) == ("정민아", "…2222")


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": ["office:office"]},
        {"groups": ["office:office", "office:pirate"]},
        {"districts": ["office", "school"]},
        {"districts": ["moon", "office"]},
        {"male_percent": 51},
        {"male_percent": -1, "female_percent": 101},
        {"age_percents": {"20s": 100}},
        {"latitude_e6": 90_000_001},
        {"phone": "전화 없음"},
        {"ads": "none"},
        {"balance": 5},
    ],
)
def test_details_that_cannot_be_are_refused_and_change_nothing(front: World, changes: dict[str, Any]) -> None:
    """STO-03, STO-04, STO-05, STO-08, STO-09"""
    assert front.call("POST", _path(front, "details"), DETAILS | changes).status_code == 422
    assert front.ok("GET", _path(front, "details"))["details"] is None
    assert front.call("POST", "/v1/stores/nobody/details", DETAILS).json()["code"] == "store_unknown"
    assert front.call("GET", "/v1/stores/nobody/details").json()["code"] == "store_unknown"


def test_an_unannounced_visit_is_recorded_by_head_office(front: World) -> None:
    """STO-12"""
    body = {"visited_by": "대행 김바다", "delegate": True, "passed": False, "findings": "컵홀더가 보이지 않음"}
    made = front.ok("POST", _path(front, "visits"), body)

    assert front.ok("GET", _path(front, "visits"))["visits"] == [made]
    assert (made["delegate"], made["passed"], made["visited_ms"]) == (True, False, front.clock())
    assert front.call("POST", "/v1/stores/nobody/visits", body).json()["code"] == "store_unknown"


# -- the list ------------------------------------------------------------------------------------------------------


def test_head_office_lists_stores_by_what_it_watches(world: World) -> None:
    """STO-16"""
    made = approved(world)
    world.ok("POST", f"/v1/stores/{made['store_id']}/terms", {"grade": "gold", "reason": "승급"})
    world.device()
    body = {"pieces": 1_000, "actor": "본사", "idempotency_key": new_id("order")}
    world.ok("POST", _path(world, "stock/orders"), body)
    world.ok("POST", _path(world, "stock/rounds/1/receive"), {"pieces": 1_000})
    world.ok("POST", _path(world, "stock/rounds/1/take-off"), {"soiled": 800})

    def listed(query: str) -> list[str]:
        return [row["store_id"] for row in world.ok("GET", f"/v1/stores?{query}")["stores"]]

    assert set(listed("")) == {made["store_id"], world.store.store_id}
    assert listed("grade=gold") == listed("district=station") == [made["store_id"]]
    assert listed("low=true") == [world.store.store_id]
    assert listed("state=suspended") == listed("report_rate_below_bp=10000") == []
    [row] = world.ok("GET", "/v1/stores?low=true")["stores"]
    assert (row["stock"], row["devices"], row["silent_devices"], row["owner"]) == (200, 1, 0, None)
    page = world.ok("GET", "/v1/stores?limit=1")
    rest = world.ok("GET", f"/v1/stores?limit=5&after={page['after']}")
    assert len(page["stores"]) == len(rest["stores"]) == 1
    for query in ("limit=0", "limit=1000000000", "limit=-1", "state=gone", "low=perhaps"):
        assert world.call("GET", f"/v1/stores?{query}").status_code == 422
