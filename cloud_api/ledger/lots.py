"""Lots: points that came in together and expire together; spent soonest expiry first (PNT-17).

A posting that gives points to a member says when they expire and so makes a lot; one that takes points names what it
takes from which lots. ``service.post`` writes both and refuses a posting whose lots and entries disagree, so what
remains of a member's lots is always the balance of the member's account. Who calls ``take`` or ``put_back`` holds the
lock of that account, which guards the lots too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from cloud_api.bulk import FEW_ROWS, select_among
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.exchange import Statement, listed
from cloud_api.ledger.models import AccountKind

# Later than any clock, and still a whole number everywhere on the wire.
NEVER_MS = 2**53 - 1


@dataclass(slots=True)
class LotUse:
    """Points that a posting takes from a lot, or puts back into it (below zero)."""

    member_id: str
    expires_ms: int
    lot_posting_id: str  # the posting that made the lot
    points: int


def expiry_ms(now_ms: int, valid_days: int) -> int:
    """When points of now expire; never, for a policy of 0 days."""
    return now_ms + valid_days * DAY_MS if valid_days else NEVER_MS


_EXPIRED = (
    "SELECT member_id, sum(remaining) AS points FROM lot"
    " WHERE member_id {members} AND expires_ms <= :now_ms AND remaining > 0 GROUP BY member_id"
)
# Soonest expiry first, then oldest; what never expires comes last by its number. This is the order of the key.
_TO_TAKE = text(
    "SELECT expires_ms, posting_id, remaining FROM lot"
    " WHERE member_id = :member_id AND expires_ms > :now_ms AND remaining > 0 ORDER BY expires_ms, posting_id"
)
# What a request still has from each lot; latest expiry first, because that is worth most to the member.
_TAKEN = text(
    "SELECT lot.expires_ms, lot.posting_id, sum(lot_use.points) AS points FROM posting"
    " JOIN lot_use ON lot_use.posting_id = posting.posting_id"
    " JOIN lot ON lot.member_id = :member_id AND lot.posting_id = lot_use.lot_posting_id"
    " WHERE posting.request_id = :request_id GROUP BY lot.expires_ms, lot.posting_id"
    " HAVING sum(lot_use.points) > 0 ORDER BY lot.expires_ms DESC, lot.posting_id DESC"
)

# By way of the account, because a book has far more uses of lots than one member has entries.
_LAPSED = text(
    "SELECT coalesce(sum(lot_use.points), 0) FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    " JOIN lot_use ON lot_use.posting_id = entry.posting_id AND lot_use.lot_posting_id = :own"
    " WHERE entry.account_id = :account_id AND posting.kind IN ('expiry', 'lapse', 'stamp_expiry')"
)
_OVER = text("SELECT remaining FROM lot WHERE member_id = :member_id AND posting_id = :own AND expires_ms <= :now_ms")


def booked_lapsed(conn: Connection, unit: AccountKind, member_id: str, own: str) -> int:
    """What of the lot that this posting made was booked as over."""
    asked = {"own": own, "account_id": f"{unit.value}:{member_id}"}
    return int(conn.execute(_LAPSED, asked).scalar_one())


def lapsed(conn: Connection, member_id: str, own: str, now_ms: int) -> int:
    """What of the points that this posting gave is over, booked or not: nobody could spend it any more."""
    left = conn.execute(_OVER, {"member_id": member_id, "own": own, "now_ms": now_ms}).scalar_one_or_none()
    return booked_lapsed(conn, AccountKind.MEMBER, member_id, own) + int(left or 0)


def expired(conn: Connection, member_ids: Iterable[str], now_ms: int) -> dict[str, int]:
    """Points of these members that are over and whose expiry was not booked yet."""
    found = select_among(conn, _EXPIRED, {"members": member_ids}, now_ms=now_ms)
    return {row.member_id: int(row.points) for row in found}


def take(conn: Connection, member_id: str, points: int, now_ms: int) -> tuple[LotUse, ...]:
    """The lots to take from; together ``points``, or all that is spendable when that is less."""
    uses = []
    for row in conn.execute(_TO_TAKE, {"member_id": member_id, "now_ms": now_ms}):
        if points <= 0:
            break
        taken = min(points, row.remaining)
        uses.append(LotUse(member_id, row.expires_ms, row.posting_id, taken))
        points -= taken
    return tuple(uses)


def put_back(conn: Connection, member_id: str, request_id: str, points: int) -> tuple[LotUse, ...]:
    """Points of a request that go back into the lots they came from, also into those that expired meanwhile."""
    uses = []
    for row in conn.execute(_TAKEN, {"member_id": member_id, "request_id": request_id}):
        if points <= 0:
            break
        back = min(points, int(row.points))
        uses.append(LotUse(member_id, row.expires_ms, row.posting_id, -back))
        points -= back
    return tuple(uses)


def total(uses: Iterable[LotUse]) -> int:
    """What the uses take together; below zero when they put back."""
    return sum(use.points for use in uses)


_MOVE = Statement(
    "UPDATE lot SET remaining = remaining - $1 WHERE member_id = $2 AND expires_ms = $3 AND posting_id = $4"
)
_MOVE_LISTED = Statement(
    "UPDATE lot SET remaining = lot.remaining - moved.points"
    " FROM (SELECT member_id, expires_ms, posting_id, sum(points) AS points FROM ("
    "  SELECT unnest(CAST(string_to_array($1, chr(10)) AS BIGINT[])) AS points,"
    "  unnest(string_to_array($2, chr(10))) AS member_id,"
    "  unnest(CAST(string_to_array($3, chr(10)) AS BIGINT[])) AS expires_ms,"
    "  unnest(string_to_array($4, chr(10))) AS posting_id) AS listed"
    "  GROUP BY member_id, expires_ms, posting_id) AS moved"
    " WHERE lot.member_id = moved.member_id AND lot.expires_ms = moved.expires_ms"
    " AND lot.posting_id = moved.posting_id"
)


def move_remaining(work: Work, uses: Sequence[LotUse]) -> None:
    """Brings the lots' cached rests up to date with new uses."""
    rows = [(use.points, use.member_id, use.expires_ms, use.lot_posting_id) for use in uses]
    if len(rows) <= FEW_ROWS:
        for row in rows:
            work.later(_MOVE, *row)
    elif work.postgres:
        work.later(_MOVE_LISTED, *(listed(column, postgres=True) for column in zip(*rows, strict=True)))
    else:
        work.conn.exec_driver_sql(_MOVE.sqlite, rows)
