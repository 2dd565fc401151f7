"""Who may do what over HTTP, how people join and leave, what is written down: RBA-01 to 04, 12, 20, 24."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from cloud_api.staff.invitations import TRIES_MAX, VALID_MS
from tests.cloud_api.test_applications import approved
from tests.cloud_api.world import PHONE, World, new_id

_ANY_ID = "0198c5c0-7a11-7000-8000-0000000000ff"
_DETAILS = {
    "road_address": "서울",
    "phone": "02-111-2222",
    "groups": ["office:office", "others:couples"],
    "districts": ["office", "shops"],
    "male_percent": 50,
    "female_percent": 50,
    "age_percents": {"10s": 0, "20s": 100, "30s": 0, "40s": 0, "50_up": 0},
}
# What RBA-01 says of an employee; an owner may all of it.
_ROUTES: tuple[tuple[str, str, Any, bool], ...] = (
    ("POST", "reports", {"day": "2025-10-09", "pieces": 5, "actor": "이지은"}, True),
    ("GET", "stock", None, True),
    ("GET", "operation-log", None, True),
    ("POST", "stock/orders", {"pieces": 1_000, "actor": "이지은"}, False),
    ("POST", "stock/settings", {"threshold_percent": 30}, False),
    ("POST", "hours", {"weekly": [[480, 1320]] * 7}, False),
    ("POST", "details", _DETAILS, False),
    ("POST", "alerts", {"alert_mode": "print"}, False),
    ("POST", "earning", {"program": None}, False),
    ("POST", "use-limits", {}, False),
    ("GET", "devices", None, False),
    ("POST", "employees", {"name": "박서준", "role": "staff", "pin": "280650"}, False),
    ("POST", "invitations", {"name": "박서준", "phone": "010-1234-5678"}, False),
    ("POST", "withdraw", {}, False),
)


def _path(world: World, rest: str) -> str:
    return f"/v1/stores/{world.store.store_id}/{rest}"


def _as(employee: str) -> dict[str, str]:
    return {"acting-employee": employee.partition(":")[2]}


def _call(world: World, method: str, rest: str, body: Any, employee: str) -> Any:
    needs_key = rest in ("stock/orders", "employees")
    sent = body | {"idempotency_key": new_id("call")} if needs_key else body
    return world.call(method, _path(world, rest), sent, **_as(employee))


@pytest.mark.parametrize(("method", "rest", "body", "staff_may"), _ROUTES, ids=[one[1] for one in _ROUTES])
def test_an_owner_may_everything_and_an_employee_what_the_counter_needs(
    front: World, method: str, rest: str, body: Any, staff_may: bool
) -> None:
    """RBA-01: whatever the program shows, the cloud refuses."""
    owner, staff = front.employ("정민아", "owner"), front.employ("이지은", pin="280650")

    answer = _call(front, method, rest, body, staff)

    assert answer.is_success is staff_may, answer.text
    if not staff_may:
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert _call(front, method, rest, body, owner).is_success


@pytest.mark.parametrize("who", [_ANY_ID, "removed"])
def test_who_does_not_work_here_may_nothing(front: World, who: str) -> None:
    """RBA-01"""
    staff = front.employ("이지은").partition(":")[2]
    front.ok("POST", _path(front, f"employees/{staff}/remove"))
    named = staff if who == "removed" else who

    answer = front.call("GET", _path(front, "stock"), None, **{"acting-employee": named})

    assert (answer.status_code, answer.json()["code"]) == (404, "employee_unknown")
    assert front.call("GET", _path(front, "stock"), None, **{"acting-employee": "../x"}).status_code == 422


def test_an_owner_of_one_store_is_nobody_in_another(front: World) -> None:
    """RBA-01"""
    elsewhere = approved(front)
    stranger = {"acting-employee": elsewhere["owner"]["employee_id"]}

    assert front.call("POST", _path(front, "withdraw"), {}, **stranger).json()["code"] == "employee_unknown"
    assert front.call("POST", _path(front, "alerts"), {"alert_mode": "print"}, **stranger).status_code == 404


def test_an_employee_sees_their_own_decisions_and_the_owner_everybodys(world: World) -> None:
    """RBA-01: the history of recoveries and approvals."""
    device, member = world.device(), world.member()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    asked = {}
    for actor in ("직원", owner, staff):
        asked[actor] = world.ask_coupon(member, world.coupon(member))["request_id"]
        device.push(device.seen(asked[actor]))
        body = {
            "request_id": asked[actor],
            "decision": "approve",
            "reason": None,
            "reason_text": None,
            "remaining_ms": None,
            "occurred_ms": world.clock(),
        }
        device.push(device.op("request.decide", body, actor=actor))

    own = world.call("GET", _path(world, "operation-log"), None, **_as(staff)).json()["entries"]
    everything = world.call("GET", _path(world, "operation-log"), None, **_as(owner)).json()["entries"]

    assert [(one["request_id"], one["actor_name"]) for one in own] == [(asked[staff], "이지은")]
    assert len(everything) == 3


# -- how many ------------------------------------------------------------------------------------------------------


def test_a_store_has_its_owner_before_anybody_else_and_never_two(world: World) -> None:
    """RBA-02"""
    body = {"name": "이지은", "role": "staff", "pin": "280650"}

    def employ(**changes: str) -> Any:
        sent = body | {"idempotency_key": new_id("employee")} | changes
        return world.call("POST", _path(world, "employees"), sent)

    assert (employ().status_code, employ().json()["code"]) == (409, "owner_first")
    assert world.ok("GET", _path(world, "employees"))["employees"] == []
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(employ(role="owner", pin="904731").status_code))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409, 409]
    assert employ().status_code == 201


@pytest.mark.parametrize(("plan", "most"), [("basic", 3), ("plus", 5), ("premium", 10)])
def test_a_plan_has_room_for_so_many_employees(front: World, plan: str, most: int) -> None:
    """RBA-02: somebody who left makes room again."""
    front.ok("POST", _path(front, "terms"), {"plan": plan, "reason": "가입"})
    people = [front.employ(f"직원{number}", pin=f"9047{30 + number:02d}") for number in range(1, most + 1)]
    body = {"name": "한명 더", "role": "staff", "pin": "280650", "idempotency_key": new_id("employee")}
    assert front.call("POST", _path(front, "employees"), body).json()["code"] == "too_many_employees"
    assert (
        front.call("POST", _path(front, "invitations"), {"name": "한명 더", "phone": PHONE}).json()["code"]
        == "too_many_employees"
    )

    front.ok("POST", _path(front, f"employees/{people[0].partition(':')[2]}/remove"))

    assert front.call("POST", _path(front, "employees"), body).status_code == 201


def test_the_owner_stays_until_the_role_is_handed_over(world: World) -> None:
    """RBA-02: one owner at any moment, told to the counters."""
    device = world.device()
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    first, second = owner.partition(":")[2], staff.partition(":")[2]
    assert world.call("POST", _path(world, f"employees/{first}/remove")).json()["code"] == "owner_needed"

    made = world.call("POST", _path(world, f"employees/{second}/hand-over"), None, **_as(owner))

    assert (made.json()["role"], made.json()["name"]) == ("owner", "이지은")
    assert [(row["name"], row["role"]) for row in device.rows("employee")[-2:]] == [
        ("정민아", "staff"),
        ("이지은", "owner"),
    ]
    assert world.ok("POST", _path(world, f"employees/{second}/hand-over"))["role"] == "owner"  # said twice
    assert world.call("POST", _path(world, f"employees/{_ANY_ID}/hand-over")).json()["code"] == "employee_unknown"
    assert world.ok("POST", _path(world, f"employees/{first}/remove"))["removed_ms"] == world.clock()


# -- joining -------------------------------------------------------------------------------------------------------


def _invited(world: World) -> Any:
    return world.ok("POST", _path(world, "invitations"), {"name": "이지은", "phone": "010-1234-5678"})


def test_who_has_the_code_that_reached_the_number_joins_with_a_pin_of_their_own(world: World) -> None:
    """RBA-03: the number itself is kept nowhere."""
    device = world.device()
    world.employ("정민아", "owner")
    asked = _invited(world)
    assert asked["phone_masked"].endswith("5678")

    made = world.ok(
        "POST", f"/v1/invitations/{asked['invitation_id']}/accept", {"code": asked["code"], "pin": "280650"}
    )

    assert (made["name"], made["role"]) == ("이지은", "staff")
    assert device.rows("employee")[-1]["employee_id"] == made["employee_id"]
    again = {"code": asked["code"], "pin": "280650"}
    answer = world.call("POST", f"/v1/invitations/{asked['invitation_id']}/accept", again)
    assert answer.json()["code"] == "invitation_unknown"
    with world.cloud.database.read() as conn:
        for table in ("staff_invitation", "audit_log"):
            kept = str(conn.execute(text(f"SELECT * FROM {table}")).all())
            assert "12345678" not in kept.replace("-", "")
            assert asked["code"] not in kept.replace(str(world.clock()), "")


def test_a_code_is_good_for_ten_minutes_and_five_tries(world: World) -> None:
    """RBA-03"""
    world.employ("정민아", "owner")
    asked, late = _invited(world), _invited(world)
    path = f"/v1/invitations/{asked['invitation_id']}/accept"
    wrong = {"code": f"{(int(asked['code']) + 1) % 1_000_000:06d}", "pin": "280650"}

    codes = [world.call("POST", path, wrong).json()["code"] for _ in range(TRIES_MAX + 1)]

    assert codes == ["invitation_code"] * TRIES_MAX + ["invitation_expired"]
    right = {"code": asked["code"], "pin": "280650"}
    assert world.call("POST", path, right).json()["code"] == "invitation_expired"
    world.clock.advance(VALID_MS)
    in_vain = {"code": late["code"], "pin": "280650"}
    answer = world.call("POST", f"/v1/invitations/{late['invitation_id']}/accept", in_vain)
    assert (answer.status_code, answer.json()["code"]) == (410, "invitation_expired")
    assert len(world.ok("GET", _path(world, "employees"))["employees"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "12345", "pin": "280650"}, "invalid"),
        ({"code": "１２３４５６", "pin": "280650"}, "invalid"),
        ({"code": "123456", "pin": "123456"}, "pin_refused"),
        ({"code": "123456", "pin": "280650", "role": "owner"}, "invalid"),
    ],
)
def test_what_is_no_acceptance_is_refused_before_it_counts_as_a_try(front: World, body: Any, code: str) -> None:
    """RBA-03: nobody makes themselves an owner."""
    front.employ("정민아", "owner")
    asked = _invited(front)

    answer = front.call("POST", f"/v1/invitations/{asked['invitation_id']}/accept", body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert front.call("POST", "/v1/invitations/nothing/accept", {"code": "123456", "pin": "280650"}).status_code == 404


@pytest.mark.parametrize("phone", ["02-123-4567", "010-1234-567", "０１０12345678", "010123456789"])
def test_an_invitation_needs_a_mobile_number(front: World, phone: str) -> None:
    """RBA-03"""
    front.employ("정민아", "owner")

    answer = front.call("POST", _path(front, "invitations"), {"name": "이지은", "phone": phone})

    assert (answer.status_code, answer.json()["code"]) == (422, "phone_invalid")


def test_nobody_is_invited_before_there_is_an_owner(front: World) -> None:
    """RBA-02, RBA-03"""
    answer = front.call("POST", _path(front, "invitations"), {"name": "이지은", "phone": PHONE})

    assert (answer.status_code, answer.json()["code"]) == (409, "owner_first")
    missing = front.call("POST", "/v1/stores/nobody/invitations", {"name": "이지은", "phone": PHONE})
    assert missing.json()["code"] == "store_unknown"


# -- what is written down ------------------------------------------------------------------------------------------


def test_every_change_says_who_what_before_and_after(world: World) -> None:
    """RBA-12, RBA-20, RBA-24: also after the account is gone, and without a PIN."""
    owner, staff = world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    employee = staff.partition(":")[2]
    path = _path(world, f"employees/{employee}")
    world.call("POST", path, {"may_recover": False, "pin": "904218"}, **_as(owner))
    world.call("POST", f"{path}/remove", None, **_as(owner))
    world.ok("POST", _path(world, "hours"), {"weekly": [[480, 1320]] * 7})

    entries = world.ok("GET", f"/v1/audit-log?store_id={world.store.store_id}")["entries"]

    assert [(one["action"], one["actor_name"]) for one in entries[:3]] == [
        ("store.hours", f"key:{entries[0]['key_id']}"),
        ("employee.remove", "정민아"),
        ("employee.change", "정민아"),
    ]
    changed = entries[2]
    assert (changed["before"], changed["after"]) == ({"may_recover": True}, {"may_recover": False, "pin": "changed"})
    assert (changed["target"], changed["employee_id"]) == (employee, owner.partition(":")[2])
    assert "904218" not in str(entries)
    older = world.ok("GET", f"/v1/audit-log?limit=1&before_ms={world.clock() + 1}")["entries"]
    assert older == entries[:1]
    assert world.call("GET", "/v1/audit-log?limit=0").status_code == 422
    assert world.call("GET", "/v1/audit-log?before_ms=-1").status_code == 422


def test_a_refused_change_leaves_no_line(front: World) -> None:
    """RBA-12"""
    staff = front.employ("이지은").partition(":")[2]
    before = front.ok("GET", "/v1/audit-log")["entries"]

    assert front.call("POST", _path(front, f"employees/{staff}"), {"pin": "123456"}).status_code == 422
    assert front.call("POST", _path(front, f"employees/{_ANY_ID}/remove")).status_code == 404

    assert front.ok("GET", "/v1/audit-log")["entries"] == before
