"""Booking what has expired: once, in batches, by any number of processes (PNT-17)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.jobs.catalogue import long_jobs
from cloud_api.jobs.runner import REST_MAX_S, Runner
from cloud_api.ledger import expiry
from cloud_api.ledger.expiry import Expired, expire_all
from cloud_api.ledger.models import PostingKind, account, posting
from cloud_api.ledger.service import NewPosting, post
from cloud_api.stores.service import Policy, set_policy
from tests.cloud_api.world import OTHER_PHONE, World


@pytest.fixture
def short(new_world: Any) -> World:
    """Points live for ten days."""
    world: World = new_world(policy=Policy(lot_valid_days=10))
    return world


def _balance(world: World, account_id: str) -> int:
    with world.cloud.database.read() as conn:
        return int(conn.execute(select(account.c.balance).where(account.c.account_id == account_id)).scalar_one())


def _expiries(world: World) -> int:
    with world.cloud.database.read() as conn:
        query = select(func.count()).where(posting.c.kind == PostingKind.EXPIRY.value)
        return int(conn.execute(query).scalar_one())


def test_what_expired_goes_to_the_brand_once(short: World) -> None:
    """PNT-17."""
    device = short.device()
    device.push(device.earn(1000), device.earn(2000), device.earn(500, phone=OTHER_PHONE))
    short.clock.advance(10 * DAY_MS - 1)
    assert expire_all(short.cloud.database) == Expired()
    device.push(device.earn(700))
    short.clock.advance(1)

    assert expire_all(short.cloud.database) == Expired(lots=3, points=35)
    assert expire_all(short.cloud.database) == Expired()

    assert short.points(short.member()) == (7, 0, 0)
    assert _balance(short, f"member:{short.member()}") == 7
    assert _balance(short, f"breakage:{short.store.brand_id}") == 35
    assert _expiries(short) == 2
    newest = short.ok("GET", f"/v1/members/{short.member()}/entries")["entries"][0]
    assert (newest["kind"], newest["amount"], newest["actor"]) == ("expiry", -30, "cloud:clock")
    short.assert_book_is_sound()


def test_each_brand_keeps_what_its_own_stores_gave(short: World) -> None:
    """PNT-04."""
    other = short.new_store("다른 매장", "다른 커피")
    here, there = short.device(), short.device(other)
    here.push(here.earn(1000))
    there.push(there.earn(2000))
    short.clock.advance(10 * DAY_MS)

    expire_all(short.cloud.database)

    assert _balance(short, f"breakage:{short.store.brand_id}") == 10
    assert _balance(short, f"breakage:{other.brand_id}") == 20
    short.assert_book_is_sound()


def test_points_on_hold_do_not_expire_and_what_comes_back_late_does(short: World) -> None:
    """PNT-17, APR-10."""
    device = short.device()
    device.push(device.earn(3000))
    member = short.member()
    asked = short.ask_points(member, 20)
    short.clock.advance(10 * DAY_MS)

    assert expire_all(short.cloud.database) == Expired(lots=1, points=10)
    assert short.points(member) == (0, 20, 0)
    device.push(device.seen(asked["request_id"]), device.decide(asked["request_id"], "reject"))
    assert short.points(member) == (0, 0, 0)
    assert expire_all(short.cloud.database) == Expired(lots=1, points=20)

    assert _balance(short, f"breakage:{short.store.brand_id}") == 30
    short.assert_book_is_sound()


@pytest.mark.parametrize("booked", [True, False])
def test_a_cancel_takes_back_nothing_that_expired(short: World, booked: bool) -> None:
    """PNT-09, PNT-17: what was spent of the sale is owed, what was over is not: it went to the brand already."""
    device = short.device()
    sale = device.earn(10_000)
    device.push(sale)
    member = short.member()
    asked = short.ask_points(member, 30)["request_id"]
    device.push(device.decide(asked))
    short.clock.advance(10 * DAY_MS)
    device.push(device.earn(1_000))
    if booked:
        assert expire_all(short.cloud.database) == Expired(lots=1, points=70)

    body = device.result(device.reverse(earn_id=sale["body"]["earn_id"], amount_won=10_000))["body"]
    expire_all(short.cloud.database)

    assert (body["points"], body["debt_points"]) == (30, 20)
    assert short.points(member) == (0, 0, 20)
    assert _balance(short, f"breakage:{short.store.brand_id}") == 70
    assert _balance(short, f"store_issuance:{short.store.store_id}") == -80
    short.assert_book_is_sound()


def test_a_cancel_of_a_sale_whose_points_are_all_over_books_nothing(short: World) -> None:
    """PNT-09, PNT-17: also by the POS itself; the sale is cancelled all the same, once."""
    device = short.device()
    sale = device.earn(10_000)
    device.push(sale)
    short.clock.advance(10 * DAY_MS)
    expire_all(short.cloud.database)

    first, second = (
        device.result(device.reverse(earn_id=sale["body"]["earn_id"], amount_won=10_000)) for _ in range(2)
    )

    assert (first["status"], first["body"]["points"], first["body"]["debt_points"]) == ("applied", 0, 0)
    assert (second["status"], second["code"]) == ("rejected", "already_reversed")
    assert short.points(short.member()) == (0, 0, 0)
    short.assert_book_is_sound()


def test_a_job_that_died_goes_on_where_it_was(short: World) -> None:
    device = short.device()
    for n in range(5):
        device.push(device.earn(1000, phone=f"+8210555500{n:02d}"))
    short.clock.advance(10 * DAY_MS)

    with patch.object(expiry, "LOTS_AT_ONCE", 2):
        assert short.cloud.database.transact(expiry.expire_some) == Expired(lots=2, points=20)
        short.assert_book_is_sound()
        assert expire_all(short.cloud.database) == Expired(lots=3, points=30)
    assert _balance(short, f"breakage:{short.store.brand_id}") == 50
    short.assert_book_is_sound()


def test_a_portion_that_is_killed_leaves_nothing_and_the_next_run_books_all(short: World) -> None:
    """PNT-17: the process dies between the postings and the commit."""
    device = short.device()
    for n in range(4):
        device.push(device.earn(1000, phone=f"+8210555500{n:02d}"))
    short.clock.advance(10 * DAY_MS)

    def dies(work: Work, postings: Sequence[NewPosting]) -> None:
        post(work, postings)
        work.exchange()
        raise KeyboardInterrupt

    with patch.object(expiry, "LOTS_AT_ONCE", 2):
        assert short.cloud.database.transact(expiry.expire_some) == Expired(lots=2, points=20)
        with patch.object(expiry, "post", dies), pytest.raises(KeyboardInterrupt):
            short.cloud.database.transact(expiry.expire_some)
        assert _balance(short, f"breakage:{short.store.brand_id}") == 20
        short.assert_book_is_sound()
        assert expire_all(short.cloud.database) == Expired(lots=2, points=20)
    assert _expiries(short) == 4
    short.assert_book_is_sound()


def test_what_is_sold_and_used_between_two_portions_stands(short: World) -> None:
    """PNT-17: one member's lots lapse in two portions; in between the member earns, and asks to use what is left."""
    device = short.device()
    device.push(*[device.earn(1000) for _ in range(3)])
    member = short.member()
    short.clock.advance(10 * DAY_MS)

    with patch.object(expiry, "LOTS_AT_ONCE", 1):
        assert short.cloud.database.transact(expiry.expire_some) == Expired(lots=3, points=30)
        device.push(device.earn(1000, phone=OTHER_PHONE))
        device.push(device.earn(700))
        short.clock.advance(10 * DAY_MS - 1)
        asked = short.ask_points(member, 5)
        short.clock.advance(1)
        assert short.cloud.database.transact(expiry.expire_some).lots == 1
        device.push(device.seen(asked["request_id"]), device.decide(asked["request_id"], "approve"))
        device.push(device.earn(900))
        assert expire_all(short.cloud.database).lots == 1

    assert short.points(member) == (9, 0, 0)
    assert _balance(short, f"breakage:{short.store.brand_id}") == 30 + 10 + 2
    short.assert_book_is_sound()


