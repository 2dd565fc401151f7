"""Coupons in the cloud: CPN-03 to 05, 07, 09 to 11, 15, 18, 20, APR-10, APR-35, PNT-14."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from cloud_api.coupons.expiry import tell_ending
from rules.calendar import local_day, moment_ms
from tests.cloud_api.world import OTHER_PHONE, World, new_id

THURSDAY = date(2025, 10, 16)


def _define(world: World, **terms: Any) -> str:
    body = {
        "store_id": world.store.store_id,
        "name": "라떼 할인",
        "condition": "조건 확인",
        "value_won": 3_000,
        "pos_discount_won": 3_000,
    }
    return str(world.ok("POST", "/v1/coupon-definitions", body | terms)["definition_id"])


def _give(world: World, member: str, definition: str, **headers: str) -> str:
    body = {"definition_id": definition, "idempotency_key": new_id("issue")}
    return str(world.ok("POST", f"/v1/members/{member}/coupons", body)["coupon_id"])


def _ask(world: World, member: str, coupon: str, **more: Any) -> Any:
    body = {
        "kind": "coupon",
        "store_id": world.store.store_id,
        "member_id": member,
        "coupon_id": coupon,
        "idempotency_key": new_id("ask"),
    }
    return world.call("POST", "/v1/requests", body | more)


def _take(world: World, member: str, definition: str, key: str | None = None) -> Any:
    body = {"definition_id": definition, "idempotency_key": key or new_id("take")}
    return world.call("POST", f"/v1/members/{member}/coupons/take", body)


def _limits(world: World, **limits: Any) -> None:
    world.ok("POST", f"/v1/stores/{world.store.store_id}/use-limits", limits)


# -- conditions and discounts --------------------------------------------------------------------------------------

_LATTE_HOUR = {
    "min_won": 8_000,
    "categories": ["latte"],
    "services": ["pickup"],
    "weekdays": [0, 1, 2, 3, 4],
    "times": [[840, 1_020]],
}
_SALE = {
    "payment_won": 8_000,
    "items": [{"product_id": "vanilla", "category_id": "latte"}],
    "service": "pickup",
}


def test_a_coupon_whose_conditions_are_met_reaches_the_counter(world: World) -> None:
    """CPN-04, APR-35"""
    world.clock.now_ms = moment_ms(THURSDAY, 900)
    member = world.member()

    asked = _ask(world, member, _give(world, member, _define(world, conditions=_LATTE_HOUR)), sale=_SALE)

    assert asked.status_code == 201
    assert asked.json()["pos_discount_won"] == 3_000


@pytest.mark.parametrize(
    ("minute", "sale", "unmet"),
    [
        (900, _SALE | {"payment_won": 7_999}, ["min_amount"]),
        (900, _SALE | {"items": []}, ["menu"]),
        (839, _SALE, ["time"]),
        (900, _SALE | {"service": "in_store", "payment_won": 1}, ["min_amount", "service"]),
        (839, None, ["time"]),
    ],
)
def test_what_is_not_met_is_named_and_the_coupon_stays_available(
    world: World, minute: int, sale: Any, unmet: list[str]
) -> None:
    """CPN-04, APR-35: nobody at the store sees such a request."""
    world.clock.now_ms = moment_ms(THURSDAY, minute)
    device, member = world.device(), world.member()
    coupon = _give(world, member, _define(world, conditions=_LATTE_HOUR))

    refused = _ask(world, member, coupon, sale=sale)

    assert (refused.status_code, refused.json()["code"]) == (409, "conditions_unmet")
    assert refused.json()["unmet"] == unmet
    assert world.coupon_state(member, coupon) == "available"
    assert device.rows("request") == []


def test_what_only_a_sale_can_tell_is_left_to_the_counter_when_nobody_tells(world: World) -> None:
    """CPN-04: an app that does not know the sale asks all the same; staff see the condition."""
    world.clock.now_ms = moment_ms(THURSDAY, 900)
    member = world.member()

    asked = _ask(world, member, _give(world, member, _define(world, conditions=_LATTE_HOUR)))

    assert asked.status_code == 201
    assert asked.json()["condition"] == "조건 확인"


def test_a_rate_is_taken_of_the_payment_up_to_its_cap(world: World) -> None:
    """CPN-09"""
    member = world.member()
    definition = _define(world, benefit={"kind": "rate", "value": 3_000, "max_won": 3_000})

    assert (
        _ask(world, member, _give(world, member, definition), sale={"payment_won": 20_000}).json()["pos_discount_won"]
        == 3_000
    )
    assert (
        _ask(world, member, _give(world, member, definition), sale={"payment_won": 5_001}).json()["pos_discount_won"]
        == 1_500
    )


def test_new_customers_only_and_so_many_times_a_member(world: World) -> None:
    """CPN-04, CPN-07, CPN-26"""
    device, member, other = world.device(), world.member(), world.member(OTHER_PHONE, "박서준")
    for_new = _define(world, conditions={"customers": ["new"]})
    once = _define(world, conditions={"uses_per_member": 1})
    device.push(device.earn())

    assert _ask(world, member, _give(world, member, for_new)).json()["unmet"] == ["customer"]
    assert _ask(world, other, _give(world, other, for_new)).status_code == 201
    assert _ask(world, member, _give(world, member, once)).status_code == 201
    assert _ask(world, member, _give(world, member, once)).json()["unmet"] == ["uses"]


@pytest.mark.parametrize(
    "terms",
    [
        {"kind": "sample_kit"},
        {"conditions": {"weekdays": [7]}},
        {"conditions": {"first_day": "2025-02-30"}},
        {"conditions": {"times": [[0, 1_441]]}},
        {"conditions": {"moon": "full"}},
        {"benefit": {"kind": "rate", "value": 0}},
        {"quantity": 0},
        {"take_max": 6},
    ],
)
def test_terms_that_cannot_be_are_refused(world: World, terms: dict[str, Any]) -> None:
    """CPN-01, CPN-03, CPN-05"""
    body = {"store_id": world.store.store_id, "name": "x", "value_won": 1, "pos_discount_won": 1} | terms
    assert world.call("POST", "/v1/coupon-definitions", body).status_code == 422


# -- limited coupons -----------------------------------------------------------------------------------------------


def test_a_limited_coupon_gives_exactly_its_number_however_many_want_it_at_once(world: World) -> None:
    """CPN-05, CPN-27"""
    definition = _define(world, quantity=7, take_max=1)
    members = [world.member(f"+8210{10_000_000 + n}", f"회원{n}") for n in range(24)]
    codes: Counter[int] = Counter()
    gate = threading.Barrier(8)

    def want(some: list[str]) -> None:
        gate.wait()
        for member in some:
            codes[_take(world, member, definition).status_code] += 1

    threads = [threading.Thread(target=want, args=(members[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == {201: 7, 409: 17}
    held = [coupon for member in members for coupon in world.wallet(member)["coupons"]]
    assert len(held) == 7
    assert _take(world, members[0], definition).json()["code"] == "coupon_sold_out"


def test_a_member_takes_as_many_as_each_may_and_a_repeated_call_gives_the_same(world: World) -> None:
    """CPN-05, AGT-06"""
    member = world.member()
    two, none = _define(world, take_max=2), _define(world)

    first = _take(world, member, two, "same-key-1")
    assert _take(world, member, two, "same-key-1").json() == first.json()
    assert _take(world, member, two).status_code == 201
    assert _take(world, member, two).json()["code"] == "coupon_taken"
    assert _take(world, member, none).json()["code"] == "definition_unknown"
    assert _take(world, "nobody", two).json()["code"] == "member_unknown"
    assert len(world.wallet(member)["coupons"]) == 2


# -- codes ---------------------------------------------------------------------------------------------------------


def _type(world: World, member: str, code: str) -> Any:
    return world.call("POST", f"/v1/members/{member}/coupons/code", {"code": code})


def test_a_code_gives_one_coupon_to_whoever_types_it_first(world: World) -> None:
    """CPN-18"""
    member, other = world.member(), world.member(OTHER_PHONE, "박서준")
    made = world.ok("POST", f"/v1/coupon-definitions/{_define(world)}/codes", {"count": 2})["codes"]

    given = _type(world, member, made[0].lower().replace("-", " "))

    assert given.status_code == 201
    assert _type(world, member, made[0]).json() == given.json()
    assert _type(world, other, made[0]).json()["code"] == "coupon_code_invalid"
    assert _type(world, other, made[1]).status_code == 201
    with world.cloud.database.read() as conn:
        kept = str(conn.exec_driver_sql("SELECT * FROM coupon_code").all())
    assert not any(code.replace("-", "") in kept for code in made)


def test_whoever_guesses_codes_waits(world: World) -> None:
    """CPN-18"""
    member, other = world.member(), world.member(OTHER_PHONE, "박서준")
    code = world.ok("POST", f"/v1/coupon-definitions/{_define(world)}/codes", {"count": 1})["codes"][0]

    answers = [_type(world, member, "0000-0000-0000-0000-0") for _ in range(5)]
    assert [answer.json()["code"] for answer in answers] == ["coupon_code_invalid"] * 5
    closed = _type(world, member, code)
    assert (closed.status_code, closed.json()["code"]) == (429, "too_many_tries")
    assert int(closed.headers["retry-after"]) == 600
    world.clock.advance(600_000)
    assert _type(world, member, code).status_code == 201
    assert _type(world, other, "?").json()["code"] == "coupon_code_invalid"
    assert world.call("POST", "/v1/coupon-definitions/nothing/codes", {"count": 1}).status_code == 404
    assert _type(world, "nobody", code).json()["code"] == "member_unknown"


# -- on paper --------------------------------------------------------------------------------------------------------


def _give_on_paper(world: World, member: str, definition: str, key: str, **more: Any) -> Any:
    body = {"definition_id": definition, "idempotency_key": key, "print_at": world.store.store_id}
    return world.call("POST", f"/v1/members/{member}/coupons", body | more)


def test_a_coupon_that_staff_give_is_printed_at_the_store_they_name(world: World) -> None:
    """CPN-18: one paper, also when the call is repeated; at the only device, of several at the one that prints."""
    device, member, definition = world.device(), world.member(), _define(world)

    first = _give_on_paper(world, member, definition, "paper-0198c5c0-1")
    assert first.status_code == 201
    assert _give_on_paper(world, member, definition, "paper-0198c5c0-1").json() == first.json()
    _give(world, member, definition)

    (row,) = device.rows("coupon")
    assert (row["coupon_id"], row["why"], row["print_device"]) == (first.json()["coupon_id"], "staff", device.device_id)
    assert (row["name"], row["condition"], row["earn_id"]) == ("라떼 할인", "조건 확인", None)

    world.device()
    assert _give_on_paper(world, member, definition, "paper-0198c5c0-2").status_code == 201
    assert device.rows("coupon")[-1]["print_device"] is None, "two counters would print two papers"


def test_a_coupon_of_another_store_is_not_printed_and_not_given(world: World) -> None:
    """CPN-18"""
    device, member = world.device(), world.member()
    foreign = _define(world, store_id=world.new_store("다른 가게", "다른 브랜드").store_id)

    refused = _give_on_paper(world, member, foreign, "paper-0198c5c0-1")
    assert refused.json()["code"] == "coupon_not_here"
    assert (
        _give_on_paper(world, member, _define(world), "paper-0198c5c0-2", print_at="nowhere").json()["code"]
        == "store_unknown"
    )

    assert device.rows("coupon") == []
    assert world.wallet(member)["coupons"] == []


# -- what a store allows ---------------------------------------------------------------------------------------------


def test_a_days_limit_counts_what_waits_and_what_was_used(world: World) -> None:
    """CPN-10, APR-35"""
    world.clock.now_ms = moment_ms(THURSDAY, 900)
    device, member = world.device(), world.member()
    definition = _define(world)
    _limits(world, day_count=2)
    first = _ask(world, member, _give(world, member, definition)).json()
    second = _ask(world, member, _give(world, member, definition)).json()
    third = _give(world, member, definition)

    refused = _ask(world, member, third)
    assert (refused.status_code, refused.json()["problem"]) == (409, "day_count")

    device.push(device.decide(first["request_id"]))
    assert _ask(world, member, third).status_code == 409
    device.push(device.decide(second["request_id"], "reject"))
    assert _ask(world, member, third).status_code == 201
    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=1), 900)
    assert _ask(world, member, _give(world, member, definition)).status_code == 201


def test_two_at_once_never_pass_a_limit_together(world: World) -> None:
    """CPN-10"""
    definition = _define(world)
    members = [world.member(f"+8210{20_000_000 + n}", f"회원{n}") for n in range(12)]
    coupons = [(member, _give(world, member, definition)) for member in members]
    _limits(world, day_count=3)
    codes: Counter[int] = Counter()

    def want(some: list[tuple[str, str]]) -> None:
        for member, coupon in some:
            codes[_ask(world, member, coupon).status_code] += 1

    threads = [threading.Thread(target=want, args=(coupons[n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == {201: 3, 409: 9}


@pytest.mark.parametrize(
    ("limits", "second", "problem"),
    [
        ({"different": True}, "other", None),
        ({}, "other", "different_together"),
        ({"different": True}, "same", "same_twice"),
        ({"same": True}, "same", None),
        ({"different": True}, "alone", "alone"),
        ({"different": True, "payment_count": 1}, "other", "payment_count"),
        ({"different": True, "payment_value_won": 5_999}, "other", "payment_value"),
        ({"different": True, "member_day_count": 1}, "other", "member_day_count"),
        ({"different": True, "day_value_won": 5_999}, "other", "day_value"),
    ],
)
def test_what_goes_together_in_one_payment(
    world: World, limits: dict[str, Any], second: str, problem: str | None
) -> None:
    """CPN-10, CPN-11"""
    member = world.member()
    one, other, alone = _define(world), _define(world, name="쿠키"), _define(world, name="단독", alone=True)
    _limits(world, **limits)
    assert _ask(world, member, _give(world, member, one), payment_ref="bill-1").status_code == 201
    chosen = {"same": one, "other": other, "alone": alone}[second]

    answer = _ask(world, member, _give(world, member, chosen), payment_ref="bill-1")

    assert answer.json().get("problem") == problem
    assert answer.status_code == (201 if problem is None else 409)
    if problem in ("different_together", "same_twice", "alone"):
        assert _ask(world, member, _give(world, member, chosen), payment_ref="bill-2").status_code == 201


def test_a_store_that_is_not_there_has_no_limits(world: World) -> None:
    """CPN-10"""
    assert world.call("POST", "/v1/stores/nobody/use-limits", {}).json()["code"] == "store_unknown"
    assert world.call("POST", f"/v1/stores/{world.store.store_id}/use-limits", {"day_count": -1}).status_code == 422


# -- the end -------------------------------------------------------------------------------------------------------


def test_a_coupon_is_good_until_midnight_and_its_member_is_told_before(world: World) -> None:
    """CPN-20, NTF-01, APR-10"""
    world.clock.now_ms = moment_ms(THURSDAY, 1_439)
    member = world.member()
    world.coupon(member, valid_days=8)
    ends_ms = world.wallet(member)["coupons"][0]["expires_ms"]
    assert ends_ms == moment_ms(THURSDAY + timedelta(days=9), 0)

    told = []
    for ahead in range(10):
        world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=ahead), 600)
        for _ in range(2):  # again: nobody is told twice
            told.append((ahead, world.cloud.database.transact(tell_ending)))

    assert [ahead for ahead, count in told if count] == [1, 5, 7]
    notices = [one for one in world.ok("GET", "/v1/notices")["notices"] if one["kind"] == "coupon_expiry"]
    assert [notice["days"] for notice in notices] == [7, 3, 1]
    assert {(notice["member_id"], notice["expires_ms"]) for notice in notices} == {(member, ends_ms)}
    assert local_day(ends_ms - 1) == THURSDAY + timedelta(days=8)


def test_notices_go_out_in_portions(world: World) -> None:
    """CPN-20"""
    member = world.member()
    for _ in range(5):
        world.coupon(member, valid_days=3)

    counts = [world.cloud.database.transact(lambda work: tell_ending(work, 2)) for _ in range(4)]
    assert counts == [2, 2, 1, 0]
