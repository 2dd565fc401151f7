"""Purses: points of a member that are good at one place only, and stamps of one card (PNT-03, Ambiguity A6).

A purse's id stands where otherwise the member's stands: as owner of accounts and lots, and in postings. Points of a
brand that never chose a scope belong to the member everywhere, and have no purse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from cloud_api.bulk import FEW_ROWS, listed
from cloud_api.database import Work
from cloud_api.exchange import Statement
from cloud_api.ledger.models import AccountKind, purse
from cloud_api.ledger.service import open_accounts, open_member_accounts
from rules.earning import EarningMethod, PointScope

_POINTS, _STAMPS = "@", "~"


@dataclass(frozen=True)
class NewPurse:
    """A purse that may not exist yet."""

    purse_id: str
    member_id: str
    place_id: str
    unit: EarningMethod


def points_holder(member_id: str, scope: PointScope | None, brand_id: str, store_id: str) -> str:
    """Who holds what the member has at that store: a purse, or the member where nothing is kept apart."""
    if scope is None:
        return member_id
    return f"{member_id}{_POINTS}{brand_id if scope is PointScope.INTEGRATED else store_id}"


def stamps_holder(member_id: str, scope: PointScope | None, brand_id: str, store_id: str) -> str:
    """The purse of the member's card: one a store, or one for all stores of a brand that says so."""
    return f"{member_id}{_STAMPS}{brand_id if scope is PointScope.INTEGRATED else store_id}"


def new_purse(holder: str) -> NewPurse | None:
    """What a holder's name says; None for a member."""
    for mark, unit in ((_POINTS, EarningMethod.POINT), (_STAMPS, EarningMethod.STAMP)):
        member_id, found, place_id = holder.partition(mark)
        if found:
            return NewPurse(holder, member_id, place_id, unit)
    return None


def holds_stamps(holder: str) -> bool:
    """Whether this holder's lots are stamps."""
    return _STAMPS in holder


def member_of(holder: str) -> str:
    """Whose it is."""
    found = new_purse(holder)
    return holder if found is None else found.member_id


def of_another(holder: str, member_id: str) -> str:
    """The same place's holder of another member."""
    return member_id + holder[len(member_of(holder)) :]


_OPEN = Statement(
    "INSERT INTO purse (purse_id, member_id, place_id, unit, opened_ms) VALUES ($1, $2, $3, $4, CAST($5 AS BIGINT))"
    " ON CONFLICT (purse_id) DO NOTHING"
)
_OPEN_LISTED = text(
    "INSERT INTO purse (purse_id, member_id, place_id, unit, opened_ms)"
    " SELECT unnest(string_to_array(:purses, chr(10))), unnest(string_to_array(:members, chr(10))),"
    " unnest(string_to_array(:places, chr(10))), unnest(string_to_array(:units, chr(10))), :now_ms"
    " ON CONFLICT (purse_id) DO NOTHING"
)
_STAMP_ACCOUNTS = (AccountKind.MEMBER_STAMPS, AccountKind.MEMBER_BOARDS)


def open_purses(work: Work, holders: Iterable[str]) -> None:
    """Makes those of these purses that are missing, with their accounts; members are left alone."""
    found = [made for made in map(new_purse, sorted(set(holders))) if made is not None]
    if len(found) <= FEW_ROWS or not work.postgres:
        for one in found:
            work.later(_OPEN, one.purse_id, one.member_id, one.place_id, one.unit.value, work.now_ms)
    else:
        rows = [(one.purse_id, one.member_id, one.place_id, one.unit.value) for one in found]
        columns = dict(zip(("purses", "members", "places", "units"), zip(*rows, strict=True), strict=True))
        values = {name: listed(work.conn, column) for name, column in columns.items()}
        work.conn.execute(_OPEN_LISTED, values | {"now_ms": work.now_ms})
    points = [one.purse_id for one in found if one.unit is EarningMethod.POINT]
    stamps = [one.purse_id for one in found if one.unit is EarningMethod.STAMP]
    if points:
        open_member_accounts(work.conn, points)
    if stamps:
        open_accounts(work.conn, _STAMP_ACCOUNTS, stamps)


def holders_of(conn: Connection, member_id: str) -> list[str]:
    """Everything that holds something of the member, the member first."""
    query = select(purse.c.purse_id).where(purse.c.member_id == member_id).order_by(purse.c.purse_id)
    return [member_id, *conn.execute(query).scalars()]
