"""Telling members what they have now, by the channel that each chose (PNT-21; NTF-09, NTF-10)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from cloud_api.bulk import select_among
from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.gateway.feeds import CONSUMERS
from cloud_api.ledger.models import PostingKind
from cloud_api.ledger.purses import holds_stamps, member_of
from cloud_api.notices import happened
from cloud_api.notices.happened import CAUSES, Topic
from cloud_api.notices.models import member_messages
from rules.messages import Channel, MessageSetting, channel_for, told_of
from rules.notices import NoticeKind
from sync.protocol import FeedKind

BATCH = 500
_FIRST = frozenset({PostingKind.EARN.value, PostingKind.STAMP.value})
# What came to and went from the member; what was held before it is used nets out, and a debt that an earn repays is
# earned all the same.
_MOVED = (
    "SELECT posting.posting_id, posting.kind, posting.store_id, posting.member_id AS holder, posting.request_id,"
    " posting.booked_ms, sum(entry.amount) AS amount FROM posting"
    " JOIN entry ON entry.posting_id = posting.posting_id JOIN account ON account.account_id = entry.account_id"
    " WHERE posting.posting_id {ids} AND posting.member_id IS NOT NULL"
    " AND account.kind IN ('member', 'member_hold', 'member_debt', 'member_stamps', 'member_boards')"
    " GROUP BY posting.posting_id, posting.kind, posting.store_id, posting.member_id, posting.request_id,"
    " posting.booked_ms ORDER BY posting.posting_id"
)


def tell_moves(work: Work, most: int = BATCH) -> int:
    """A message for everything that was earned, used, taken back or that expired; returns how many postings it saw.
    Beside the book, never in the way of a sale; each is told once, about a minute later. Purchases are handed on to the
    coupons of a first one (CPN-05)."""
    taken = happened.take(work, Topic.POSTING, most)
    if not taken:
        return 0
    rows = select_among(work.conn, _MOVED, {"ids": taken})
    tell(work, [body for row in rows if (body := _body(row, work.now_ms)) is not None])
    happened.note(work, Topic.BOUGHT, [row.posting_id for row in rows if row.kind in _FIRST])
    return len(taken)


def _body(row: Any, now_ms: int) -> dict[str, Any] | None:
    stamps = holds_stamps(row.holder)
    kind = told_of(CAUSES[PostingKind(row.kind)], stamps=stamps)
    amount = abs(int(row.amount))
    if kind is None or not amount:
        return None
    return {
        "kind": kind.value,
        "request_id": row.request_id,
        "store_id": row.store_id,
        "member_id": member_of(row.holder),
        "state": None,
        "stamps" if stamps else "points": amount,
        "happened_ms": row.booked_ms,
        "created_ms": now_ms,
    }


_WANTED = (
    "SELECT member.member_id, coalesce(member.merged_into, member.member_id) AS now_id,"
    " member_messages.channel, member_messages.switched_off FROM member LEFT JOIN member_messages"
    " ON member_messages.member_id = coalesce(member.merged_into, member.member_id)"
    " WHERE member.member_id {members} AND member.status <> 'withdrawn'"
)


def tell(work: Work, bodies: Sequence[dict[str, Any]]) -> int:
    """Publishes what these members want to hear, with the channel; returns how many. Who left is told nothing, and who
    is another member now is told as that one."""
    if not bodies:
        return 0
    rows = select_among(work.conn, _WANTED, {"members": sorted({body["member_id"] for body in bodies})})
    wanted = {row.member_id: (row.now_id, _setting(row)) for row in rows}
    told = 0
    for body in bodies:
        if body["member_id"] not in wanted:
            continue
        member_id, setting = wanted[body["member_id"]]
        channel = channel_for(NoticeKind(body["kind"]), setting)
        if channel is not None:
            here = body | {"member_id": member_id, "channel": channel.value}
            feeds.publish(work, CONSUMERS, FeedKind.NOTICE, here)
            told += 1
    return told


def _setting(row: Any) -> MessageSetting:
    if row.channel is None:
        return MessageSetting()
    return MessageSetting(Channel(row.channel), frozenset(NoticeKind(one) for one in json.loads(row.switched_off)))


def setting_of(conn: Connection, member_id: str) -> MessageSetting:
    """What the member chose."""
    row = conn.execute(select(member_messages).where(member_messages.c.member_id == member_id)).one_or_none()
    return MessageSetting() if row is None else _setting(row)


def choose(work: Work, member_id: str, wanted: MessageSetting) -> None:
    """Replaces it (NTF-10)."""
    work.conn.execute(delete(member_messages).where(member_messages.c.member_id == member_id))
    work.conn.execute(
        insert(member_messages).values(
            member_id=member_id,
            channel=wanted.channel.value,
            switched_off=json.dumps(sorted(wanted.switched_off)),
            changed_ms=work.now_ms,
        )
    )


def shown(setting: MessageSetting) -> dict[str, Any]:
    """As apps get it."""
    return {"channel": setting.channel.value, "switched_off": sorted(setting.switched_off)}
