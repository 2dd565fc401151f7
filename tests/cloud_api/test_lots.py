"""Lots: spent soonest expiry first, put back where they came from, worth nothing once expired."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import select

from cloud_api.clock import DAY_MS
from cloud_api.ledger.expiry import expire_all
from cloud_api.ledger.lots import NEVER_MS
from cloud_api.ledger.models import lot
from cloud_api.ledger.verify import rebuild
from cloud_api.stores.service import Policy, policy_of, set_policy
from tests.cloud_api.world import Device, World, statuses


def _earn(device: Device, points: int, *, valid_days: int, **receipt: str) -> None:
    """Points that live for so many days."""
    world = device.world
    brand_id = world.store.brand_id

    def change(work: object) -> Policy:
        now = policy_of(work.conn, brand_id)  # type: ignore[attr-defined]
        return set_policy(work, brand_id, replace(now, lot_valid_days=valid_days))  # type: ignore[arg-type]

    world.cloud.database.transact(change)
    assert device.result(device.earn(points * 100, **receipt))["status"] == "applied"


def _left(world: World) -> list[int]:
    """What remains of the only member's lots, oldest first."""
    with world.cloud.database.read() as conn:
        return list(conn.execute(select(lot.c.remaining).order_by(lot.c.posting_id)).scalars())


def test_an_earn_makes_a_lot_that_lives_as_long_as_the_policy_says(world: World) -> None:
    """PNT-17: five years unless the brand says otherwise; 0 days means for ever."""
    device = world.device()
    device.push(device.earn(1000))
    _earn(device, 20, valid_days=30)
    _earn(device, 30, valid_days=0)

    with world.cloud.database.read() as conn:
        rows = conn.execute(select(lot).order_by(lot.c.posting_id)).all()

    now = world.clock()
    assert [row.expires_ms for row in rows] == [now + 1_827 * DAY_MS, now + 30 * DAY_MS, NEVER_MS]
    assert [(row.points, row.remaining) for row in rows] == [(10, 10), (20, 20), (30, 30)]
    assert {row.member_id for row in rows} == {world.member()}


def test_points_are_spent_soonest_expiry_first_then_oldest_and_for_ever_last(world: World) -> None:
    """PNT-17."""
    device = world.device()
    for valid_days in (0, 90, 10, 90):
        _earn(device, 10, valid_days=valid_days)
    member = world.member()

    world.ask_points(member, 15)
    assert _left(world) == [10, 5, 0, 10]
    world.ask_points(member, 20)

    assert _left(world) == [5, 0, 0, 0]
    assert world.points(member) == (5, 35, 0)


def test_a_released_hold_goes_back_into_the_lots_it_came_from(world: World) -> None:
    """APR-10: a refusal makes no point live longer, and none shorter."""
    device = world.device()
    _earn(device, 10, valid_days=10)
    _earn(device, 10, valid_days=90)
    member = world.member()
    asked = world.ask_points(member, 15)
    assert _left(world) == [0, 5]

    device.push(device.decide(asked["request_id"], "reject"))

    assert _left(world) == [10, 10]
    assert world.points(member) == (20, 0, 0)
    world.assert_book_is_sound()


def test_a_recovered_approval_goes_back_into_the_lots_it_came_from(world: World) -> None:
    """APR-15, PNT-16."""
    device = world.device()
    _earn(device, 10, valid_days=10)
    _earn(device, 10, valid_days=90)
    asked = world.ask_points(world.member(), 15)
    device.push(device.decide(asked["request_id"]), device.recover(asked["request_id"]))

    assert _left(world) == [10, 10]
    world.assert_book_is_sound()


def test_what_a_debt_keeps_does_not_come_back_into_lots_and_the_longest_life_comes_back_first(world: World) -> None:
    """PNT-09: the debt is repaid first, also from points that a request releases."""
    device = world.device()
    _earn(device, 10, valid_days=10, fingerprint="a")
    _earn(device, 10, valid_days=90)
    member = world.member()
    asked = world.ask_points(member, 20)
    device.push(device.reverse(sale_fingerprint="a", amount_won=1000))
    assert world.points(member) == (0, 20, 10)

    world.ok("POST", f"/v1/requests/{asked['request_id']}/withdraw")

    assert _left(world) == [0, 10]
    assert world.points(member) == (10, 0, 0)
    world.assert_book_is_sound()


