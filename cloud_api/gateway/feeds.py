"""Feeds: publishing rows, numbering them without gaps, and reading them from a cursor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from cloud_api import strict_json
from cloud_api.bulk import FEW_ROWS, insert_rows
from cloud_api.database import Published, Work
from cloud_api.errors import ApiError
from cloud_api.exchange import Asked, Statement
from cloud_api.gateway.models import feed, feed_row, server_state
from rules.requests import RequestState
from sync.protocol import Cursor, FeedKind

GENERATION = "generation"
CONSUMERS = "consumers"  # the feed of what consumers have to be told; apps poll it, devices never see it
MEMBERS = "members"  # the feed of who joined, became another member, or left; for integrators alone


def store_feed(store_id: str) -> str:
    """Feed of one store."""
    return f"store:{store_id}"


def brand_feed(brand_id: str) -> str:
    """Feed that all stores of a brand read."""
    return f"brand:{brand_id}"


def create(conn: Connection, feed_id: str) -> None:
    """A new empty feed."""
    conn.execute(insert(feed).values(feed_id=feed_id, n=0, pruned_n=0))


def publish(work: Work, feed_id: str, kind: FeedKind, body: dict[str, Any], *, deadline_ms: int | None = None) -> None:
    """Adds a row to the feed when the transaction ends."""
    written = strict_json.dumps(body)
    work.published.append(Published(feed_id, kind.value, written, deadline_ms))


_ROW_COLUMNS = ("feed_id", "n", "kind", "body", "deadline_ms", "written_ms")
_ADVANCE = Statement("UPDATE feed SET n = n + $2 WHERE feed_id = $1 RETURNING n")
_GROW = Statement("UPDATE feed SET n = n + $2 WHERE feed_id = $1")
# ``n`` less how many of its rows come after this one.
_NUMBERED = Statement(
    "INSERT INTO feed_row (feed_id, n, kind, body, deadline_ms, written_ms)"
    " SELECT feed_id, n - $2, $3, $4, CAST($5 AS BIGINT), CAST($6 AS BIGINT) FROM feed WHERE feed_id = $1"
)


def write_published(work: Work) -> None:
    """Numbers the rows that the transaction publishes; its last statements.

    The counter's row lock is held from here to the commit: numbers are given in commit order and a rolled back
    transaction gives its numbers back. A sequence or a timestamp would do neither. Feeds are taken in one order by
    everybody, so that two writers never wait for each other.
    """
    by_feed: dict[str, list[Published]] = {}
    for row in work.published:
        by_feed.setdefault(row.feed_id, []).append(row)
    if len(work.published) > FEW_ROWS:
        _number_many(work, sorted(by_feed.items()))
        return
    for feed_id, rows in sorted(by_feed.items()):
        _number_few(work, feed_id, rows)


def _number_few(work: Work, feed_id: str, rows: Sequence[Published]) -> None:
    """Asks for no number, so that all of it goes along with the commit."""
    work.later(_GROW, feed_id, len(rows))
    for after, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        work.later(_NUMBERED, feed_id, after, row.kind, row.body, row.deadline_ms, work.now_ms)


def _number_many(work: Work, by_feed: Sequence[tuple[str, Sequence[Published]]]) -> None:
    grown = work.exchange(*(Asked(_ADVANCE, (feed_id, len(rows))) for feed_id, rows in by_feed))
    numbered = [
        (feed_id, n, row.kind, row.body, row.deadline_ms, work.now_ms)
        for (feed_id, rows), answer in zip(by_feed, grown, strict=True)
        for n, row in enumerate(rows, start=answer.rows[0][0] - len(rows) + 1)
    ]
    insert_rows(work, feed_row, _ROW_COLUMNS, numbered)


@dataclass(frozen=True)
class Page:
    """Rows after a cursor, as they go on the wire, each with the cursor that follows it."""

    rows: tuple[dict[str, Any], ...]
    cursors: tuple[Cursor, ...]
    cursor: Cursor
    has_more: bool


class CursorUnusable(Exception):
    """The cursor is of another generation, ahead of the feed or before what is kept: the device starts again."""

    def __init__(self, cursor: Cursor, first: Cursor) -> None:
        super().__init__(str(cursor))
        self.first = first


_GENERATION = select(server_state.c.value).where(server_state.c.name == GENERATION)


def generation(conn: Connection) -> int:
    """The server's generation; it rises when the server was restored from a backup."""
    return int(conn.execute(_GENERATION).scalar_one())


def _pruned(conn: Connection, feed_ids: Sequence[str]) -> dict[str, int]:
    """Up to which row each feed has forgotten."""
    found = conn.execute(select(feed.c.feed_id, feed.c.pruned_n).where(feed.c.feed_id.in_(feed_ids)))
    return {row.feed_id: row.pruned_n for row in found}


def first_cursor(conn: Connection, store_feed_id: str, brand_feed_id: str) -> Cursor:
    """Where one starts who has nothing: before the oldest rows that are kept."""
    forgotten = _pruned(conn, (store_feed_id, brand_feed_id))
    return Cursor(generation(conn), forgotten[store_feed_id], forgotten[brand_feed_id])


