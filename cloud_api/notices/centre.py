"""The notification centre: what stores and head office are told, once, until somebody acknowledges it (NTF-01 to 07).

Consumers have their own feed (``service``); what waits for an answer at a counter is no notice but a request.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.notices.models import notice
from rules.calendar import local_day, moment_ms
from rules.notices import (
    NoticeKind,
    Priority,
    Recipient,
    for_owner_alone,
    in_bell_order,
    kept_from,
    priority,
    recipients,
    shown_days,
)
from sync.protocol import FeedKind

SETTLED_BY = "cloud"  # what was told is over: nobody has to acknowledge it any more
PRUNED_AT_ONCE = 2_000
HELD_DAYS = 30  # a counter that is new gets so many days of them
HELD_MAX = 200


class Audience(StrEnum):
    """Who reads a list of notices: the people of one store, or those of head office."""

    STORE = "store"
    HQ = "hq"


@dataclass(frozen=True)
class News:
    """Something that happened at a store. ``subject``: what of this kind is one thing, so that the same again is one
    line with a count; ``details`` are the figures that its sentence needs, whole numbers and short texts."""

    kind: NoticeKind
    subject: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def tell(work: Work, store_id: str, news: News) -> None:
    """Tells whoever is told of such things (NTF-01, APR-28); the store's counters hear of it at once."""
    told = recipients(news.kind)
    if Recipient.OWNER in told or Recipient.STAFF in told:
        row = _write(work, Audience.STORE, store_id, news)
        feeds.publish(work, feeds.store_feed(store_id), FeedKind.NOTICE, projection(row))
    if Recipient.ADMIN in told:
        _write(work, Audience.HQ, store_id, news)


def _write(work: Work, audience: Audience, store_id: str, news: News) -> Any:
    """A new notice, or one more of what nobody has acknowledged. Two at once: the index refuses the second one's new
    row, and its transaction starts over."""
    same = (
        (notice.c.audience == audience.value)
        & (notice.c.store_id == store_id)
        & (notice.c.kind == news.kind.value)
        & (notice.c.subject == news.subject)
        & notice.c.acked_ms.is_(None)
    )
    values: dict[str, Any] = {
        "details": json.dumps(news.details, ensure_ascii=False),
        "at_ms": work.now_ms,
        "expires_ms": work.now_ms + shown_days(news.kind) * DAY_MS,
    }
    again = update(notice).where(same).values(count=notice.c.count + 1, version=notice.c.version + 1, read_ms=None)
    row = work.conn.execute(again.values(**values).returning(*notice.c)).one_or_none()
    if row is not None:
        return row
    new = insert(notice).values(
        notice_id=work.ids.uuid7(),
        audience=audience.value,
        store_id=store_id,
        kind=news.kind.value,
        subject=news.subject,
        version=1,
        count=1,
        created_ms=work.now_ms,
        **values,
    )
    return work.conn.execute(new.returning(*notice.c)).one()


def projection(row: Any) -> dict[str, Any]:
    """A notice as counters and consoles see it; its details stand beside its own fields."""
    kind = NoticeKind(row.kind)
    return {
        **json.loads(row.details),
        "notice_id": row.notice_id,
        "version": row.version,
        "kind": row.kind,
        "priority": priority(kind).value,
        "for_owner": for_owner_alone(kind),
        "count": row.count,
        "created_ms": row.created_ms,
        "at_ms": row.at_ms,
        "expires_ms": row.expires_ms,
        "read_ms": row.read_ms,
        "acked_ms": row.acked_ms,
        "acked_by": row.acked_by,
    }


def of_console(row: Any) -> dict[str, Any]:
    """The same for a console, where the details are a field of their own."""
    shown = projection(row)
    details = json.loads(row.details)
    return {name: value for name, value in shown.items() if name not in details} | {
        "store_id": row.store_id,
        "details": details,
    }


# What becomes of a notice --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Whose list; None: that of head office."""

    store_id: str | None

    def where(self) -> Any:
        if self.store_id is None:
            return notice.c.audience == Audience.HQ.value
        return (notice.c.audience == Audience.STORE.value) & (notice.c.store_id == self.store_id)


class Acked(StrEnum):
    DONE = "done"
    GREW = "notice_grew"  # it happened once more after what was acknowledged; that has not been seen yet
    UNKNOWN = "notice_unknown"


