"""Two calls in the middle of their transactions: one effect, whoever comes second, on a PostgreSQL whose writers run
side by side (I1, I2, I6)."""

from __future__ import annotations

from functools import partial
from typing import Any

from cloud_api.ledger.models import AccountKind
from cloud_api.ledger.service import account_id
from cloud_api.members.former import settle_late
from cloud_api.stores.service import store_key
from rules.receipts import approval_tag
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.meeting import meeting
from tests.cloud_api.test_claims import a_claim, sealed, use
from tests.cloud_api.test_coupons import _ask, _define, _give
from tests.cloud_api.test_direct_earns import earn
from tests.cloud_api.test_member_merge import merge
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, new_id


def account(kind: AccountKind, owner: str) -> str:
    return f"SELECT 1 FROM account WHERE account_id = '{account_id(kind, owner)}'"


def feed(world: World) -> str:
    return f"SELECT 1 FROM feed WHERE feed_id = 'store:{world.store.store_id}'"


def ask(device: Device, points: int, request_id: str) -> Any:
    body = {"request_id": request_id, "phone": PHONE, "points": points, "payment_won": 18_000}
    answer = device.post("/v1/sync/requests", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def spend(device: Device, spend_id: str, points: int) -> dict[str, Any]:
    now_ms = device.world.clock()
    body = {"spend_id": spend_id, "phone": PHONE, "points": points, "payment_won": 18_000, "decided_by_default": False}
    return device.op("points.spend", body | {"occurred_ms": now_ms, "snapshot_ms": now_ms - 60_000})


def test_a_sale_that_is_cancelled_by_its_pos_and_by_its_slip_at_once_is_taken_back_once(world: World) -> None:
    """PNT-09, PNT-16, I2."""
    device = world.device()
    made = earn(world, paid_won=10_000).json()
    earn(world, paid_won=20_000)
    slip = device.reverse(earn_id=made["earn_id"], amount_won=10_000)

    with meeting(world, account(AccountKind.MEMBER, made["member_id"])) as (meet, release):
        by_pos = meet.begin(lambda: world.call("POST", f"/v1/earns/{made['earn_id']}/cancel"))
        by_slip = meet.begin(lambda: device.result(slip))
        release.set()

    assert by_pos.result().status_code == 200, by_pos.result().text
    assert by_slip.result()["code"] == "already_reversed"
    assert world.points(made["member_id"]) == (200, 0, 0)
    world.assert_book_is_sound()


def test_a_slip_that_comes_while_its_sale_is_booked_by_the_pos_cancels_it(world: World) -> None:
    """PNT-16: neither has seen the other, and both are committed."""
    device, number = world.device(), "12345678"
    with world.cloud.database.read() as conn:
        tag = approval_tag(store_key(conn, world.cloud.vault, world.store.store_id), number)
    slip = device.reverse(approval_tags=[tag], amount_won=20_000)

    with meeting(world, feed(world)) as (meet, release):
        sale = meet.begin(lambda: earn(world, paid_won=20_000, approval_nos=[number]))
        cancel = meet.begin(lambda: device.result(slip))
        release.set()

    assert cancel.result()["status"] == "applied"
    assert world.ok("GET", f"/v1/earns/{sale.result().json()['earn_id']}")["status"] == "reversed"
    world.assert_book_is_sound()


def test_a_slip_that_comes_while_an_app_takes_its_sales_claim_cancels_it(world: World) -> None:
    """PNT-09, PNT-16."""
    device = world.device()
    claim = a_claim(world)
    claimed, cancel_slip = sealed(world, claim), device.reverse(sale_fingerprint=claim.fingerprint)

    with meeting(world, feed(world)) as (meet, release):
        used = meet.begin(lambda: use(world, claimed))
        cancel = meet.begin(lambda: device.result(cancel_slip))
        release.set()

    assert used.result().status_code == 201, used.result().text
    assert cancel.result()["body"]["points"] == 45
    assert world.points(world.member()) == (0, 0, 0)
    world.assert_book_is_sound()


def test_a_spend_that_is_reported_while_the_sweeper_approves_its_question_counts_once(world: World) -> None:
    """PNT-10, I6: what was held is given back once, or what was captured is."""
    device = world.device()
    device.push(device.earn(paid_won=1_000_000))
    member = world.member()
    world.ask_points(member, 3_000)  # another one that holds
    asked = ask(device, 3_000, new_id("spend"))["request_id"]
    device.push(device.seen(asked))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    report = spend(device, asked, 3_000)

    with meeting(world, account(AccountKind.MEMBER, member)) as (meet, release):
        told = meet.begin(lambda: device.result(report))
        swept = meet.begin(world.sweep)
        release.set()

    assert told.result()["status"] == "applied", told.result()
    assert swept.result() is not None
    assert world.points(member) == (4_000, 3_000, 0)
    world.assert_book_is_sound()


def test_two_coupons_that_may_be_used_once_are_not_used_at_once(world: World) -> None:
    """CPN-04, APR-35."""
    definition = _define(world, conditions={"uses_per_member": 1})
    member = world.member()
    ids = [_give(world, member, definition) for _ in range(2)]

    with meeting(world, feed(world)) as (meet, release):
        first, second = (meet.begin(partial(_ask, world, member, one)) for one in ids)
        release.set()

    assert [first.result().status_code, second.result().status_code] == [201, 409]


def test_of_two_words_about_an_item_said_at_once_the_later_one_stands(world: World) -> None:
    """AGT-10, MNU-09: head office says it is on sale again while a counter's older word is on its way."""
    device = world.device()
    latte = world.item("카페라떼")
    said_ms = world.clock()
    older = device.op("menu.sold_out", {"menu_id": latte, "kind": "today", "occurred_ms": said_ms})
    world.clock.advance(1_000)
    path = f"/v1/stores/{world.store.store_id}/menu/{latte}/sold-out"

    with meeting(world, feed(world)) as (meet, release):
        newer = meet.begin(lambda: world.call("POST", path, {"kind": None}))
        late = meet.begin(lambda: device.result(older))
        release.set()

    assert newer.result().is_success, newer.result().text
    assert late.result()["body"]["sold_out"] is None


def test_a_coupon_that_is_given_while_its_member_becomes_another_one_reaches_that_one(world: World) -> None:
    """MEM-08: nothing lies with a former member for long."""
    member, other = world.member(), world.member(OTHER_PHONE)
    definition = _define(world)
    given = f"SELECT 1 FROM coupon_definition WHERE definition_id = '{definition}'"

    with meeting(world, given) as (meet, release):
        late = meet.begin(partial(_give, world, member, definition))
        merged = meet.begin(partial(merge, world, member, other))
        assert merged.result().is_success, merged.result().text
        release.set()
    settle_late(world.cloud.database, world.clock())

    assert world.coupon_state(other, late.result()) == "available"


def test_a_spend_that_is_reported_while_its_member_becomes_another_one_takes_that_ones_points(world: World) -> None:
    """MEM-08, PNT-10: it is no loss of the store."""
    device = world.device()
    device.push(device.earn(paid_won=1_000_000))
    member, other = world.member(), world.member(OTHER_PHONE)
    asked = ask(device, 3_000, new_id("spend"))["request_id"]
    device.push(device.decide(asked, "reject"))
    report = spend(device, asked, 3_000)

    with meeting(world, f"SELECT 1 FROM request WHERE request_id = '{asked}'") as (meet, release):
        told = meet.begin(lambda: device.result(report))
        merged = meet.begin(partial(merge, world, member, other))
        release.set()

    assert merged.result().is_success, merged.result().text
    assert (told.result()["status"], told.result()["body"]["loss_points"]) == ("applied", 0)
    assert world.points(other) == (7_000, 0, 0)
    world.assert_book_is_sound()