def cursor_now(conn: Connection, store_feed_id: str, brand_feed_id: str) -> Cursor:
    """Behind the newest rows."""
    grown = heads(conn, (store_feed_id, brand_feed_id))
    return Cursor(generation(conn), grown[store_feed_id], grown[brand_feed_id])


def heads(conn: Connection, feed_ids: Sequence[str]) -> dict[str, int]:
    """How many rows each feed has."""
    found = conn.execute(select(feed.c.feed_id, feed.c.n).where(feed.c.feed_id.in_(feed_ids)))
    return {row.feed_id: row.n for row in found}


def rows_ever(conn: Connection) -> int:
    """How many rows all feeds together ever had; unchanged as long as no feed grew."""
    return int(conn.execute(_ROWS_EVER).scalar_one())


_ROWS_EVER = text("SELECT coalesce(sum(n), 0) FROM feed")
_ROWS = text(
    "SELECT n, kind, body, deadline_ms FROM feed_row WHERE feed_id = :feed_id AND n > :after ORDER BY n LIMIT :limit"
)


_STANDS = select(
    feed.c.feed_id,
    feed.c.n,
    feed.c.pruned_n,
    select(server_state.c.value).where(server_state.c.name == GENERATION).scalar_subquery().label("generation"),
).where(feed.c.feed_id.in_([bindparam("store_feed"), bindparam("brand_feed")]))


def read(conn: Connection, cursor: Cursor, *, store_feed_id: str, brand_feed_id: str, limit: int, now_ms: int) -> Page:
    """Up to ``limit`` rows after the cursor: the brand's first, because a request is shown under its policy.

    Raises CursorUnusable.
    """
    stands = {
        row.feed_id: row
        for row in conn.execute(_STANDS, {"store_feed": store_feed_id, "brand_feed": brand_feed_id})
    }  # fmt: skip
    in_store, in_brand = stands[store_feed_id], stands[brand_feed_id]
    current = int(in_store.generation)
    if not (
        cursor.generation == current
        and in_store.pruned_n <= cursor.store_n <= in_store.n
        and in_brand.pruned_n <= cursor.brand_n <= in_brand.n
    ):
        raise CursorUnusable(cursor, Cursor(current, in_store.pruned_n, in_brand.pruned_n))
    rows: list[dict[str, Any]] = []
    cursors: list[Cursor] = []
    store_n, brand_n = cursor.store_n, cursor.brand_n
    for name, feed_id, after in (("brand", brand_feed_id, brand_n), ("store", store_feed_id, store_n)):
        room = limit - len(rows)
        if room <= 0:
            break
        for found in conn.execute(_ROWS, {"feed_id": feed_id, "after": after, "limit": room}):
            store_n, brand_n = (store_n, found.n) if name == "brand" else (found.n, brand_n)
            rows.append({"feed": name, "n": found.n, "kind": found.kind, "body": _served(found, now_ms)})
            cursors.append(Cursor(current, store_n, brand_n))
    return Page(
        tuple(rows),
        tuple(cursors),
        cursors[-1] if cursors else cursor,
        has_more=store_n < in_store.n or brand_n < in_brand.n,
    )


def read_alone(conn: Connection, feed_id: str, cursor: str, limit: int) -> tuple[list[dict[str, Any]], str, bool]:
    """Bodies of one feed after a cursor ``generation.n`` (empty: from the oldest kept), the next cursor, and whether
    there are more. Raises ApiError ``cursor_reset``."""
    current = generation(conn)
    state = conn.execute(select(feed.c.n, feed.c.pruned_n).where(feed.c.feed_id == feed_id)).one()
    read_in, after = (int(part) for part in cursor.split(".")) if cursor else (current, state.pruned_n)
    if read_in != current or not state.pruned_n <= after <= state.n:
        first = f"{current}.{state.pruned_n}"
        raise ApiError("cursor_reset", extra={"generation": current, "cursor": first})
    found = conn.execute(_ROWS, {"feed_id": feed_id, "after": after, "limit": limit}).all()
    last = found[-1].n if found else after
    return [json.loads(row.body) for row in found], f"{current}.{last}", last < state.n


def _served(found: Any, now_ms: int) -> dict[str, Any]:
    """The body as it leaves: a deadline turns into the time that remains at this moment."""
    body: dict[str, Any] = json.loads(found.body)
    if found.kind == FeedKind.REQUEST:
        running = body["state"] == RequestState.SEEN and found.deadline_ms is not None
        body["remaining_ms"] = max(found.deadline_ms - now_ms, 0) if running else None
    return body


def next_generation(work: Work) -> int:
    """After a restore: every cursor becomes unusable and devices send again what the backup lacked.

    The second of the restore, because counting on from the backup gives a number twice when the same one is put back
    once more: devices of the life between would not notice, and keep back what they think is acknowledged.
    """
    raised = max(generation(work.conn) + 1, work.now_ms // 1_000)
    work.conn.execute(update(server_state).where(server_state.c.name == GENERATION).values(value=str(raised)))
    return raised
