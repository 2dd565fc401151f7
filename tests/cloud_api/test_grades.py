"""Members' grades in the cloud: reached by payments, reviewed, rewarded, and the rate that they bring (MEM, PNT-05)."""

from __future__ import annotations

import json
from typing import Any

from cloud_api.clock import DAY_MS
from cloud_api.grades.jobs import after_earns, nightly
from tests.cloud_api.test_stamps import CARD, RULES, plus, stamp_op
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, new_id

GRADES: list[dict[str, Any]] = [
    {"code": "WELCOME", "name": "웰컴", "rate_bp": 50},
    {"code": "VIP", "name": "VIP", "rate_bp": 100, "min_orders": 1},
    {"code": "KING", "name": "킹", "rate_bp": 200, "min_orders": 2},
    {"code": "STAFF", "name": "임직원", "rate_bp": 500, "assigned": True},
]


def graded(world: World, *, points: int = 0, coupons: bool = False, **program: Any) -> Device:
    """A brand with the grades of MEM-18, and a counter."""
    grades = [dict(grade) for grade in GRADES]
    if coupons:
        terms = {"value_won": 2_000, "pos_discount_won": 2_000, "valid_days": 30, "brand_id": world.store.brand_id}
        for grade in grades[1:3]:
            made = world.ok("POST", "/v1/coupon-definitions", terms | {"name": f"{grade['code']} 쿠폰"})
            grade |= {"coupon": made["definition_id"], "bonus_points": points}
    path = f"/v1/brands/{world.store.brand_id}/earning"
    world.ok("POST", path, {"method": "point", "grades": grades} | program)
    return world.device()


def grade(world: World, phone: str = PHONE) -> dict[str, Any]:
    found: dict[str, Any] = world.ok("GET", f"/v1/brands/{world.store.brand_id}/members/{world.member(phone)}/grade")
    return found


def look(world: World) -> None:
    while after_earns(world.cloud.database, world.clock):
        pass


def review(world: World) -> None:
    while nightly(world.cloud.database, world.clock):
        pass


def test_each_grade_earns_at_its_own_rate(world: World) -> None:
    """PNT-05, MEM-18: 4,500 won at 0.5 % are 22 P, at 1 % 45 P; the rate comes with the member."""
    device = graded(world)

    figures = []
    for points in (22, 45, 90):
        result = device.result(device.earn(4_500, points))
        figures.append((result["status"], result["body"]["points"]))
        look(world)

    assert figures == [("applied", 22), ("applied", 45), ("applied", 90)]
    assert device.result(device.earn(4_500, 45))["code"] == "points_differ"
    assert (grade(world)["grade"], grade(world)["orders"], grade(world)["next"]) == ("KING", 4, None)
    assert grade(world, OTHER_PHONE) | {"member_id": ""} == {
        "member_id": "",
        "brand_id": world.store.brand_id,
        "grade": "WELCOME",
        "name": "웰컴",
        "level": 1,
        "rate_bp": 50,
        "benefit": "",
        "since_ms": None,
        "orders": 0,
        "points": 0,
        "next": {"grade": "VIP", "min_orders": 1, "min_points": 0},
        "moves": [],
    }
    world.assert_book_is_sound()


def test_a_run_pays_each_member_at_the_grade_of_its_own(world: World) -> None:
    """PNT-05: hundreds of earns at once mix members of several grades."""
    device = graded(world)
    device.push(device.earn(10_000, 50))
    look(world)

    answer = device.push(device.earn(10_000, 100), device.earn(10_000, 50, OTHER_PHONE), device.earn(10_000, 100))

    assert [one["status"] for one in answer["results"]] == ["applied"] * 3


def test_a_run_asks_for_one_look_at_each_member_who_could_rise(world: World) -> None:
    """MEM-18: one look finds all payments of the run."""
    device = graded(world)
    device.push(*[device.earn(1_000) for _ in range(3)], device.earn(1_000, phone=OTHER_PHONE))

    assert after_earns(world.cloud.database, world.clock) == 2
    assert after_earns(world.cloud.database, world.clock) == 0


def test_a_step_up_gives_its_coupon_and_points_once_and_tells_the_member(world: World) -> None:
    """MEM-20: two steps at once give both."""
    device = graded(world, coupons=True, points=300)
    device.push(device.earn(10_000, 50), device.earn(10_000, 50))

    look(world)
    look(world)

    wallet = world.wallet(world.member())
    assert sorted(one["name"] for one in wallet["coupons"]) == ["KING 쿠폰", "VIP 쿠폰"]
    assert wallet["points_balance"] == 100 + 600
    told = [row for row in world.ok("GET", "/v1/notices")["notices"] if row["kind"] == "member_grade"]
    assert [(row["before"], row["grade"], row["up"]) for row in told] == [("WELCOME", "KING", True)]
    given = next(e for e in world.ok("GET", f"/v1/members/{world.member()}/explain")["entries"] if e["kind"] == "grant")
    assert (given["grant"]["cause"], given["grant"]["cause_id"]) == ("promotion", "KING")
    world.assert_book_is_sound()


def test_the_review_goes_both_ways_over_thirty_rolling_days(world: World) -> None:
    """MEM-18, MEM-19, Ambiguity A6: at the last moment of the window the order counts, at the next it does not."""
    device = graded(world, coupons=True)
    device.push(device.earn(10_000, 50), device.earn(10_000, 50))
    first_ms = world.clock()
    look(world)
    assert grade(world)["grade"] == "KING"

    world.clock.now_ms = first_ms + 30 * DAY_MS - 1
    review(world)
    assert grade(world)["grade"] == "KING"
    world.clock.now_ms += 1 + DAY_MS
    review(world)
    assert grade(world)["grade"] == "WELCOME"
    device.push(device.earn(10_000, 50))
    look(world)

    assert [(one["before"], one["code"], one["cause"]) for one in grade(world)["moves"]] == [
        ("WELCOME", "VIP", "earn"),
        ("KING", "WELCOME", "review"),
        ("WELCOME", "KING", "earn"),
    ]


