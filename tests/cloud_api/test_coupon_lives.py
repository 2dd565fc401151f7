"""The lives of coupons in the cloud: CPN-06, 10, 13 to 16, 19, 21, 26, 28, 30, 32."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cloud_api.coupons.service import expire_due
from rules.calendar import moment_ms
from rules.requests import NO_ACK_EXPIRE_MS
from tests.cloud_api.test_coupons import _ask, _define, _give, _limits
from tests.cloud_api.world import OTHER_PHONE, Device, World, new_id

DAY_MS = 86_400_000
THURSDAY = date(2025, 10, 16)


def path(world: World) -> str:
    return f"/v1/stores/{world.store.store_id}"


def life(world: World, member: str, coupon: str) -> list[str]:
    """What became of a coupon, oldest first."""
    lines = world.ok("GET", f"/v1/members/{member}/coupons/history")["history"]
    return [line["what"] for line in reversed(lines) if line["coupon_id"] == coupon]


def use(world: World, device: Device, member: str, coupon: str) -> str:
    request_id = str(world.ask_coupon(member, coupon)["request_id"])
    device.push(device.decide(request_id))
    return request_id


# -- the life of one coupon -----------------------------------------------------------------------------------------


def test_every_step_of_a_coupon_is_in_its_history(world: World) -> None:
    """CPN-15, CPN-19: rejected, used, taken back, asked for and withdrawn, over."""
    device, owner, member = world.device(), world.employ("정민아", "owner"), world.member()
    coupon = world.coupon(member, valid_days=30)
    rejected = world.ask_coupon(member, coupon)["request_id"]
    device.push(device.decide(rejected, "reject"))
    used = use(world, device, member, coupon)
    device.push(device.recover(used, actor=owner))
    withdrawn = world.ask_coupon(member, coupon)["request_id"]
    world.ok("POST", f"/v1/requests/{withdrawn}/withdraw")
    unseen = world.ask_coupon(member, coupon)["request_id"]
    world.clock.advance(NO_ACK_EXPIRE_MS)
    assert world.sweep().expired == 1
    assert world.coupon_state(member, coupon) == "available"
    world.clock.advance(31 * DAY_MS)
    assert world.coupon_state(member, coupon) == "expired"
    assert world.cloud.database.transact(expire_due) == 1

    assert life(world, member, coupon) == [
        *("issue", "request", "reject", "request", "approve", "recover"),
        *("request", "reject", "request", "reject", "expire"),
    ]
    lines = world.ok("GET", f"/v1/members/{member}/coupons/history")["history"]
    asked = [line["request_id"] for line in reversed(lines) if line["what"] == "request"]
    assert asked == [rejected, used, withdrawn, unseen]
    at_store = world.ok("GET", f"{path(world)}/coupons/history?what=approve")["history"]
    assert [(line["request_id"], line["store_id"]) for line in at_store] == [(used, world.store.store_id)]


def test_a_coupon_that_comes_back_too_late_is_over_at_once(world: World) -> None:
    """CPN-15, APR-10: its validity is never extended."""
    device, member = world.device(), world.member()
    world.clock.now_ms = moment_ms(THURSDAY, 1_439)
    coupon = world.coupon(member, valid_days=0)
    asked = world.ask_coupon(member, coupon)["request_id"]
    world.clock.advance(120_000)

    device.push(device.decide(asked, "reject"))

    assert (world.coupon_state(member, coupon), life(world, member, coupon)[-2:]) == ("expired", ["reject", "expire"])


def test_a_pending_coupon_is_nobodys_to_use_and_its_request_decides_once(world: World) -> None:
    """CPN-16, APR-36: the request is the token; a second decision gets the first one's outcome."""
    device, other, member = world.device(), world.device(), world.member()
    coupon = world.coupon(member)
    asked = world.ask_coupon(member, coupon)["request_id"]

    assert world.coupon_state(member, coupon) == "pending"
    assert _ask(world, member, coupon).json()["code"] == "coupon_not_available"
    first = device.result(device.decide(asked))
    second = other.result(other.decide(asked, "reject"))

    assert (first["status"], first["body"]["state"]) == ("applied", "approved")
    assert (second["status"], second["code"], second["body"]["state"]) == ("adjusted", "already_decided", "approved")
    assert life(world, member, coupon) == ["issue", "request", "approve"]
    assert _ask(world, member, coupon).json()["code"] == "coupon_not_available"


