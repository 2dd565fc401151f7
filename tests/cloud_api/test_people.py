"""Who may take an approval back at the cloud, and what is kept about it: APR-13, 15, 16, 17, 24, 25, 31, 34."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloud_api.stores.service import set_opening
from rules.pin import PinHash, pin_fits
from rules.recovery import OWNER_WAIT_MS
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.world import Device, World, from_base64url

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def approved(world: World, device: Device, actor: str = "직원") -> tuple[str, str]:
    """A coupon's request that a person approved; the request and its member."""
    member = world.member()
    request_id = str(world.ask_coupon(member, world.coupon(member, valid_days=400))["request_id"])
    tap = {"request_id": request_id, "decision": "approve", "occurred_ms": world.clock()}
    device.push(device.seen(request_id), device.op("request.decide", tap, actor=actor))
    return request_id, member


def recovered(world: World, device: Device, actor: str) -> str:
    """A recovery by staff that nobody answered."""
    request_id, _ = approved(world, device)
    device.push(device.recover(request_id, actor=actor))
    world.clock.advance(OWNER_WAIT_MS)
    assert world.sweep().recovered == 1
    return request_id


def state(world: World, request_id: str) -> str:
    return str(world.request(request_id)["state"])


def person(world: World, actor: str) -> dict[str, object]:
    people = world.ok("GET", f"/v1/stores/{world.store.store_id}/employees")["employees"]
    return next(one for one in people if one["employee_id"] == actor.partition(":")[2])


def notices(device: Device) -> list[str]:
    return [row["kind"] for row in device.rows("notice")]


def test_an_owner_takes_a_hand_made_approval_back_at_once(world: World) -> None:
    """APR-15, APR-16: the value is back, the consumer and the owner are told, the log says who."""
    device, owner = world.device(), world.employ("정민아", "owner")
    request_id, member = approved(world, device)

    result = device.result(device.recover(request_id, actor=owner))

    assert (result["status"], result["body"]["state"]) == ("applied", "recovered")
    assert world.wallet(member)["coupons"][0]["state"] == "available"
    assert [n["kind"] for n in world.ok("GET", "/v1/notices")["notices"]] == ["value_returned"]
    assert notices(device) == ["recovered"]
    [entry, earlier] = world.ok("GET", f"/v1/stores/{world.store.store_id}/operation-log")["entries"]
    assert (entry["action"], entry["actor_type"], entry["actor_name"]) == ("coupon_recover", "partner_owner", "정민아")
    assert (earlier["action"], earlier["actor_type"]) == ("coupon_approve", "device")


@pytest.mark.parametrize("owner_confirms", [True, False])
def test_staff_ask_and_the_owner_confirms_or_a_minute_passes(world: World, owner_confirms: bool) -> None:
    """APR-16; it counts as the recovery of who asked."""
    device = world.device()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    request_id, member = approved(world, device)

    asked = device.result(device.recover(request_id, actor=staff))
    assert (asked["status"], asked["code"], asked["body"]["state"]) == ("adjusted", "waits_for_owner", "approved")
    assert world.request(request_id)["recovery_by"] == staff
    assert device.result(device.recover(request_id, actor=staff))["code"] == "waits_for_owner"
    world.clock.advance(OWNER_WAIT_MS - 1)
    assert world.sweep().recovered == 0
    if owner_confirms:
        device.push(device.recover(request_id, actor=owner))
    else:
        world.clock.advance(1)
        assert world.sweep().recovered == 1

    final = world.request(request_id)
    assert (final["state"], final["decided_by"], final["recovery_by"]) == ("recovered", staff, None)
    assert world.wallet(member)["coupons"][0]["state"] == "available"
    entries = world.ok("GET", f"/v1/stores/{world.store.store_id}/operation-log")["entries"]
    assert [(e["action"], e["actor_name"]) for e in entries[:2]] == [
        ("coupon_recover", "이지은"),
        ("coupon_ask_back", "이지은"),
    ]
    assert entries[0]["detail"]["confirmed_by"] == (owner if owner_confirms else "cloud:clock")
    world.assert_book_is_sound()


