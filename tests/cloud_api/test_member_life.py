"""Memberships: who sleeps and wakes, who leaves and may be back, and what stays of them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from cloud_api.clock import DAY_MS
from cloud_api.gateway.models import device_op
from cloud_api.gateway.push import op_place
from cloud_api.ledger.expiry import expire_all
from cloud_api.ledger.models import account
from cloud_api.members import former
from cloud_api.members.dormancy import turn_some
from cloud_api.members.models import member, member_number
from cloud_api.members.purge import purge_some
from cloud_api.members.told import device_lookup
from rules.calendar import local_day, moment_ms
from rules.phone import Phone
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, from_base64url

LEAVING = {"reason": "이용이 줄어서", "confirmed": True}
BY_SUPPORT = LEAVING | {"by": "박상담"}


def leave(world: World, member_id: str, **changes: Any) -> Any:
    return world.call("POST", f"/v1/members/{member_id}/withdraw", LEAVING | changes)


def nights(world: World) -> int:
    """Until nobody is left to look at; how many looks that took."""
    looks = 0
    while looked := world.cloud.database.transact(turn_some):
        looks += looked
    return looks


def go_to(world: World, day: date, minute: int = 0) -> None:
    world.clock.now_ms = moment_ms(day, minute)


def row_of(world: World, member_id: str) -> Any:
    with world.cloud.database.read() as conn:
        return conn.execute(select(member).where(member.c.member_id == member_id)).one()


def notices(world: World) -> list[dict[str, Any]]:
    return list(world.ok("GET", "/v1/notices")["notices"])


# --- sleeping -----------------------------------------------------------------------------------------------------


def test_a_year_without_a_visit_is_told_first_and_then_the_number_lies_apart(world: World) -> None:
    """MEM-03, MEM-04: told thirty days before and again when it happens; name and number leave the members' table."""
    counter = world.device()
    member_id = world.member()
    counter.push(counter.earn())
    joined = local_day(world.clock())

    go_to(world, date(joined.year + 1, joined.month, joined.day) - timedelta(days=31), 180)
    assert nights(world) == 1
    assert notices(world) == []

    world.clock.advance(DAY_MS)
    nights(world)
    (soon,) = notices(world)
    assert (soon["kind"], soon["member_id"], soon["via"]) == ("dormancy_soon", member_id, "sms")
    assert soon["dormant_on"] == date(joined.year + 1, joined.month, joined.day).isoformat()

    go_to(world, date.fromisoformat(soon["dormant_on"]))
    nights(world)

    assert [one["kind"] for one in notices(world)] == ["dormancy_soon", "dormant"]
    asleep = row_of(world, member_id)
    assert (asleep.status, asleep.nickname, bytes(asleep.phone_sealed), asleep.phone_tail) == ("dormant", "", b"", None)
    assert world.wallet(member_id)["phone_masked"] == "010-****-5678"
    assert world.wallet(member_id)["nickname"] == "김민지"
    listed = world.ok("GET", "/v1/members?status=dormant")["members"]
    assert [(one["member_id"], one["status"]) for one in listed] == [(member_id, "dormant")]
    assert world.ok("GET", "/v1/members?status=withdrawn")["members"] == []
    assert nights(world) == 0
    assert counter.result(counter.earn())["status"] == "applied"


def _sleep(world: World, member_id: str) -> None:
    """A dormant member, whatever the clock said."""
    first = local_day(world.clock())
    go_to(world, date(first.year + 1, first.month, first.day) - timedelta(days=20))
    nights(world)
    world.clock.advance(30 * DAY_MS)
    nights(world)
    assert row_of(world, member_id).status == "dormant"


