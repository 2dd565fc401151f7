"""Owns the invariants that are cheap enough for every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from simulation.disks import committing
from simulation.lots import check_lots
from simulation.outcomes import demand

DEEP_EVERY = 12
_STARTS_OVER = ("sync.snapshot._switch", "sync.enroll._keep")
_EACH_COMMIT = """
    SELECT coalesce(sum(balance), 0),
        coalesce(min(balance) FILTER (WHERE kind IN ('member', 'member_hold', 'member_stamps', 'member_boards')), 0),
        coalesce(sum(balance) FILTER (WHERE kind = 'member_hold'), 0),
        (SELECT coalesce(max(booked_ms), 0) FROM posting),
        (SELECT coalesce(sum(points), 0) FROM request WHERE state IN ('requested', 'seen'))
    FROM account
"""


def watch_cloud(clock: Callable[[], int]) -> Callable[[sqlite3.Connection], None]:
    """I1, I5, I6 after every commit of the cloud; replays the whole book every few commits."""
    commits = 0

    def after_commit(conn: sqlite3.Connection) -> None:
        nonlocal commits
        commits += 1
        total, lowest, held, booked_ms, waiting = conn.execute(_EACH_COMMIT).fetchone()
        demand(total == 0, "I1", f"balances sum to {total}")
        demand(lowest >= 0, "I5", f"a member has {lowest}")
        demand(booked_ms <= clock(), "I1", f"a posting of {booked_ms - clock()} ms from now")
        demand(held == waiting, "I6", f"{held} points are held, open requests wait for {waiting}")
        if commits % DEEP_EVERY == 0:
            check_book(conn)

    return after_commit


def check_book(conn: sqlite3.Connection) -> None:
    """I1: every posting sums to zero, every balance equals the replay of its entries."""
    crooked = conn.execute("SELECT posting_id FROM entry GROUP BY posting_id HAVING sum(amount) <> 0").fetchall()
    demand(not crooked, "I1", f"postings that do not sum to zero: {crooked}")
    drifted = conn.execute(
        "SELECT account_id, balance, (SELECT coalesce(sum(amount), 0) FROM entry e WHERE e.account_id = a.account_id)"
        " AS replay FROM account a WHERE balance <> replay"
    ).fetchall()
    demand(not drifted, "I1", f"balances that are not their replay: {drifted}")
    check_lots(conn)


class CounterWatch:
    """I7 and the outbox's own order after every commit of a counter."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reached: tuple[int, int, int] | None = None
        self.skipped: set[tuple[str, int, int]] = set()  # rows that a snapshot stands for: feed, generation, number
        self._rewinds = 0
        self._heads: dict[tuple[str, int], int] = {}

    def may_rewind(self) -> None:
        """Somebody enrolled it again, or the cloud went back: it may start its feeds over, and from an older answer."""
        self._rewinds += 3

    def after_commit(self, conn: sqlite3.Connection) -> None:
        name, reached = self._name, self._reached or (0, 0, 0)
        found = conn.execute("SELECT generation, store_n, brand_n FROM inbox_cursor").fetchone()
        cursor = (int(found[0]), int(found[1]), int(found[2]))
        on = cursor[0] > reached[0] or (cursor[0] == reached[0] and cursor[1] >= reached[1] and cursor[2] >= reached[2])
        self._rewinds -= not on
        demand(self._rewinds >= 0, "I7", f"{name}'s cursor went from {reached} to {cursor}")
        if cursor != self._reached:
            self._moved(conn, reached, cursor, on=on)
        self._reached = cursor
        for device_id, epoch, last_seq in conn.execute("SELECT device_id, epoch, last_seq FROM outbox_head"):
            before = self._heads.get((device_id, epoch), 0)
            demand(last_seq >= before, "I9", f"{name} gave number {before} and stands at {last_seq}")
            self._heads[(device_id, epoch)] = last_seq
        foreign = conn.execute(
            "SELECT seq, result_json FROM outbox WHERE json_extract(result_json, '$.op_id') <> op_id"
        ).fetchone()
        demand(foreign is None, "I10", f"{name} booked the answer to another operation: {foreign and tuple(foreign)}")

    def _moved(
        self, conn: sqlite3.Connection, before: tuple[int, int, int], after: tuple[int, int, int], *, on: bool
    ) -> None:
        """The rows up to the cursor are here, but for those that a snapshot stood for; nothing else goes back."""
        generation, store_n, brand_n = after
        began = before if before[0] == generation else (generation, 0, 0)
        skipped = set()
        for feed, first, last in (("store", began[1] + 1, store_n), ("brand", began[2] + 1, brand_n)):
            sql = "SELECT n FROM feed_row WHERE feed = ? AND generation = ? AND n BETWEEN ? AND ?"
            read = {row[0] for row in conn.execute(sql, (feed, generation, first, last))}
            skipped |= {(feed, generation, n) for n in range(first, last + 1) if n not in read}
        if (skipped or not on) and self._reached is not None:
            where = committing()
            demand(where in _STARTS_OVER, "I7", f"{self._name} went from {before} to {after} in {where}")
        self.skipped |= skipped