def test_the_owner_says_no_and_the_approval_stands(world: World) -> None:
    """APR-16: nobody else may say so."""
    device = world.device()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    request_id, _ = approved(world, device)
    device.push(device.recover(request_id, actor=staff))

    assert device.result(device.keep(request_id, actor=staff))["code"] == "owner_only"
    assert device.result(device.keep(request_id, actor=owner))["status"] == "applied"
    assert device.result(device.keep(request_id, actor=owner))["code"] == "already_decided"
    assert device.result(device.keep("nope", actor=owner))["code"] == "request_unknown"

    world.clock.advance(DAY_MS)
    assert (world.sweep().recovered, state(world, request_id)) == (0, "approved")


def test_a_request_for_recovery_made_offline_long_ago_is_done_when_it_arrives(world: World) -> None:
    """APR-16 offline: the minute ran at the counter."""
    device, staff = world.device(), world.employ("이지은")
    request_id, _ = approved(world, device)
    tap = device.recover(request_id, actor=staff)
    world.clock.advance(HOUR_MS)

    device.push(tap)

    assert (world.sweep().recovered, state(world, request_id)) == (1, "recovered")


def test_the_owner_switches_an_employees_recovery_off_and_on(world: World) -> None:
    """APR-16, RBA-20."""
    device, staff = world.device(), world.employ("이지은")
    request_id, _ = approved(world, device)
    path = f"/v1/stores/{world.store.store_id}/employees/{staff.partition(':')[2]}"
    world.ok("POST", path, {"may_recover": False})

    assert device.result(device.recover(request_id, actor=staff))["code"] == "recovery_not_allowed"
    assert device.rows("employee")[-1]["may_recover"] is False

    world.ok("POST", path, {"may_recover": True})
    assert device.result(device.recover(request_id, actor=staff))["code"] == "waits_for_owner"


@pytest.mark.parametrize("actor", ["직원", "owner:nobody", "staff"])
def test_where_people_are_set_up_nobody_recovers_without_a_name_of_the_roster(world: World, actor: str) -> None:
    """APR-16: what a device says about a role is not believed."""
    device, staff = world.device(), world.employ("이지은")
    request_id, _ = approved(world, device)
    named = f"owner:{staff.partition(':')[2]}" if actor == "staff" else actor

    answer = device.result(device.recover(request_id, actor=named))

    assert answer["code"] == ("waits_for_owner" if actor == "staff" else "recovery_not_allowed")


def test_without_anybody_set_up_a_hand_made_approval_is_taken_back_as_ever_and_an_automatic_one_is_not(
    world: World,
) -> None:
    """APR-15, APR-17."""
    device = world.device()
    by_hand, _ = approved(world, device)
    assert device.result(device.recover(by_hand))["body"]["state"] == "recovered"

    member = world.member()
    automatic = str(world.ask_coupon(member, world.coupon(member))["request_id"])
    device.push(device.seen(automatic))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    world.sweep()
    assert device.result(device.recover(automatic))["code"] == "owner_only"


def test_staff_take_back_what_was_approved_since_the_shop_opened_the_owner_also_earlier(world: World) -> None:
    """APR-13, APR-16, A4: world time is 17:53 in Korea."""
    device = world.device()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    world.cloud.database.transact(lambda work: set_opening(work, world.store.store_id, 8 * 60))
    assert device.rows("store")[-1]["opens_minute"] == 480
    request_id, _ = approved(world, device)
    world.clock.advance(15 * HOUR_MS)  # 08:53 of the next day

    assert device.result(device.recover(request_id, actor=staff))["code"] == "too_late"
    assert device.result(device.recover(request_id, actor=owner))["body"]["state"] == "recovered"


def test_nothing_is_taken_back_after_its_validity(world: World) -> None:
    """APR-10, A4."""
    device, owner = world.device(), world.employ("정민아", "owner")
    member = world.member()
    request_id = str(world.ask_coupon(member, world.coupon(member, valid_days=1))["request_id"])
    device.push(device.seen(request_id), device.decide(request_id))
    world.clock.advance(2 * DAY_MS)  # a coupon is valid until the end of its last day

    assert device.result(device.recover(request_id, actor=owner))["code"] == "too_late"