def test_a_consumer_has_no_way_back_from_a_used_coupon(world: World) -> None:
    """CPN-32, APR-01 (5): only the store takes it back."""
    device, owner, member = world.device(), world.employ("정민아", "owner"), world.member()
    coupon = world.coupon(member)
    request_id = use(world, device, member, coupon)

    refused = world.call("POST", f"/v1/requests/{request_id}/withdraw")

    assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    assert world.coupon_state(member, coupon) == "used"
    device.push(device.recover(request_id, actor=owner))
    assert world.coupon_state(member, coupon) == "available"


def test_pages_of_a_history_follow_one_another(world: World) -> None:
    """CPN-19; reliability case 25"""
    member = world.member()
    for _ in range(5):
        world.coupon(member)
    here = f"/v1/members/{member}/coupons/history"
    first = world.ok("GET", f"{here}?limit=2")["history"]
    second = world.ok("GET", f"{here}?limit=200&before={first[-1]['event_id']}")["history"]

    assert (len(first), len(second)) == (2, 3)
    assert len({line["event_id"] for line in [*first, *second]}) == 5
    for query in ("limit=0", "limit=-1", "limit=1000000000", "before=%27"):
        assert world.call("GET", f"{here}?{query}").status_code == 422
    assert world.call("GET", "/v1/members/nobody/coupons/history").json()["code"] == "member_unknown"
    assert world.call("GET", "/v1/stores/nobody/coupons/history").json()["code"] == "store_unknown"
    assert world.call("GET", f"{path(world)}/coupons/history?what=stolen").status_code == 422


# -- what a definition says -----------------------------------------------------------------------------------------


def test_a_coupon_is_issued_within_its_days_only(world: World) -> None:
    """CPN-06: both days included, in Korea; how long it is good counts from then on."""
    member = world.member()
    world.clock.now_ms = moment_ms(THURSDAY, 0) - 1
    days = {"issue_first": "2025-10-16", "issue_last": "2025-10-17", "take_max": 5, "valid_days": 7}
    definition = _define(world, **days)

    def take() -> str:
        body = {"definition_id": definition, "idempotency_key": new_id("take")}
        answer = world.call("POST", f"/v1/members/{member}/coupons/take", body).json()
        return str(answer.get("code", answer.get("state")))

    assert take() == "coupon_not_issued_now"
    world.clock.advance(1)
    assert take() == "available"
    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=2), 0) - 1
    assert take() == "available"
    world.clock.advance(1)
    assert take() == "coupon_not_issued_now"
    ends = [one["expires_ms"] for one in world.wallet(member)["coupons"]]
    assert ends == [moment_ms(THURSDAY + timedelta(days=8 + more), 0) for more in (0, 1)]


@pytest.mark.parametrize(
    "terms",
    [
        {"valid_days": 6},  # CPN-13: a week at least
        {"conditions": {"min_won": 8_000}, "condition": ""},  # CPN-14: whoever uses it must have been told
        {"conditions": {"services": ["pickup"]}, "condition": "  "},
        {"issue_first": "2025-10-17", "issue_last": "2025-10-16"},
        {"issue_first": "2025-02-29"},
        {"kind": "free_gift"},  # CPN-01: an advertiser's reward never comes to a counter
        {"kind": "moon_rock"},  # CPN-30
    ],
)
def test_definitions_that_cannot_be_kept_are_refused(world: World, terms: dict[str, Any]) -> None:
    """CPN-06, CPN-13, CPN-14, CPN-30; A1."""
    body = {"store_id": world.store.store_id, "name": "x", "value_won": 1, "pos_discount_won": 1, "valid_days": 7}
    assert world.call("POST", "/v1/coupon-definitions", body | terms).json()["code"] == "invalid"
    assert world.call("POST", "/v1/coupon-definitions", body).status_code == 201


def test_a_pickup_discount_from_fourteen_thousand_won(world: World) -> None:
    """CPN-28"""
    member = world.member()
    terms = {"min_won": 14_000, "services": ["pickup"]}
    definition = _define(world, conditions=terms, benefit={"kind": "amount", "value": 3_000})

    def ask(paid_won: int, service: str) -> Any:
        sale = {"payment_won": paid_won, "service": service}
        return _ask(world, member, _give(world, member, definition), sale=sale).json()

    assert ask(14_000, "pickup")["pos_discount_won"] == 3_000
    assert ask(13_999, "pickup")["unmet"] == ["min_amount"]
    assert ask(14_000, "in_store")["unmet"] == ["service"]


