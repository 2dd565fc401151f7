"""Feeds: publishing rows, numbering them without gaps, and reading them from a cursor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, insert, select, text, update

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
    """The cursor is of another generation, ahead of the feed or before what is kept, or names other rows than are here:
    the device starts again. ``went_back``: we gave it rows that we do not have, so we come from a backup and nobody
    said so."""

    def __init__(self, cursor: Cursor, first: Cursor, *, went_back: bool) -> None:
        super().__init__(cursor.marked())
        self.first = first
        self.went_back = went_back


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
    written = {row.feed_id: row.written_ms for row in conn.execute(_NEWEST, {"feeds": [*grown]})}
    store_ms, brand_ms = written.get(store_feed_id, 0), written.get(brand_feed_id, 0)
    return Cursor(generation(conn), grown[store_feed_id], grown[brand_feed_id], store_ms, brand_ms)


_NEWEST = (
    select(feed_row.c.feed_id, feed_row.c.written_ms)
    .join(feed, (feed.c.feed_id == feed_row.c.feed_id) & (feed.c.n == feed_row.c.n))
    .where(feed.c.feed_id.in_(bindparam("feeds", expanding=True)))
)


def heads(conn: Connection, feed_ids: Sequence[str]) -> dict[str, int]:
    """How many rows each feed has."""
    found = conn.execute(select(feed.c.feed_id, feed.c.n).where(feed.c.feed_id.in_(feed_ids)))
    return {row.feed_id: row.n for row in found}


def rows_ever(conn: Connection) -> int:
    """How many rows all feeds together ever had; unchanged as long as no feed grew."""
    return int(conn.execute(_ROWS_EVER).scalar_one())


_ROWS_EVER = text("SELECT coalesce(sum(n), 0) FROM feed")
_ROWS = text(
    "SELECT n, kind, body, deadline_ms, written_ms FROM feed_row WHERE feed_id = :feed_id AND n > :after"
    " ORDER BY n LIMIT :limit"
)


_STANDS = select(
    feed.c.feed_id,
    feed.c.n,
    feed.c.pruned_n,
    select(server_state.c.value).where(server_state.c.name == GENERATION).scalar_subquery().label("generation"),
    # Of the row that the cursor stands behind.
    select(feed_row.c.written_ms)
    .where(
        feed_row.c.feed_id == feed.c.feed_id,
        feed_row.c.n
        == case((feed.c.feed_id == bindparam("store_feed"), bindparam("store_n")), else_=bindparam("brand_n")),
    )
    .scalar_subquery()
    .label("written_ms"),
).where(feed.c.feed_id.in_([bindparam("store_feed"), bindparam("brand_feed")]))


def read(conn: Connection, cursor: Cursor, *, store_feed_id: str, brand_feed_id: str, limit: int, now_ms: int) -> Page:
    """Up to ``limit`` rows after the cursor: the brand's first, because a request is shown under its policy.

    Raises CursorUnusable.
    """
    asked = {"store_feed": store_feed_id, "brand_feed": brand_feed_id}
    behind = {"store_n": cursor.store_n, "brand_n": cursor.brand_n}
    stands = {row.feed_id: row for row in conn.execute(_STANDS, asked | behind)}
    in_store, in_brand = stands[store_feed_id], stands[brand_feed_id]
    current = int(in_store.generation)
    went_back = cursor.generation == current and (
        _lost(in_store, cursor.store_n, cursor.store_ms) or _lost(in_brand, cursor.brand_n, cursor.brand_ms)
    )
    if (
        went_back
        or cursor.generation != current
        or cursor.store_n < in_store.pruned_n
        or cursor.brand_n < in_brand.pruned_n
    ):
        raise CursorUnusable(cursor, Cursor(current, in_store.pruned_n, in_brand.pruned_n), went_back=went_back)
    rows: list[dict[str, Any]] = []
    cursors: list[Cursor] = []
    after = {"store": (cursor.store_n, cursor.store_ms), "brand": (cursor.brand_n, cursor.brand_ms)}
    for name, feed_id in (("brand", brand_feed_id), ("store", store_feed_id)):
        room = limit - len(rows)
        if room <= 0:
            break
        for found in conn.execute(_ROWS, {"feed_id": feed_id, "after": after[name][0], "limit": room}):
            after[name] = found.n, found.written_ms
            body = _served(found, now_ms)
            rows.append({"feed": name, "n": found.n, "kind": found.kind, "body": body, "written_ms": found.written_ms})
            cursors.append(_cursor(current, after))
    return Page(
        tuple(rows),
        tuple(cursors),
        cursors[-1] if cursors else cursor,
        has_more=after["store"][0] < in_store.n or after["brand"][0] < in_brand.n,
    )


def _lost(stands: Any, n: int, written_ms: int) -> bool:
    """Whether this feed gave row ``n`` to a device and does not have it: it ends before, or has another one there."""
    return n > stands.n or bool(written_ms and stands.written_ms not in (None, written_ms))


def _cursor(generation: int, after: dict[str, tuple[int, int]]) -> Cursor:
    (store_n, store_ms), (brand_n, brand_ms) = after["store"], after["brand"]
    return Cursor(generation, store_n, brand_n, store_ms, brand_ms)


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