@pytest.mark.thorough
def test_five_recoveries_a_day_are_told_and_ten_in_a_week_suspend_the_right_until_the_owner_gives_it_back(
    front: World,
) -> None:
    """APR-25, RBA-04: five a day, ten in seven rolling days; the second notice lists them."""
    device, staff, other = front.device(), front.employ("이지은"), front.employ("박서준", pin="280650")
    for day in range(2):
        for _ in range(4):
            recovered(front, device, staff)
            recovered(front, device, other)  # so that nobody makes most of them
        assert "recovery_day_limit" not in notices(device), day
        front.clock.advance(DAY_MS)
    recovered(front, device, other)
    recovered(front, device, staff)
    assert person(front, staff)["suspended_ms"] is None
    tenth = recovered(front, device, staff)

    assert (person(front, staff)["suspended_for"], person(front, other)["suspended_for"]) == (
        "recovery_week_limit",
        None,
    )
    [told] = [row for row in device.rows("notice") if row["kind"] == "recovery_week_limit"]
    assert (told["own_week"], len(told["recoveries"]), tenth in told["recoveries"]) == (10, 10, True)
    assert device.rows("employee")[-1]["suspended"] is True
    request_id, _ = approved(front, device)
    assert device.result(device.recover(request_id, actor=staff))["code"] == "recovery_not_allowed"

    path = f"/v1/stores/{front.store.store_id}/employees/{staff.partition(':')[2]}"
    front.ok("POST", path, {"lift": True})
    assert device.result(device.recover(request_id, actor=staff))["code"] == "waits_for_owner"
    front.clock.advance(OWNER_WAIT_MS)
    front.sweep()
    assert person(front, staff)["suspended_ms"] is None  # what was before the owner's word is not counted again


def test_five_recoveries_on_one_day_are_told_to_the_owner(front: World) -> None:
    """APR-25, RBA-04, APR-24: and of somebody who makes more than seven of ten the right is suspended."""
    device, staff = front.device(), front.employ("이지은")
    for _ in range(4):
        recovered(front, device, staff)
    assert notices(device) == ["recovered"] * 4

    recovered(front, device, staff)

    assert notices(device)[4:] == ["recovered", "recovery_day_limit", "recovery_share_limit"]
    assert person(front, staff)["suspended_for"] == "recovery_share_limit"


def test_an_owner_is_never_suspended(front: World) -> None:
    """APR-25 speaks of employees."""
    device, owner = front.device(), front.employ("정민아", "owner")
    for _ in range(11):
        request_id, _ = approved(front, device)
        device.push(device.recover(request_id, actor=owner))

    assert (person(front, owner)["suspended_ms"], set(notices(device))) == (None, {"recovered"})


def test_what_somebody_did_outlives_their_account_and_the_database_keeps_it(world: World) -> None:
    """APR-31, RBA-24, APR-34: staff approve and reject."""
    device, staff = world.device(), world.employ("이지은")
    request_id, _ = approved(world, device, staff)
    path = f"/v1/stores/{world.store.store_id}"
    world.ok("POST", f"{path}/employees/{staff.partition(':')[2]}/remove")

    [entry] = world.ok("GET", f"{path}/operation-log")["entries"]

    assert (entry["actor_type"], entry["actor_name"], entry["request_id"]) == ("partner_staff", "이지은", request_id)
    assert device.rows("employee")[-1]["removed"] is True
    assert world.call("POST", f"{path}/employees/{staff.partition(':')[2]}", {"lift": True}).status_code == 404
    for statement in ("UPDATE operation_log SET actor_name = 'x'", "DELETE FROM operation_log"):
        with pytest.raises(DBAPIError, match="append-only"):
            world.cloud.database.transact(lambda work, sql=statement: work.conn.execute(text(sql)))