@pytest.mark.parametrize("way", ["counter", "app", "offline_spend", "request", "order"])
def test_the_next_visit_wakes_a_dormant_member_whoever_brings_it(world: World, way: str) -> None:
    """MEM-04: an earn of before the conversion that arrives after it, as well."""
    counter = world.device()
    member_id = world.member()
    old = counter.earn()
    coupon_id = world.coupon(member_id, valid_days=1000)
    counter.push(old)
    late = counter.earn()
    _sleep(world, member_id)

    if way == "counter":
        assert counter.result(late)["status"] == "applied"
    elif way == "app":
        answer = world.call("POST", "/v1/members", {"phone": PHONE})
        assert (answer.status_code, answer.json()["member_id"]) == (200, member_id)
    elif way == "offline_spend":
        counter.push(late)
        _sleep(world, member_id)
        body = {"spend_id": "s-1", "phone": PHONE, "points": 10, "payment_won": 10_000, "decided_by_default": False}
        times = {"occurred_ms": world.clock(), "snapshot_ms": world.clock()}
        assert counter.result(counter.op("points.spend", body | times))["status"] == "applied"
    elif way == "request":
        world.ask_coupon(member_id, coupon_id)
    else:
        world.order(member_id=member_id)

    awake = row_of(world, member_id)
    assert (awake.status, awake.nickname) == ("normal", "김민지")
    with world.cloud.database.read() as conn:
        assert conn.execute(select(member_number)).all() == []
    assert world.member() == member_id
    world.assert_book_is_sound()


def test_a_visit_after_the_warning_starts_the_year_anew(world: World) -> None:
    """MEM-04: nobody becomes dormant who was here; the next warning is a new one."""
    counter = world.device()
    member_id = world.member()
    first = local_day(world.clock())
    go_to(world, date(first.year + 1, first.month, first.day) - timedelta(days=10))
    nights(world)
    assert [one["kind"] for one in notices(world)] == ["dormancy_soon"]
    counter.push(counter.earn(paid_won=50))  # too little for a point; a visit all the same
    world.clock.advance(40 * DAY_MS)

    nights(world)

    assert row_of(world, member_id).status == "normal"
    assert row_of(world, member_id).told_ms is None
    assert len(notices(world)) == 1


def test_a_brand_switches_dormancy_off_and_a_year_ends_on_the_last_of_february(world: World) -> None:
    """MEM-04, Ambiguity A4"""
    path = f"/v1/brands/{world.store.brand_id}/member-terms"
    go_to(world, date(2028, 2, 29), 600)
    counter = world.device()
    counter.push(counter.earn())
    (member_id,) = _ids(world)
    world.ok("POST", path, {"dormant_months": 0, "rejoin_block_days": 7})
    go_to(world, date(2029, 2, 20))
    assert nights(world) == 1
    assert notices(world) == []

    world.ok("POST", path, {"dormant_months": 12, "rejoin_block_days": 7})
    world.clock.advance(31 * DAY_MS)
    nights(world)
    (told,) = notices(world)
    go_to(world, date.fromisoformat(told["dormant_on"]))
    nights(world)

    assert row_of(world, member_id).status == "dormant"
    refused = world.call("POST", path, {"dormant_months": 11, "rejoin_block_days": 7})
    assert refused.status_code == 422
    unknown = world.call("POST", "/v1/brands/nobody/member-terms", {"dormant_months": 12, "rejoin_block_days": 7})
    assert unknown.json()["code"] == "brand_unknown"


def _ids(world: World) -> list[str]:
    with world.cloud.database.read() as conn:
        return list(conn.execute(select(member.c.member_id)).scalars())


# --- leaving ------------------------------------------------------------------------------------------------------


def test_what_is_left_is_shown_and_has_to_be_settled_before_leaving(world: World) -> None:
    """MEM-05, MEM-06: points, what waits for a store, an order under way; a refusal changes nothing."""
    counter = world.device()
    member_id = world.member()
    counter.push(counter.earn())
    coupon_id = world.coupon(member_id)
    asked = world.ask_coupon(member_id, coupon_id)["request_id"]
    ordered = world.order(member_id=member_id)

    shown = world.ok("GET", f"/v1/members/{member_id}/held")
    assert shown["held"] | {"stamps": 0} == {
        "points": 45,
        "coupons_waiting": 2,
        "orders_open": 1,
        "stamps": 0,
        "coupons": 0,
        "prepaid_won": 0,
    }
    refused = leave(world, member_id, confirmed=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "withdrawal_refused")
    assert refused.json()["problems"] == ["points", "coupons_waiting", "orders_open", "not_confirmed"]
    assert leave(world, member_id, by="박상담").json()["problems"] == ["points", "coupons_waiting", "orders_open"]
    assert world.points(member_id) == (45, 0, 0)

    counter.push(counter.seen(asked), counter.decide(asked, "reject"))
    order_ask = ordered["request"]["request_id"]
    counter.push(counter.seen(order_ask), counter.decide(order_ask, "reject"))
    assert leave(world, member_id).json()["problems"] == ["points"]
    assert leave(world, member_id, by="박상담").status_code == 200