def test_two_coupons_of_a_promotion_make_seven_thousand_once_for_each_member(world: World) -> None:
    """CPN-26: 4,000 off the new dish, once a member, and 3,000 off take-out, in six days of July."""
    member, other = world.member(), world.member(OTHER_PHONE, "박서준")
    days = {"first_day": "2025-07-18", "last_day": "2025-07-23"}
    dish = _define(
        world,
        name="신메뉴",
        conditions=days | {"products": ["new-dish"], "uses_per_member": 1},
        benefit={"kind": "amount", "value": 4_000},
    )
    away = _define(world, conditions=days | {"services": ["pickup"]}, benefit={"kind": "amount", "value": 3_000})
    _limits(world, different=True)
    sale = {"payment_won": 18_000, "service": "pickup", "items": [{"product_id": "new-dish"}]}

    def both(who: str, bill: str) -> list[Any]:
        found = [_ask(world, who, _give(world, who, one), sale=sale, payment_ref=bill).json() for one in (dish, away)]
        return [one.get("pos_discount_won", one.get("unmet")) for one in found]

    world.clock.now_ms = moment_ms(date(2025, 7, 18), 0)
    assert both(member, "bill-1") == [4_000, 3_000]
    assert both(member, "bill-2") == [["uses"], 3_000]
    world.clock.now_ms = moment_ms(date(2025, 7, 24), 0) - 1
    assert both(other, "bill-3") == [4_000, 3_000]
    world.clock.advance(1)
    assert both(other, "bill-4")[1] == ["period"]


# -- in figures -----------------------------------------------------------------------------------------------------


def test_the_board_has_the_most_used_ones_the_figures_and_the_latest_steps(world: World) -> None:
    """CPN-21: of today in Korea and of the last days, all kinds or one."""
    world.clock.now_ms = moment_ms(THURSDAY, 1_400)
    device, member = world.device(), world.member()
    latte, cookie = _define(world, valid_days=7), _define(world, name="쿠키", valid_days=30)
    brand_wide = world.coupon(member, valid_days=30)
    old = [_give(world, member, latte) for _ in range(4)]
    for coupon in old[:2]:
        use(world, device, member, coupon)
    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=8), 0)
    today = [_give(world, member, cookie) for _ in range(2)]
    use(world, device, member, today[0])
    use(world, device, member, brand_wide)

    found = world.ok("GET", f"{path(world)}/coupons/board")

    figures = {name: found[name] for name in ("issued", "issued_today", "used", "used_today", "expired", "unused")}
    assert figures == {"issued": 6, "issued_today": 2, "used": 4, "used_today": 2, "expired": 2, "unused": 1}
    top = [(one["name"], one["used"], one["rate_bp"]) for one in found["top"]]
    assert top[0] == ("라떼 할인", 2, 5_000)
    assert set(top[1:]) == {("쿠키", 1, 5_000), ("아메리카노 1잔", 1, 10_000)}
    assert len(found["log"]) == 6 + 2 * 4
    assert (found["log"][0]["what"], found["log"][0]["coupon_id"]) == ("approve", brand_wide)
    one = world.ok("GET", f"{path(world)}/coupons/board?definition_id={latte}")
    assert (one["issued"], one["used"], one["expired"], len(one["top"])) == (4, 2, 2, 1)
    short = world.ok("GET", f"{path(world)}/coupons/board?days=1")
    assert (short["issued"], short["used"]) == (2, 2)
    assert world.call("GET", f"{path(world)}/coupons/board?days=0").status_code == 422
    assert world.call("GET", "/v1/stores/nobody/coupons/board").json()["code"] == "store_unknown"


def test_what_a_store_still_accepts_today(world: World) -> None:
    """CPN-10: what waits counts; never below zero."""
    world.clock.now_ms = moment_ms(THURSDAY, 900)
    member, definition = world.member(), _define(world)
    assert world.ok("GET", f"{path(world)}/use-limits/left") == {"count": None, "value_won": None}
    _limits(world, day_count=3, day_value_won=7_000)

    _ask(world, member, _give(world, member, definition))
    assert world.ok("GET", f"{path(world)}/use-limits/left") == {"count": 2, "value_won": 4_000}
    _limits(world, day_count=0, day_value_won=1_000)
    assert world.ok("GET", f"{path(world)}/use-limits/left") == {"count": 0, "value_won": 0}
    world.clock.advance(DAY_MS)
    assert world.ok("GET", f"{path(world)}/use-limits/left") == {"count": 0, "value_won": 1_000}
    assert world.call("GET", "/v1/stores/nobody/use-limits/left").json()["code"] == "store_unknown"