def test_a_pin_reaches_the_counter_as_something_that_only_the_store_key_can_check(world: World) -> None:
    device, staff = world.device(), world.employ("이지은", pin="904731")
    employee_id = staff.partition(":")[2]
    row = device.rows("employee")[-1]
    known = PinHash(from_base64url(row["pin_salt"]), from_base64url(row["pin_verifier"]))
    key = from_base64url(device.welcome["store_key"])

    assert pin_fits("904731", known, employee_id=employee_id, store_key=key)
    assert not pin_fits("904732", known, employee_id=employee_id, store_key=key)
    assert not pin_fits("904731", known, employee_id=employee_id, store_key=b"0" * 32)
    assert not pin_fits("904731", known, employee_id="another", store_key=key)
    with world.cloud.database.read() as conn:
        kept = conn.execute(
            text("SELECT body_hash, answer FROM idempotent_call WHERE operation = 'employee' AND answer LIKE :of"),
            {"of": f"%{employee_id}%"},
        ).one()
        body = {"name": "이지은", "role": "staff", "pin": "904731", "idempotency_key": "?"}
        assert "904731" not in str(kept)
        assert kept.body_hash != hashlib.sha256(json.dumps(body).encode()).hexdigest()


def test_bad_people_are_refused_in_words_and_change_nothing(world: World) -> None:
    path = f"/v1/stores/{world.store.store_id}/employees"
    world.employ("정민아", "owner")

    def code(**body: object) -> tuple[int, str]:
        named = {"name": "이지은", "role": "staff", "pin": "904731", "idempotency_key": "k-00000001"} | body
        answer = world.call("POST", path, named)
        return answer.status_code, answer.json()["code"]

    assert code(pin="123456") == (422, "pin_refused")
    assert code(pin="900101") == (422, "pin_refused")
    assert code(role="owner") == (409, "owner_exists")
    assert code(role="boss") == (422, "invalid")
    assert code(name=" ") == (422, "invalid")
    for name in ("가", "나", "다"):
        world.employ(name)
    assert code() == (409, "too_many_employees")
    assert world.call("GET", "/v1/stores/nope/employees").status_code == 404
    assert world.call("GET", "/v1/stores/nope/operation-log").status_code == 404
    assert len(world.ok("GET", path)["employees"]) == 4


def test_a_snapshot_holds_the_people(world: World) -> None:
    world.employ("이지은")
    device = world.device()

    lines = [json.loads(line) for line in device.get("/v1/sync/snapshot").text.splitlines()]

    assert [line["body"]["name"] for line in lines if line["kind"] == "employee"] == ["점주", "이지은"]


def right(world: World, device: Device, employee: str, change: str, actor: str) -> dict[str, object]:
    body = {"employee_id": employee.partition(":")[2], "change": change, "occurred_ms": world.clock()}
    found: dict[str, object] = device.result(device.op("employee.right", body, actor=actor))
    return found


def test_an_owner_gives_the_right_back_at_the_counter(world: World) -> None:
    """APR-25, A3: every counter hears of it, and what was counted before does not suspend again."""
    device, other = world.device(), world.device()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    for _ in range(5):
        recovered(world, device, staff)  # five of five: more than 70 % (APR-24)
    assert person(world, staff)["suspended_for"] == "recovery_share_limit"

    lifted = right(world, device, staff, "lift", owner)

    assert (lifted["status"], lifted["body"]) == (
        "applied",
        {"employee_id": staff.partition(":")[2], "may_recover": True},
    )
    assert person(world, staff)["suspended_ms"] is None
    assert [row["suspended"] for row in other.rows("employee")][-2:] == [True, False]
    recovered(world, device, staff)
    assert person(world, staff)["suspended_ms"] is None


def test_an_owner_switches_recovery_off_and_on_at_the_counter(world: World) -> None:
    """APR-16"""
    device = world.device()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")

    assert right(world, device, staff, "forbid", owner)["status"] == "applied"
    request_id, _ = approved(world, device)
    assert device.result(device.recover(request_id, actor=staff))["code"] == "recovery_not_allowed"
    assert right(world, device, staff, "allow", owner)["status"] == "applied"
    assert device.result(device.recover(request_id, actor=staff))["code"] == "waits_for_owner"


def test_nobody_but_the_owner_of_this_store_changes_a_right(world: World) -> None:
    """APR-16: whatever the device says about the role."""
    device = world.device()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")

    for actor in (staff, "owner:" + staff.partition(":")[2], "owner:unknown", "직원"):
        assert right(world, device, staff, "forbid", actor)["code"] == "owner_only"
    assert right(world, device, "staff:unknown", "forbid", owner)["code"] == "employee_unknown"
    assert right(world, device, staff, "promote", owner)["status"] == "parked"
    assert person(world, staff)["may_recover"] is True
