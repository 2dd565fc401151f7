"""Owns the tables inbox_cursor and feed_row: rows of the cloud's feeds are applied once, in order, with the cursor.

Rules: AGT-11.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sync.errors import FeedGap, FeedMoved
from sync.meta import forget_meta, get_meta, set_meta
from sync.outbox import LAST_SYNCED
from sync.protocol import Cursor, FeedRow

log = logging.getLogger("sync")

FEED_ROWS_KEPT = 1_000  # a feed; for support only
MARKED = "sync.cursor_marked"  # meta: the cursor with when its rows were written; counts while it is the cursor


@dataclass(frozen=True)
class RowContext:
    """When a row reached this device, and from which generation of the cloud.

    ``remaining_ms`` in a body counts from ``received_mono_ms``. A projection with a lower version is news all the
    same when its generation is higher: the cloud was restored.
    """

    received_mono_ms: int
    boot_id: str
    wall_ms: int
    generation: int = 0


Applier = Callable[[sqlite3.Connection, FeedRow, RowContext], None]


@dataclass(frozen=True)
class Applied:
    """``fresh`` rows were applied, ``repeated`` ones were known, ``failed`` ones are kept for a person to look at."""

    fresh: int
    repeated: int
    failed: int
    cursor: str


def read_cursor(conn: sqlite3.Connection) -> Cursor:
    """Where the next row is expected; the start of generation 0 before the first one."""
    row = conn.execute("SELECT generation, store_n, brand_n FROM inbox_cursor WHERE id = 1").fetchone()
    found = Cursor(0, 0, 0) if row is None else Cursor(row[0], row[1], row[2])
    marked = Cursor.parse(get_meta(conn, MARKED) or str(found))
    return marked if marked == found else found


def write_cursor(conn: sqlite3.Connection, cursor: Cursor) -> None:
    """Moves the cursor without rows: at enrollment and by a snapshot."""
    conn.execute(
        "INSERT INTO inbox_cursor (id, generation, store_n, brand_n) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET generation = excluded.generation, store_n = excluded.store_n, brand_n = excluded.brand_n",
        (cursor.generation, cursor.store_n, cursor.brand_n),
    )
    set_meta(conn, MARKED, cursor.marked())


def apply_rows(
    conn: sqlite3.Connection,
    rows: Iterable[FeedRow],
    cursor_after: str,
    *,
    appliers: Mapping[str, Applier],
    context: RowContext,
) -> Applied:
    """Applies a page or a single streamed row inside the caller's transaction and moves the cursor with it.

    Rows at or before the cursor are known and skipped. Raises FeedGap when a number is missing, also when
    ``cursor_after`` claims more than the rows show, FeedMoved when it is of another generation, ValueError when it
    is no cursor: the caller's transaction must then be rolled back. A row that an applier cannot take is kept with
    its error and does not hold up the rows behind it; a kind nobody applies is kept without.
    """
    ours = read_cursor(conn)
    theirs = Cursor.parse(cursor_after)
    if theirs.generation != ours.generation:
        raise FeedMoved(ours.generation, theirs.generation)
    reached = {"store": ours.store_n, "brand": ours.brand_n}
    written = {"store": ours.store_ms, "brand": ours.brand_ms}
    fresh = repeated = failed = 0
    for row in rows:
        expected = reached[row.feed] + 1
        if row.n < expected:
            repeated += 1
            continue
        if row.n > expected:
            raise FeedGap(row.feed, expected, row.n)
        error = apply_one(conn, row, appliers.get(row.kind), context)
        _remember(conn, row, context, ours.generation, error)
        reached[row.feed], written[row.feed] = row.n, row.written_ms
        fresh += 1
        failed += error is not None
    for feed, claimed in (("store", theirs.store_n), ("brand", theirs.brand_n)):
        if claimed > reached[feed]:
            raise FeedGap(feed, reached[feed] + 1, claimed)
    after = Cursor(ours.generation, reached["store"], reached["brand"], written["store"], written["brand"])
    if after != ours:
        write_cursor(conn, after)
    set_meta(conn, LAST_SYNCED, str(context.wall_ms))
    return Applied(fresh, repeated, failed, str(after))


def apply_one(conn: sqlite3.Connection, row: FeedRow, applier: Applier | None, context: RowContext) -> str | None:
    """Why the row could not be applied, or None; its own changes are undone then. Raises sqlite3.OperationalError."""
    if applier is None:
        log.info("feed_row_unknown kind=%s feed=%s n=%s", row.kind, row.feed, row.n)
        return None
    conn.execute("SAVEPOINT feed_row")
    try:
        applier(conn, row, context)
    except sqlite3.OperationalError:  # disk full and the like: nothing of the page may stand
        raise
    except Exception as bug:
        conn.execute("ROLLBACK TO feed_row")
        forget_meta(conn)
        log.exception("feed_row_failed kind=%s feed=%s n=%s", row.kind, row.feed, row.n)
        return f"{type(bug).__name__}: {bug}"[:500]
    finally:
        if conn.in_transaction:
            conn.execute("RELEASE feed_row")
    return None


def _remember(conn: sqlite3.Connection, row: FeedRow, context: RowContext, generation: int, error: str | None) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO feed_row (feed, generation, n, kind, body, received_wall_ms, error)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.feed, generation, row.n, row.kind, json.dumps(row.body, ensure_ascii=False), context.wall_ms, error),
    )
    conn.execute(
        "DELETE FROM feed_row WHERE feed = ? AND error IS NULL AND (generation < ? OR n <= ?)",
        (row.feed, generation, row.n - FEED_ROWS_KEPT),
    )


def forget_rows(conn: sqlite3.Connection) -> None:
    """The cloud has lost rows that it gave us: which of those here it still has, nobody knows."""
    conn.execute("DELETE FROM feed_row WHERE error IS NULL")


def failed_rows(conn: sqlite3.Connection) -> int:
    """How many rows our own code could not apply."""
    return int(conn.execute("SELECT count(*) FROM feed_row WHERE error IS NOT NULL").fetchone()[0])