def test_a_cancelled_payment_counts_for_no_grade(world: World) -> None:
    """MEM-19."""
    device = graded(world)
    op = device.earn(10_000, 50)
    device.push(op, device.reverse(earn_id=op["body"]["earn_id"], amount_won=10_000))

    look(world)

    assert (grade(world)["grade"], grade(world)["orders"]) == ("WELCOME", 0)


def test_payments_count_whatever_they_earned_and_whenever_the_brand_got_its_grades(world: World) -> None:
    """MEM-18, PNT-09: one from before the grades, one too small for a point, and one whose points paid a debt; not one
    that a cancel slip had overtaken."""
    device = world.device()
    device.push(device.earn(10_000, 100))
    graded(world)
    spent = device.earn(10_000, 50)
    device.push(spent)
    world.ask_points(world.member(), 150)
    device.push(device.reverse(earn_id=spent["body"]["earn_id"], amount_won=10_000))

    device.push(device.earn(100, 0), device.earn(10_000, 50))
    device.push(device.reverse(sale_fingerprint="gone", amount_won=10_000), device.earn(10_000, 50, fingerprint="gone"))

    assert grade(world)["orders"] == 3
    world.assert_book_is_sound()


def test_payments_of_two_members_who_are_one_count_together(world: World) -> None:
    """MEM-08, MEM-18: also stamps of a card, also what nobody had looked at when they became one."""
    plus(world)
    device = graded(world, method="stamp", stamps=RULES, card=CARD)
    device.push(stamp_op(device, phone=OTHER_PHONE), *[stamp_op(device) for _ in range(2)])
    source, target = world.member(OTHER_PHONE), world.member()

    world.ok("POST", f"/v1/members/{source}/merge", {"into": target, "by": "이본사", "reason": "같은 분"})
    look(world)

    assert (grade(world)["orders"], grade(world)["grade"]) == (3, "KING")


def test_points_by_hand_count_towards_a_grade(world: World) -> None:
    """MEM-19: points towards promotion include corrections of head office."""
    grades = [GRADES[0], {"code": "VIP", "name": "VIP", "rate_bp": 100, "min_points": 1_000}]
    world.ok("POST", f"/v1/brands/{world.store.brand_id}/earning", {"method": "point", "grades": grades})
    device = world.device()
    correction = {
        "member_id": world.member(),
        "store_id": world.store.store_id,
        "points": 900,
        "reason": "행사",
        "by": "본사",
    }
    world.ok("POST", "/v1/adjustments", correction | {"idempotency_key": new_id("adjust")})
    device.push(device.earn(19_800, 99))
    look(world)
    assert (grade(world)["grade"], grade(world)["points"]) == ("WELCOME", 999)

    device.push(device.earn(200, 1))
    look(world)

    assert (grade(world)["grade"], grade(world)["points"]) == ("VIP", 1_000)


def test_a_grade_that_a_person_gave_stays(world: World) -> None:
    """MEM-12: staff and family."""
    device = graded(world)
    path = f"/v1/brands/{world.store.brand_id}/members/{world.member()}/grade"
    given = world.ok("POST", path, {"grade": "STAFF", "by": "김본사"})
    assert (given["grade"], given["moves"][0]["actor"]) == ("STAFF", "person:김본사")

    assert device.result(device.earn(10_000, 500))["status"] == "applied"
    look(world)
    world.clock.advance(40 * DAY_MS)
    review(world)

    assert grade(world)["grade"] == "STAFF"
    assert world.call("POST", path, {"grade": "GOLD", "by": "김본사"}).json()["code"] == "grade_unknown"


def test_a_programme_of_stamps_may_be_for_some_grades(world: World) -> None:
    """STP-13."""
    plus(world)
    stamps = RULES | {"grades": ["VIP", "KING"]}
    device = graded(world, method="stamp", stamps=stamps, card=CARD)

    first = device.result(stamp_op(device, stamps=0))
    look(world)
    second = device.result(stamp_op(device))

    assert (first["body"]["stamps"], first["body"]["reason"], second["body"]["stamps"]) == (0, "grade", 1)


def test_grades_of_two_brands_are_two(world: World) -> None:
    """MEM-18."""
    other = world.new_store("타사점", "다른 커피")
    device, foreign = graded(world), world.device(other)
    device.push(device.earn(10_000, 50))
    look(world)

    assert foreign.result(foreign.earn(10_000, 100))["status"] == "applied"
    answer = world.call("GET", f"/v1/brands/{other.brand_id}/members/{world.member()}/grade")
    assert answer.json()["code"] == "no_grades"


def test_a_counters_snapshot_has_its_members_grades_and_stamps(world: World) -> None:
    """PNT-05, STP-15: what a counter computes with while it has no line."""
    plus(world)
    device = graded(world, method="stamp", stamps=RULES, card=CARD)
    device.push(*[stamp_op(device) for _ in range(12)], stamp_op(device, phone=OTHER_PHONE))
    look(world)

    answer = device.get("/v1/sync/snapshot")

    lines = [json.loads(line) for line in answer.text.splitlines()]
    members = [line["body"] for line in lines if line["kind"] == "member"]
    assert sorted((one.get("grade"), one.get("stamps")) for one in members) == [("KING", 12), ("VIP", 1)]
    assert [line["body"]["of"] for line in lines if line["kind"] == "earning"] == ["brand"]
