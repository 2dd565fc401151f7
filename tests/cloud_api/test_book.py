"""The book itself: balanced, append-only, and able to prove it."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from cloud_api.database import Work
from cloud_api.ledger import lots
from cloud_api.ledger.lots import NEVER_MS
from cloud_api.ledger.models import PostingKind, account, entry, lot, lot_use, posting
from cloud_api.ledger.service import Line, NewPosting, Unbalanced, post
from tests.cloud_api.world import World


@pytest.fixture
def booked(world: World) -> World:
    device = world.device()
    device.push(device.earn(), device.earn())
    return world


def test_the_book_refuses_every_change_in_the_database_itself(booked: World) -> None:
    """Case 61: whoever gets past the program still cannot rewrite history."""
    member = booked.member()
    booked.ask_points(member, 10)
    attempts = [
        update(entry).values(amount=1),
        delete(entry),
        update(posting).values(actor="x"),
        delete(posting),
        update(lot_use).values(points=1),
        delete(lot_use),
        update(lot).values(points=1_000),
        update(lot).values(expires_ms=NEVER_MS, remaining=0),
        update(lot).values(member_id="other"),
        update(lot).values(posting_id="other"),
        delete(lot),
    ]
    if not booked.cloud.database.is_sqlite:
        attempts += [text(f"TRUNCATE {name} CASCADE") for name in ("posting", "entry", "lot", "lot_use")]
    for attempt in attempts:
        with pytest.raises(DBAPIError, match="append-only"):
            booked.cloud.database.transact(lambda work, attempt=attempt: work.conn.execute(attempt))
    assert booked.points(member) == (80, 10, 0)
    booked.assert_book_is_sound()


def test_a_posting_that_does_not_balance_is_refused_whole(booked: World) -> None:
    member = booked.member()
    lines = (Line(f"store_issuance:{booked.store.store_id}", -5), Line(f"member:{member}", 4))

    def unbalanced(work: Work) -> None:
        post(work, [NewPosting("p", PostingKind.EARN, booked.store.store_id, member, "x", lines)])

    with pytest.raises(Unbalanced):
        booked.cloud.database.transact(unbalanced)
    booked.assert_book_is_sound()


def test_a_posting_to_an_account_that_does_not_exist_is_refused_whole(booked: World) -> None:
    lines = (Line(f"store_issuance:{booked.store.store_id}", -5), Line("offline_loss:nowhere", 5))

    def nowhere(work: Work) -> None:
        post(work, [NewPosting("p", PostingKind.EARN, booked.store.store_id, booked.store.store_id, "x", lines)])

    with pytest.raises(Unbalanced, match="no account"):
        booked.cloud.database.transact(nowhere)
    booked.assert_book_is_sound()


def test_a_posting_whose_lots_disagree_with_its_entries_is_refused_whole(booked: World) -> None:
    member = booked.member()
    store = f"store_issuance:{booked.store.store_id}"
    spend = (Line(f"member:{member}", -50), Line(store, 50))
    credit = (Line(store, -50), Line(f"member:{member}", 50))

    def forge(lines: tuple[Line, ...], taken: int) -> None:
        def job(work: Work) -> None:
            uses = lots.take(work.conn, member, taken, work.now_ms)
            made = NewPosting("p", PostingKind.REVERSAL, booked.store.store_id, member, "x", lines, uses=uses)
            post(work, [made])

        booked.cloud.database.transact(job)

    for lines, taken in ((spend, 0), (spend, 49), (credit, 0)):
        with pytest.raises(Unbalanced):
            forge(lines, taken)
    assert booked.points(member) == (90, 0, 0)


def test_a_member_below_zero_is_impossible_in_the_database_itself(booked: World) -> None:
    """PNT-09."""
    member = booked.member()
    for overdraw in (
        update(account).where(account.c.account_id == f"member:{member}").values(balance=-1),
        update(lot).values(remaining=-1),
        update(lot).values(remaining=lot.c.points + 1),
    ):
        with pytest.raises(DBAPIError, match=r"member_never_below_zero|lot_within_its_points"):
            booked.cloud.database.transact(lambda work, overdraw=overdraw: work.conn.execute(overdraw))
    assert booked.points(member) == (90, 0, 0)
