"""Groups of members for a purpose, and segments for looking at: by hand, or by what was bought (MEM-21)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members.models import MERGED, member
from cloud_api.members.person_models import member_group, member_group_place
from cloud_api.stores.models import brand
from rules.membership import MemberStatus


@dataclass(frozen=True)
class Bought:
    """Who paid so much, so often, within so many days before now, in the brand's stores."""

    days: int
    paid_won: int
    visits: int


@dataclass(frozen=True)
class NewGroup:
    """``segment``: for analysis only. Without ``bought`` it begins empty."""

    brand_id: str
    name: str
    purpose: str
    segment: bool
    bought: Bought | None


# A sale that was taken back was none, and who was two members is one.
_FILL = text(
    "INSERT INTO member_group_place (group_id, member_id, added_ms)"
    " SELECT :group_id, member.member_id, :now_ms FROM ("
    "  SELECT coalesce(was.merged_into, was.member_id) AS member_id, sum(earn.paid_won) AS paid, count(*) AS visits"
    "  FROM earn JOIN store ON store.store_id = earn.store_id AND store.brand_id = :brand_id"
    "  JOIN member AS was ON was.member_id = earn.member_id"
    "  WHERE earn.status = 'posted' AND earn.occurred_ms >= :since_ms AND earn.occurred_ms <= :now_ms"
    "  GROUP BY coalesce(was.merged_into, was.member_id)) AS buyers"
    " JOIN member ON member.member_id = buyers.member_id AND member.status IN ('normal', 'dormant')"
    " WHERE buyers.paid >= :paid_won AND buyers.visits >= :visits"
)


def make(work: Work, wanted: NewGroup) -> dict[str, Any]:
    """A group as it is at this moment; who buys later is not added by itself. Raises ApiError ``brand_unknown``."""
    if work.conn.execute(select(brand.c.brand_id).where(brand.c.brand_id == wanted.brand_id)).one_or_none() is None:
        raise ApiError("brand_unknown")
    group_id = work.ids.uuid7()
    work.conn.execute(
        insert(member_group).values(
            group_id=group_id,
            brand_id=wanted.brand_id,
            name=wanted.name,
            purpose=wanted.purpose,
            segment=wanted.segment,
            bought=None if wanted.bought is None else json.dumps(asdict(wanted.bought)),
            made_ms=work.now_ms,
        )
    )
    if wanted.bought is not None:
        values = {"group_id": group_id, "brand_id": wanted.brand_id, "now_ms": work.now_ms}
        limits = {"paid_won": wanted.bought.paid_won, "visits": wanted.bought.visits}
        work.conn.execute(_FILL, {**values, **limits, "since_ms": work.now_ms - wanted.bought.days * DAY_MS})
    return shown(work.conn, group_id)


_PUT = text(
    "INSERT INTO member_group_place (group_id, member_id, added_ms) VALUES (:group_id, :member_id, :added_ms)"
    " ON CONFLICT (group_id, member_id) DO NOTHING"
)


def place(work: Work, group_id: str, member_id: str, *, belongs: bool) -> dict[str, Any]:
    """Puts a member into a group by hand, or takes one out. Raises ApiError ``group_unknown``, ``member_unknown``,
    ``member_gone``."""
    shown(work.conn, group_id)
    row = work.conn.execute(select(member.c.status).where(member.c.member_id == member_id)).one_or_none()
    if row is None:
        raise ApiError("member_unknown")
    if belongs and row.status in (MERGED, MemberStatus.WITHDRAWN):
        raise ApiError("member_gone")
    if belongs:
        work.conn.execute(_PUT, {"group_id": group_id, "member_id": member_id, "added_ms": work.now_ms})
    else:
        here = member_group_place.c.group_id == group_id, member_group_place.c.member_id == member_id
        work.conn.execute(delete(member_group_place).where(*here))
    return shown(work.conn, group_id)


def shown(conn: Connection, group_id: str) -> dict[str, Any]:
    """A group and how many belong to it. Raises ApiError ``group_unknown``."""
    row = conn.execute(select(member_group).where(member_group.c.group_id == group_id)).one_or_none()
    if row is None:
        raise ApiError("group_unknown")
    count = select(func.count()).where(member_group_place.c.group_id == group_id)
    return {
        **row._mapping,
        "bought": None if row.bought is None else json.loads(row.bought),
        "members": conn.execute(count).scalar_one(),
    }


def members_of(conn: Connection, group_id: str, *, limit: int, after: str) -> list[str]:
    """Ids in rising order behind ``after``. Raises ApiError ``group_unknown``."""
    shown(conn, group_id)
    query = select(member_group_place.c.member_id).where(
        member_group_place.c.group_id == group_id, member_group_place.c.member_id > after
    )
    return list(conn.execute(query.order_by(member_group_place.c.member_id).limit(limit)).scalars())


def become(work: Work, source_id: str, target_id: str | None) -> None:
    """Whoever is another member now, or nobody, leaves every group; the other one takes the place."""
    mine = member_group_place.c.member_id == source_id
    if target_id is not None:
        for row in work.conn.execute(select(member_group_place).where(mine)).all():
            work.conn.execute(_PUT, {"group_id": row.group_id, "member_id": target_id, "added_ms": work.now_ms})
    work.conn.execute(delete(member_group_place).where(mine))