def test_whoever_leaves_is_nobody_at_once_and_the_book_stays_sound(world: World) -> None:
    """MEM-05, MEM-06, MEM-32: points lapse to the brand, coupons are over, nothing can be given or used any more."""
    counter = world.device()
    member_id = world.member()
    counter.push(counter.earn(), counter.earn())
    world.coupon(member_id)

    left = leave(world, member_id, by="박상담").json()

    today = local_day(world.clock())
    assert left["rejoin_from_ms"] == left["purge_ms"] == moment_ms(today + timedelta(days=30), 0)
    assert world.points(member_id) == (0, 0, 0)
    assert [one["state"] for one in world.wallet(member_id)["coupons"]] == ["expired"]
    assert (world.wallet(member_id)["phone_masked"], world.wallet(member_id)["status"]) == ("", "withdrawn")
    assert world.call("POST", "/v1/members/find", {"phone": PHONE}).json()["code"] == "member_unknown"
    body = {"store_id": world.store.store_id, "member_id": member_id, "points": 1, "payment_won": 100}
    asked = world.call("POST", "/v1/requests", body | {"kind": "points", "idempotency_key": "leaving-1"})
    assert (asked.status_code, asked.json()["code"]) == (410, "member_gone")
    by_hand = {"store_id": world.store.store_id, "member_id": member_id, "points": 5, "reason": "사과", "by": "김"}
    corrected = world.call("POST", "/v1/adjustments", by_hand | {"idempotency_key": "leaving-2"})
    assert corrected.json()["code"] == "member_gone"
    assert leave(world, member_id).json() == left  # again
    with world.cloud.database.read() as conn:
        breakage = conn.execute(select(account.c.balance).where(account.c.kind == "breakage")).scalar_one()
    assert breakage == 90
    (event,) = world.ok("GET", f"/v1/members/{member_id}/events")["events"]
    assert (event["kind"], event["by"], event["detail"]) == ("withdrawn", "person:박상담", {"points": 90, "coupons": 1})
    world.assert_book_is_sound()


@pytest.mark.parametrize(("days", "minute", "code"), [(29, 1439, "withdrawn_rejoin_block"), (30, 0, None)])
def test_the_same_number_earns_nothing_for_thirty_days_and_then_is_somebody_new(
    world: World, days: int, minute: int, code: str | None
) -> None:
    """MEM-05: to the minute in Korea; the same at a counter and in an app."""
    counter = world.device()
    member_id = world.member()
    leave(world, member_id)
    go_to(world, local_day(world.clock()) + timedelta(days=days), minute)

    result = counter.result(counter.earn())
    joined = world.call("POST", "/v1/members", {"phone": PHONE})

    assert result["code"] == code
    assert result["status"] == ("rejected" if code else "applied")
    if code:
        assert joined.json()["code"] == "rejoin_blocked"
        assert _ids(world) == [member_id]
    else:
        assert joined.json()["member_id"] != member_id
        assert world.points(member_id) == (0, 0, 0)
        assert world.points(joined.json()["member_id"]) == (45, 0, 0)
    world.assert_book_is_sound()


def test_a_refused_earn_does_not_use_up_its_receipt_nor_hold_up_its_neighbours(world: World) -> None:
    """MEM-05: the receipt may still be claimed by somebody who is a member."""
    counter = world.device()
    leave(world, world.member())
    other = world.member(OTHER_PHONE)
    refused, good = counter.earn(fingerprint="slip-1"), counter.earn(phone=OTHER_PHONE)

    results = counter.push(refused, good)["results"]

    assert [one["code"] for one in results] == ["withdrawn_rejoin_block", None]
    assert counter.result(counter.earn(phone=OTHER_PHONE, fingerprint="slip-1"))["status"] == "applied"
    assert world.points(other) == (90, 0, 0)
    world.assert_book_is_sound()