def test_an_earn_that_repays_a_debt_makes_a_lot_only_of_what_reaches_the_member(world: World) -> None:
    """PNT-09."""
    device = world.device()
    _earn(device, 30, valid_days=90, fingerprint="a")
    asked = world.ask_points(world.member(), 30)
    device.push(device.decide(asked["request_id"]), device.reverse(sale_fingerprint="a", amount_won=3000))

    device.push(device.earn(1000), device.earn(5000), device.earn(700))

    assert _left(world) == [0, 30, 7]
    assert world.points(world.member()) == (37, 0, 0)
    world.assert_book_is_sound()


def test_expired_points_are_not_shown_not_spent_and_repay_no_cancel(world: World) -> None:
    """PNT-17: also before the expiry was booked."""
    device = world.device()
    _earn(device, 10, valid_days=10)
    _earn(device, 10, valid_days=90, fingerprint="b")
    member = world.member()
    world.clock.advance(10 * DAY_MS - 1)
    assert world.points(member) == (20, 0, 0)

    world.clock.advance(1)

    assert world.points(member) == (10, 0, 0)
    body = {"kind": "points", "store_id": world.store.store_id, "member_id": member, "points": 11}
    refused = world.call("POST", "/v1/requests", body | {"payment_won": 50_000, "idempotency_key": "too-many"})
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    world.ask_points(member, 4)
    result = device.result(device.reverse(sale_fingerprint="b", amount_won=1000))
    assert (result["body"]["points"], result["body"]["debt_points"]) == (10, 4)
    assert _left(world) == [10, 0]
    world.assert_book_is_sound()


def test_a_lot_that_expired_while_it_was_held_takes_its_points_back_and_they_are_over(world: World) -> None:
    """PNT-17, APR-10: the validity is never extended."""
    device = world.device()
    _earn(device, 10, valid_days=10)
    member = world.member()
    world.clock.advance(10 * DAY_MS - 1)
    asked = world.ask_points(member, 10)
    world.clock.advance(60_000)

    world.ok("POST", f"/v1/requests/{asked['request_id']}/withdraw")

    assert _left(world) == [10]
    assert world.points(member) == (0, 0, 0)
    world.assert_book_is_sound()


def test_many_hands_at_once_never_take_a_point_twice(world: World) -> None:
    """PNT-01, I5: holds, earns, expiry, corrections and a rebuild of the caches side by side."""
    device = world.device()
    for valid_days in (1, 10, 90):
        _earn(device, 100, valid_days=valid_days)
    member = world.member()
    world.clock.advance(DAY_MS)  # the first hundred are over, and booked by one of the hands
    counters = [world.device(), world.device()]

    def ask(n: int) -> int:
        terms = {"kind": "points", "store_id": world.store.store_id, "member_id": member, "points": 30}
        body = terms | {"payment_won": 1_000, "idempotency_key": f"many-hands-{n}"}
        return world.call("POST", "/v1/requests", body).status_code

    def correct(n: int) -> int:
        terms = {"store_id": world.store.store_id, "member_id": member, "points": -7, "reason": "정정"}
        return world.call(
            "POST", "/v1/adjustments", terms | {"by": f"person {n}", "idempotency_key": f"many-hands-{n}"}
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(ask, n) for n in range(8)]
        pool.submit(expire_all, world.cloud.database)
        corrected = [pool.submit(correct, n) for n in range(2)]
        rebuilt = [pool.submit(world.cloud.database.transact, rebuild) for _ in range(2)]
        pushed = [pool.submit(counter.push, counter.earn(500), counter.earn(500)) for counter in counters]
        held = [job.result() for job in jobs].count(201)
        taken = [job.result() for job in corrected].count(201)
        assert [job.result() for job in rebuilt] == [0, 0]
        assert [statuses(job.result()) for job in pushed] == [["applied", "applied"]] * 2

    assert held >= 6
    assert world.points(member) == (200 + 20 - 30 * held - 7 * taken, 30 * held, 0)
    expire_all(world.cloud.database)
    world.assert_book_is_sound()