def acknowledge(work: Work, place: Place, notice_id: str, by: str, *, seen_count: int | None = None) -> Acked:
    """Somebody has seen it. ``seen_count``: how often it had happened by then. Doing it twice changes nothing."""
    row = find(work.conn, place, notice_id)
    if row is None:
        return Acked.UNKNOWN
    if row.acked_ms is not None:
        return Acked.DONE
    if seen_count is not None and row.count > seen_count:
        return Acked.GREW
    read_ms = work.now_ms if row.read_ms is None else row.read_ms
    here = (notice.c.notice_id == notice_id) & (notice.c.version == row.version)
    changed = _change(work, here, read_ms=read_ms, acked_ms=work.now_ms, acked_by=by)
    return Acked.DONE if changed else Acked.GREW


def mark_read(work: Work, place: Place, notice_id: str) -> bool:
    """It was looked at; False when there is no such notice."""
    if find(work.conn, place, notice_id) is None:
        return False
    _change(work, (notice.c.notice_id == notice_id) & notice.c.read_ms.is_(None), read_ms=work.now_ms)
    return True


def settle(work: Work, store_id: str, kind: NoticeKind, subject: str) -> None:
    """What it said is no longer so: it leaves every list of open ones by itself."""
    here = (
        (notice.c.store_id == store_id)
        & (notice.c.kind == kind.value)
        & (notice.c.subject == subject)
        & notice.c.acked_ms.is_(None)
    )
    _change(work, here, acked_ms=work.now_ms, acked_by=SETTLED_BY)


def _change(work: Work, where: Any, **values: Any) -> int:
    changed = update(notice).where(where).values(version=notice.c.version + 1, **values).returning(*notice.c)
    rows = work.conn.execute(changed).all()
    for row in rows:
        if row.audience == Audience.STORE:
            feeds.publish(work, feeds.store_feed(row.store_id), FeedKind.NOTICE, projection(row))
    return len(rows)


# Reading -------------------------------------------------------------------------------------------------------------


def find(conn: Connection, place: Place, notice_id: str) -> Any | None:
    """The notice, when it is of this list: a store reads only its own (NTF-05)."""
    query = select(notice).where(notice.c.notice_id == notice_id, place.where())
    return conn.execute(query).one_or_none()


def known(conn: Connection, place: Place, notice_id: str) -> Any:
    """The notice. Raises ApiError ``notice_unknown``."""
    row = find(conn, place, notice_id)
    if row is None:
        raise ApiError("notice_unknown")
    return row


@dataclass(frozen=True)
class _Line:
    row: Any

    @property
    def notice_id(self) -> str:
        return str(self.row.notice_id)

    @property
    def priority(self) -> Priority:
        return priority(NoticeKind(self.row.kind))

    @property
    def at_ms(self) -> int:
        return int(self.row.at_ms)


def open_ones(conn: Connection, place: Place, now_ms: int, limit: int) -> list[Any]:
    """What nobody has acknowledged and what is still shown, as a bell lists it (NTF-02)."""
    rows = conn.execute(_newest(place).where(_open(now_ms)).limit(limit))
    return [line.row for line in in_bell_order(map(_Line, rows))]


def all_ones(conn: Connection, place: Place, before_ms: int | None, limit: int) -> list[Any]:
    """The newest first, acknowledged or not; ``before_ms`` goes on where a page ended."""
    query = _newest(place)
    return list(conn.execute((query if before_ms is None else query.where(notice.c.at_ms < before_ms)).limit(limit)))


def _newest(place: Place) -> Any:
    return select(notice).where(place.where()).order_by(notice.c.at_ms.desc(), notice.c.notice_id.desc())


def _open(now_ms: int) -> Any:
    return notice.c.acked_ms.is_(None) & (notice.c.expires_ms > now_ms)


def unread(conn: Connection, place: Place, now_ms: int) -> int:
    """How many open ones nobody has looked at."""
    query = select(func.count()).where(place.where(), _open(now_ms), notice.c.read_ms.is_(None))
    return int(conn.execute(query).scalar_one())


def held(conn: Connection, store_id: str, now_ms: int) -> list[Any]:
    """What a counter of the store should hold, oldest first."""
    since = notice.c.at_ms >= now_ms - HELD_DAYS * DAY_MS
    return list(conn.execute(_newest(Place(store_id)).where(since).limit(HELD_MAX)))[::-1]


def forget_some(work: Work) -> int:
    """Forgets what is older than a year (NTF-05); how many were forgotten."""
    first_ms = moment_ms(kept_from(local_day(work.now_ms)), 0)
    old = select(notice.c.notice_id).where(notice.c.at_ms < first_ms).limit(PRUNED_AT_ONCE)
    return int(work.conn.execute(delete(notice).where(notice.c.notice_id.in_(old))).rowcount)
