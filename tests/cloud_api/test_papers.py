"""A coupon's paper that a counter reads: found by its code, held, decided by staff, used once (CPN-15, 16, 18)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from cloud_api.clock import DAY_MS
from rules.calendar import local_day
from rules.codes import code_of_id, shown
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import Device, World, new_id

PATH = "/v1/sync/requests/coupon"


def ask(device: Device, code: str, request_id: str | None = None) -> httpx.Response:
    return device.post(PATH, {"request_id": request_id or new_id("paper"), "code": code})


def paper(world: World, member: str, **terms: Any) -> str:
    """A coupon that staff had printed for its member; its id."""
    body = {"store_id": world.store.store_id, "name": "라떼 할인", "value_won": 3_000, "pos_discount_won": 3_000}
    definition = world.ok("POST", "/v1/coupon-definitions", body | terms)["definition_id"]
    wanted = {"definition_id": definition, "idempotency_key": new_id("issue"), "print_at": world.store.store_id}
    return str(world.ok("POST", f"/v1/members/{member}/coupons", wanted)["coupon_id"])


def code(coupon_id: str) -> str:
    return shown(code_of_id(coupon_id))


def test_a_paper_is_a_request_that_staff_decide(world: World) -> None:
    """CPN-15, CPN-16, APR-04: what it gives is shown before anything is used, and it is used once."""
    device, member = world.device(), world.member()
    coupon_id = paper(world, member)

    answer = ask(device, code(coupon_id).lower().replace("-", " "))

    assert answer.status_code == 201, answer.text
    asked = answer.json()
    assert (asked["kind"], asked["state"], asked["title"]) == ("coupon", "requested", "라떼 할인")
    assert (asked["pos_discount_won"], asked["at_zero"]) == (3_000, "expire")
    assert device.rows("request")[-1]["request_id"] == asked["request_id"]
    assert world.coupon_state(member, coupon_id) == "pending"
    device.push(device.seen(asked["request_id"]), device.decide(asked["request_id"]))
    assert world.coupon_state(member, coupon_id) == "used"
    again = ask(device, code(coupon_id)).json()
    assert (again["code"], again["here"], again["at_ms"]) == ("coupon_used", True, world.clock())
    world.assert_book_is_sound()


def test_a_copy_that_two_counters_read_at_once_is_held_once(world: World) -> None:
    """CPN-15: one of ten gets it; the others hear that it waits."""
    devices = [world.device() for _ in range(5)] * 2
    member = world.member()
    coupon_id = paper(world, member)

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda device: ask(device, code(coupon_id)), devices))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * 9
    refusals = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refusals <= {"coupon_waiting", "coupon_not_available"}
    assert len(devices[0].rows("request")) == 1


def test_the_same_id_is_answered_with_the_same_request(world: World) -> None:
    """A lost answer is asked for again; another paper under the id is none."""
    device, other, member = world.device(), world.device(), world.member()
    first, second = paper(world, member), paper(world, member)
    request_id = new_id("paper")
    asked = ask(device, code(first), request_id).json()

    assert ask(device, code(first), request_id).json() == asked
    assert ask(device, code(second), request_id).json()["code"] == "idempotency_conflict"
    assert ask(device, "nothing", request_id).json()["code"] == "idempotency_conflict"
    assert ask(other, code(first), request_id).json()["code"] == "idempotency_conflict"
    assert world.coupon_state(member, second) == "available"
    device.push(device.seen(request_id), device.decide(request_id))
    assert ask(device, code(first), request_id).json()["state"] == "approved"


def test_nobodys_word_is_no_approval(world: World) -> None:
    """CPN-15, APR-07: staff read it themselves; who looked away has used nothing."""
    device, member = world.device(), world.member()
    coupon_id = paper(world, member)
    request_id = ask(device, code(coupon_id)).json()["request_id"]
    device.push(device.seen(request_id))
    assert device.rows("request")[-1]["at_zero"] == "expire"

    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()

    assert device.rows("request")[-1]["state"] == "expired"
    assert world.coupon_state(member, coupon_id) == "available"


def test_what_staff_take_back_is_the_customers_again(world: World) -> None:
    """CPN-15, APR-14."""
    device, member = world.device(), world.member()
    coupon_id = paper(world, member)
    request_id = ask(device, code(coupon_id)).json()["request_id"]

    result = device.result(device.decide(request_id, "withdraw"))

    assert (result["status"], result["body"]["state"]) == ("applied", "withdrawn")
    assert world.coupon_state(member, coupon_id) == "available"
    assert ask(device, code(coupon_id)).status_code == 201


@pytest.mark.parametrize("typed", ["", "0123", "0000-0000-0000-0000-0", "x" * 41])
def test_what_is_no_code_of_ours_holds_nothing(world: World, typed: str) -> None:
    device = world.device()
    answer = ask(device, typed)

    assert (answer.status_code, answer.json()["code"]) in ((404, "coupon_unknown"), (422, "invalid"))
    assert device.rows("request") == []


def test_a_coupon_without_a_paper_is_not_found_by_its_code(world: World) -> None:
    """CPN-18: what an app holds is used by the app."""
    device, member = world.device(), world.member()

    assert ask(device, code(world.coupon(member))).json()["code"] == "coupon_unknown"


def test_a_paper_that_gives_nothing_any_more_says_why(world: World) -> None:
    """CPN-15, CPN-04, CPN-10: nothing is held, and staff can tell the customer."""
    device, member = world.device(), world.member()
    old = paper(world, member, valid_days=7)
    weekday = (local_day(world.clock()).weekday() + 1) % 7
    other_day = paper(world, member, conditions={"weekdays": [weekday]}, condition="내일")
    world.clock.advance(8 * DAY_MS)
    late = ask(device, code(old)).json()
    assert (late["code"], late["at_ms"] <= world.clock()) == ("coupon_expired", True)
    world.clock.advance(-8 * DAY_MS)
    refused = ask(device, code(other_day)).json()
    assert (refused["code"], refused["unmet"]) == ("conditions_unmet", ["weekday"])

    world.ok("POST", f"/v1/stores/{world.store.store_id}/use-limits", {"day_count": 0})
    assert ask(device, code(paper(world, member))).json()["code"] == "limit_reached"
    assert device.rows("request") == []


def test_a_paper_of_another_store_is_told_apart(world: World) -> None:
    """CPN-01: its own store, or every store of its brand."""
    here, there = world.device(), world.device(world.new_store("망원점", "테스트 커피"))
    member = world.member()
    own, brand = paper(world, member), paper(world, member, store_id=None, brand_id=world.store.brand_id)

    assert ask(there, code(own)).json()["code"] == "coupon_not_here"
    assert ask(there, code(brand)).status_code == 201
    assert ask(here, code(own)).status_code == 201
    assert ask(here, code(brand)).json()["code"] == "coupon_waiting"
