"""Staff and head office look for members: with a reason, written down, masked, and never many at a time (MEM-22, 30).

Nobody is found by browsing: each search names four digits, a number, an id or a nickname.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from cloud_api.bulk import select_among
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.service import spendable
from cloud_api.members import service
from cloud_api.members.cards import holder_of
from cloud_api.members.models import member, member_search
from cloud_api.members.told import SEEN_MS, first_id
from cloud_api.stores.service import profile_of
from cloud_api.vault import Vault
from rules.masking import mask_nickname
from rules.membership import ONLINE_CHANNELS, JoinChannel, Verification
from rules.phone import Phone

PAGE_MAX = 50
WINDOW_MS = 600_000
SEARCHES_PER_WINDOW = 30  # of one person with one key


class SearchKey(StrEnum):
    """What somebody may be looked for by (MEM-22)."""

    LAST_FOUR = "last_four"
    PHONE = "phone"
    MEMBER_ID = "member_id"
    NICKNAME = "nickname"
    CARD = "card"


@dataclass(frozen=True)
class Search:
    """``store_id``: only who was at this store within thirteen months; nobody's number or name is shown whole."""

    key_id: str
    by: str
    reason: str
    key: SearchKey
    value: str
    store_id: str | None = None
    verification: Verification | None = None
    after: str = ""
    limit: int = PAGE_MAX


def search(work: Work, vault: Vault, wanted: Search) -> dict[str, Any]:
    """A page of members, masked, and where the next one begins. Raises ApiError."""
    _refuse_many(work, wanted)
    store = None if wanted.store_id is None else profile_of(work.conn, wanted.store_id)
    if wanted.store_id is not None and store is None:
        raise ApiError("store_unknown")
    ids = _matching(work.conn, vault, wanted)
    if store is not None:
        ids = _seen_at(work, ids, store.store_id, store.brand_id)
    page = ids[: wanted.limit]
    shown = _shown(work, vault, page)
    work.conn.execute(
        insert(member_search).values(
            search_id=work.ids.uuid7(),
            key_id=wanted.key_id,
            by=wanted.by,
            reason=wanted.reason,
            searched=wanted.key.value,
            store_id=wanted.store_id,
            found=json.dumps(page),
            at_ms=work.now_ms,
        )
    )
    return {"members": shown, "next": page[-1] if len(ids) > wanted.limit else None}


def _refuse_many(work: Work, wanted: Search) -> None:
    recent = (
        member_search.c.key_id == wanted.key_id,
        member_search.c.by == wanted.by,
        member_search.c.at_ms > work.now_ms - WINDOW_MS,
    )
    count, oldest_ms = work.conn.execute(select(func.count(), func.min(member_search.c.at_ms)).where(*recent)).one()
    if count >= SEARCHES_PER_WINDOW:
        wait_s = max((oldest_ms + WINDOW_MS - work.now_ms + 999) // 1000, 1)
        raise ApiError("too_many_tries", headers={"Retry-After": str(wait_s)})


def _matching(conn: Connection, vault: Vault, wanted: Search) -> list[str]:
    """Ids in rising order behind ``after``; one more than a page, or all of four digits where a store is asked for."""
    if wanted.key is SearchKey.PHONE:
        phone = Phone(wanted.value)
        found = service.find(conn, vault, [phone])
        query = select(member.c.member_id).where(member.c.member_id == found.get(phone, ""))
    else:
        query = select(member.c.member_id)
        if wanted.key is SearchKey.LAST_FOUR:
            query = query.where(member.c.phone_tail.in_(vault.tail_lookups(wanted.value)))
        elif wanted.key is SearchKey.NICKNAME:
            query = query.where(member.c.nickname == wanted.value, member.c.nickname != "")
        elif wanted.key is SearchKey.CARD:
            query = query.where(member.c.member_id == (holder_of(conn, wanted.value) or ""))
        else:
            query = query.where(member.c.member_id == wanted.value)
    if wanted.verification is not None:
        query = query.where(member.c.verification == wanted.verification.value)
    query = query.where(member.c.member_id > wanted.after).order_by(member.c.member_id)
    if wanted.store_id is None:
        query = query.limit(wanted.limit + 1)
    return [str(one) for one in conn.execute(query).scalars()]


_SEEN = (
    "SELECT member.member_id FROM member WHERE member.member_id {wanted} AND (member.join_store_id = :store_id"
    " OR EXISTS (SELECT 1 FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    "  WHERE entry.account_id IN ('member:' || member.member_id, 'member:' || member.member_id || :at_store,"
    "  'member:' || member.member_id || :at_brand, 'member_stamps:' || member.member_id || :card_store,"
    "  'member_stamps:' || member.member_id || :card_brand)"
    "  AND entry.posting_id >= :first AND posting.store_id = :store_id)"
    " OR EXISTS (SELECT 1 FROM request WHERE request.member_id = member.member_id AND request.created_ms >= :since"
    "  AND request.store_id = :store_id)) ORDER BY member.member_id"
)


def _seen_at(work: Work, ids: Sequence[str], store_id: str, brand_id: str) -> list[str]:
    since_ms = work.now_ms - SEEN_MS
    places = {
        "at_store": f"@{store_id}",
        "at_brand": f"@{brand_id}",
        "card_store": f"~{store_id}",
        "card_brand": f"~{brand_id}",
    }
    rows = select_among(
        work.conn, _SEEN, {"wanted": ids}, store_id=store_id, first=first_id(since_ms), since=since_ms, **places
    )
    return [str(row.member_id) for row in rows]


_EARNS = text(
    "SELECT count(*) FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    " WHERE entry.account_id = :account_id AND posting.kind = 'earn'"
)


def _shown(work: Work, vault: Vault, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The columns of MEM-22; numbers and names masked, also for head office (MEM-30)."""
    points = spendable(work.conn, ids, work.now_ms)
    found = []
    for row in work.conn.execute(select(member).where(member.c.member_id.in_(ids)).order_by(member.c.member_id)).all():
        known = service.known_from(work.conn, row, vault)
        earns = work.conn.execute(_EARNS, {"account_id": f"member:{row.member_id}"}).scalar_one()
        found.append(
            {
                "member_id": row.member_id,
                "phone_masked": known.phone_masked,
                "nickname": mask_nickname(known.nickname) if known.nickname else "",
                "status": row.status,
                "verification": row.verification,
                "special": row.special,
                "joined_ms": row.joined_ms,
                "join_channel": row.join_channel,
                "online": JoinChannel(row.join_channel) in ONLINE_CHANNELS,
                "join_detail": row.join_detail,
                "join_store_id": row.join_store_id,
                "points_balance": points.get(row.member_id, 0),
                "earns": earns,
            }
        )
    return found


def searches(conn: Connection, limit: int, before: str | None) -> list[dict[str, Any]]:
    """Who looked for whom and why, newest first."""
    query = select(member_search).order_by(member_search.c.search_id.desc()).limit(limit)
    if before is not None:
        query = query.where(member_search.c.search_id < before)
    return [{**row._mapping, "found": json.loads(row.found)} for row in conn.execute(query)]
