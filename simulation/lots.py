"""Owns a second opinion on lots: every posting is replayed on a model of its own, in the order of booking."""

from __future__ import annotations

import sqlite3
from collections import defaultdict

from simulation.outcomes import demand

SPENDS = ("hold", "spend", "adjustment")
LATE_MS = 130_000  # the job runs every minute; two of its turns and the call that it waits for

# What was spent without a line took what was good then; one that was taken back no longer tells when that was.
_IN_ORDER = (
    "SELECT posting_id, kind, CASE kind WHEN 'spend' THEN (SELECT r.decided_ms FROM request r WHERE r.spend_op_id ="
    " posting.op_id AND r.state IN ('approved', 'auto_approved')) ELSE booked_ms END FROM posting ORDER BY rowid"
)

_SPENDS = (
    "SELECT p.posting_id, p.member_id, sum(e.amount) FILTER (WHERE a.kind = 'store_redemption'),"
    " coalesce(-sum(e.amount) FILTER (WHERE a.kind = 'offline_loss'), 0) FROM posting p JOIN entry e USING (posting_id)"
    " JOIN account a USING (account_id) WHERE p.kind = 'spend' GROUP BY 1, 2"
)

Key = tuple[int, str]  # when it expires, and the posting that made it


def check_lots(conn: sqlite3.Connection) -> None:
    """PNT-17: lots are balances; what has expired is not spent; the soonest expiry goes first; only what is over is
    booked as over."""
    lots: dict[str, dict[Key, int]] = defaultdict(dict)
    made = defaultdict(list)
    uses = defaultdict(list)
    for posting_id, member_id, expires_ms, points in conn.execute(
        "SELECT posting_id, member_id, expires_ms, points FROM lot"
    ):
        made[posting_id].append((member_id, (expires_ms, posting_id), points))
    for posting_id, member_id, lot_id, expires_ms, points in conn.execute(
        "SELECT lot_use.posting_id, lot.member_id, lot.posting_id, lot.expires_ms, lot_use.points FROM lot_use"
        " JOIN lot ON lot.posting_id = lot_use.lot_posting_id"
    ):
        uses[posting_id].append((member_id, (expires_ms, lot_id), points))
    spends = {row[0]: row[1:] for row in conn.execute(_SPENDS)}
    for posting_id, kind, booked_ms in conn.execute(_IN_ORDER):
        for member_id, key, points in made[posting_id]:
            lots[member_id][key] = points
        taken = {key: points for _, key, points in uses[posting_id] if points > 0}
        if posting_id in spends and booked_ms is not None:
            _loss(posting_id, booked_ms, lots, *spends[posting_id])
        if taken and booked_ms is not None:
            _taken(kind, booked_ms, lots[uses[posting_id][0][0]], taken)
        for member_id, key, points in uses[posting_id]:
            lots[member_id][key] -= points
            demand(lots[member_id][key] >= 0, "lots", f"{kind} {posting_id} took more than lot {key} had")
    _equal_balances(conn, lots)


def _loss(posting_id: str, at_ms: int, lots: dict[str, dict[Key, int]], member_id: str, points: int, loss: int) -> None:
    """I5: the store bears exactly what the member did not have."""
    had = sum(left for key, left in lots[member_id].items() if key[0] > at_ms)
    demand(loss == max(points - had, 0), "I5", f"{posting_id}: {points} of {had} points were spent, {loss} are lost")


def _taken(kind: str, booked_ms: int, lots: dict[Key, int], taken: dict[Key, int]) -> None:
    if kind == "expiry":
        early = [key for key in taken if key[0] > booked_ms]
        demand(not early, "lots", f"expired before their time: {early} at {booked_ms}")
    elif kind in SPENDS:
        over = [key for key in taken if key[0] <= booked_ms]
        demand(not over, "lots", f"{kind} at {booked_ms} spent what had expired: {over}")
        spared = [
            key
            for key, points in lots.items()
            if booked_ms < key[0] and key < max(taken) and points > taken.get(key, 0)
        ]
        demand(not spared, "lots", f"{kind} took {taken} and spared {spared}, which expire sooner")


def _equal_balances(conn: sqlite3.Connection, lots: dict[str, dict[Key, int]]) -> None:
    holders = "SELECT owner_id, balance FROM account WHERE kind IN ('member', 'member_stamps')"
    for member_id, balance in conn.execute(holders):
        remains = sum(lots[member_id].values())
        demand(remains == balance, "lots", f"{member_id} has {balance} and {remains} in lots")
    for posting_id, member_id, expires_ms, remaining in conn.execute(
        "SELECT posting_id, member_id, expires_ms, remaining FROM lot"
    ):
        found = lots[member_id][(expires_ms, posting_id)]
        demand(found == remaining, "lots", f"lot {posting_id} says {remaining}, its uses leave {found}")


def check_expired(conn: sqlite3.Connection, now_ms: int) -> None:
    """PNT-17: at rest everything that is over is booked to breakage."""
    left = conn.execute("SELECT count(*) FROM lot WHERE remaining > 0 AND expires_ms <= ?", (now_ms - LATE_MS,))
    demand(left.fetchone()[0] == 0, "lots", "points are over for minutes and their expiry is not booked")
    broke, booked = conn.execute(
        "SELECT (SELECT coalesce(sum(balance), 0) FROM account WHERE kind = 'breakage'),"
        " (SELECT coalesce(sum(lot_use.points), 0) FROM lot_use JOIN posting USING (posting_id)"
        "  WHERE posting.kind = 'expiry')"
    ).fetchone()
    demand(broke == booked, "lots", f"{booked} points expired, breakage has {broke}")


def check_corrections(conn: sqlite3.Connection, alone: int) -> None:
    """R8: one posting for each confirmed correction, none for others, and two people for large ones."""
    for state, points, by, second, kind, moved in conn.execute(
        "SELECT a.state, a.points, a.proposed_by, a.decided_by, p.kind, (SELECT sum(e.amount) FROM entry e"
        "  JOIN account c USING (account_id) WHERE e.posting_id = p.posting_id AND c.kind IN ('member', 'member_debt'))"
        " FROM adjustment a LEFT JOIN posting p USING (posting_id)"
    ):
        where = f"a correction of {points} points is {state}"
        demand((kind is not None) == (state == "confirmed"), "correction", f"{where}, its posting is {kind}")
        demand(kind is None or moved == points, "correction", f"{where} and moved {moved}")
        two = second is not None and by.split() != second.split()
        demand(state != "confirmed" or abs(points) <= alone or two, "correction", f"{where} by {by} and {second}")
    booked = conn.execute("SELECT count(*) FROM posting WHERE kind = 'adjustment'").fetchone()[0]
    confirmed = conn.execute("SELECT count(*) FROM adjustment WHERE state = 'confirmed'").fetchone()[0]
    demand(booked == confirmed, "correction", f"{confirmed} corrections are confirmed, {booked} booked")