def test_what_was_handed_over_to_a_former_member_without_a_line_is_the_stores_loss(world: World) -> None:
    """MEM-05, PNT-10: a fact is booked, and a former member has nothing."""
    counter = world.device()
    member_id = world.member()
    leave(world, member_id)
    body = {"spend_id": "s-1", "phone": PHONE, "points": 10, "payment_won": 10_000, "decided_by_default": False}
    times = {"occurred_ms": world.clock(), "snapshot_ms": world.clock()}

    result = counter.result(counter.op("points.spend", body | times))

    assert (result["status"], result["body"]["loss_points"]) == ("adjusted", 10)
    assert world.points(member_id) == (0, 0, 0)
    assert _ids(world) == [member_id]
    world.assert_book_is_sound()


def test_what_comes_back_to_a_former_member_lapses_at_once(world: World) -> None:
    """MEM-06: an approval is recovered after its member left."""
    counter = world.device()
    owner = world.employ("김사장", "owner")
    member_id = world.member()
    counter.push(counter.earn())
    request_id = world.ask_points(member_id, 45)["request_id"]
    counter.push(counter.seen(request_id), counter.decide(request_id))
    assert leave(world, member_id).status_code == 200

    result = counter.result(counter.recover(request_id, actor=owner))

    assert result["status"] == "applied"
    assert world.request(request_id)["state"] == "recovered"
    assert world.points(member_id) == (0, 0, 0)
    world.assert_book_is_sound()


def test_a_cancelled_sale_of_a_former_member_is_booked_and_owed_by_nobody_else(world: World) -> None:
    """MEM-06, PNT-16: what was used of it is owed; what lapsed when they left went to the brand."""
    counter = world.device()
    member_id = world.member()
    sale = counter.earn()
    counter.push(sale)
    counter.push(counter.decide(world.ask_points(member_id, 20)["request_id"]))
    leave(world, member_id, by="박상담")

    result = counter.result(counter.reverse(earn_id=sale["body"]["earn_id"]))

    assert (result["body"]["points"], result["body"]["debt_points"]) == (20, 20)
    assert world.points(member_id) == (0, 0, 20)
    world.assert_book_is_sound()


def test_an_earn_that_overtook_its_members_leaving_is_moved_on_by_housekeeping(world: World) -> None:
    """MEM-06: as if the push had read the member's number a moment before it went."""
    counter = world.device()
    member_id = world.member()
    leave(world, member_id)
    number = row_of(world, member_id).phone_lookup
    lookup = world.cloud.vault.phone_lookup(Phone(PHONE))
    _rewrite(world, member_id, lookup)
    counter.push(counter.earn())
    _rewrite(world, member_id, number)
    assert world.points(member_id) == (45, 0, 0)

    assert former.settle_late(world.cloud.database, world.clock()) == 1

    assert world.points(member_id) == (0, 0, 0)
    assert former.settle_late(world.cloud.database, world.clock()) == 0
    world.assert_book_is_sound()


def _rewrite(world: World, member_id: str, lookup: str) -> None:
    changed = update(member).where(member.c.member_id == member_id).values(phone_lookup=lookup)
    world.cloud.database.transact(lambda work: work.conn.execute(changed))


# --- being forgotten ----------------------------------------------------------------------------------------------


def _everything(world: World) -> str:
    """All that the database has about anybody, sealed fields opened."""
    vault = world.cloud.vault
    found: list[Any] = []
    with world.cloud.database.read() as conn:
        for table in ("member", "member_number", "member_event", "request", "customer_order", "coupon", "earn"):
            found += [list(row) for row in conn.execute(text(f"SELECT * FROM {table}"))]
        for row in conn.execute(select(device_op)):
            if row.sealed:
                found.append(vault.open(bytes(row.sealed), place=op_place(row.device_id, row.epoch, row.seq)).decode())
    return json.dumps(found, ensure_ascii=False, default=str)