def test_many_jobs_at_once_book_everything_once(short: World) -> None:
    device = short.device()
    device.push(*[device.earn(1000, phone=f"+82105555{n:04d}") for n in range(60)])
    short.clock.advance(10 * DAY_MS)

    with patch.object(expiry, "LOTS_AT_ONCE", 7), ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: expire_all(short.cloud.database), range(4)))

    assert (sum(one.lots for one in done), sum(one.points for one in done)) == (60, 600)
    assert _balance(short, f"breakage:{short.store.brand_id}") == 600
    short.assert_book_is_sound()


def test_the_job_books_what_is_over_in_portions_and_rests_between_them(short: World) -> None:
    """PNT-17: what expires at once for many members must not keep a counter waiting."""
    device = short.device()
    device.push(*[device.earn(1000, phone=f"+82105555{n:04d}") for n in range(3)])
    (expiry_job,) = (one for one in long_jobs(short.cloud.vault) if one.name == "points-expiry")
    booked: list[int] = []

    def rest(seconds: float) -> None:
        assert 0 < seconds <= REST_MAX_S
        booked.append(_balance(short, f"breakage:{short.store.brand_id}"))

    runner = Runner(short.cloud.database, short.clock, [expiry_job], holder="here", rest=rest)
    runner.run_due()
    short.clock.advance(10 * DAY_MS)
    with patch.object(expiry, "LOTS_AT_ONCE", 1):
        assert runner.run_due() == 1

    assert booked == [10, 20, 30]
    short.assert_book_is_sound()


def test_a_new_policy_leaves_the_lots_of_before_alone(short: World) -> None:
    device = short.device()
    device.push(device.earn(1000))
    longer = replace(short.policy, lot_valid_days=100)
    short.cloud.database.transact(lambda work: set_policy(work, short.store.brand_id, longer))
    device.push(device.earn(2000))
    short.clock.advance(10 * DAY_MS)

    assert expire_all(short.cloud.database) == Expired(lots=1, points=10)
    assert short.points(short.member()) == (20, 0, 0)