def test_after_thirty_days_nothing_says_who_it_was_and_the_book_is_whole(world: World) -> None:
    """MEM-06: number, look-up, name and what devices sent are gone; a returning number is a new member."""
    counter = world.device()
    vault = world.cloud.vault
    member_id = world.member(nickname="김하늘")
    counter.push(counter.earn(), counter.earn(paid_won=50))
    world.order(member_id=member_id, nickname="김하늘", note="김하늘 차량 1234")
    request_id = world.ask_points(member_id, 45)["request_id"]
    counter.push(counter.seen(request_id), counter.decide(request_id))
    _finish_orders(world, counter)
    assert leave(world, member_id, by="박상담").status_code == 200
    counter.push(counter.earn())  # refused; the operation carries the number all the same
    lookup = vault.phone_lookup(Phone(PHONE))
    assert PHONE in _everything(world)
    assert lookup in _everything(world)

    go_to(world, local_day(world.clock()) + timedelta(days=29), 1439)
    assert purge_some(world.cloud.database, world.clock()) == 0
    world.clock.advance(60_000)
    assert purge_some(world.cloud.database, world.clock()) == 1

    left = _everything(world)
    for trace in (PHONE, lookup, "김하늘", "김*늘", "1234", "5678"):
        assert trace not in left
    assert purge_some(world.cloud.database, world.clock()) == 0
    world.assert_book_is_sound()
    entries = world.ok("GET", f"/v1/members/{member_id}/entries")["entries"]
    assert {one["kind"] for one in entries} == {"earn", "hold", "capture", "lapse"}
    again = world.call("POST", "/v1/members", {"phone": PHONE})
    assert (again.status_code, again.json()["member_id"] != member_id) == (201, True)
    assert again.json()["nickname"] == ""


def _finish_orders(world: World, counter: Device) -> None:
    for row in counter.rows("order"):
        counter.push(counter.seen(row["request_id"]), counter.decide(row["request_id"]))
        counter.push(counter.advance(row["order_id"], "ready"))


def test_a_repeated_push_gets_the_same_words_after_its_number_was_forgotten(world: World) -> None:
    """MEM-06: results and hashes stay, so a device that sends again is answered as before."""
    counter = world.device()
    sale = counter.earn()
    before = counter.push(sale)["results"]
    (member_id,) = _ids(world)
    leave(world, member_id, by="박상담")
    world.clock.advance(31 * DAY_MS)
    purge_some(world.cloud.database, world.clock())

    assert counter.push(sale)["results"] == before
    assert counter.result(counter.earn())["status"] == "applied"


def test_points_that_are_over_do_not_keep_anybody_from_leaving(world: World) -> None:
    """MEM-06, PNT-17: expired points are none, booked or not."""
    counter = world.device()
    member_id = world.member()
    counter.push(counter.earn())
    world.clock.advance(1_827 * DAY_MS)

    assert leave(world, member_id).status_code == 200
    assert expire_all(world.cloud.database).points == 0
    world.assert_book_is_sound()


# --- what stores are told -----------------------------------------------------------------------------------------


def test_stores_that_know_a_member_hear_of_the_leaving_and_new_counters_read_it_in_the_snapshot(world: World) -> None:
    """MEM-05, MEM-30: by the store's own hash of the number, with nothing else of the person; other stores not."""
    here, there = world.device(), world.device(world.new_store("둘째 매장", "테스트 커피"))
    here.push(here.earn())
    (member_id,) = _ids(world)

    left = leave(world, member_id, by="박상담").json()

    (row,) = here.rows("withdrawn")
    lookup = device_lookup(from_base64url(here.welcome["store_key"]), Phone(PHONE))
    assert row == {"lookup": lookup, "until_ms": left["rejoin_from_ms"], "at_ms": world.clock()}
    assert there.rows("withdrawn") == []
    lines = [json.loads(line) for line in here.get("/v1/sync/snapshot").text.splitlines()]
    assert [line["body"] for line in lines if line["kind"] == "withdrawn"] == [row]
    assert [line for line in lines if line["kind"] == "member"] == []
    assert lines[-1]["body"]["rows"] == len(lines) - 2
    world.clock.advance(31 * DAY_MS)
    assert "withdrawn" not in here.get("/v1/sync/snapshot").text
