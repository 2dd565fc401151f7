"""What reaches somebody who is no member any more: a cancelled sale, a refused request, a correction.

It is booked where it belongs and moved on at once, so that nothing lies with a former member for long.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, text, update

from cloud_api.clock import DAY_MS
from cloud_api.coupons.models import coupon
from cloud_api.database import Database, Work
from cloud_api.errors import ApiError
from cloud_api.ledger.expiry import lapse
from cloud_api.ledger.purses import holders_of, member_of
from cloud_api.ledger.transfers import move_all
from cloud_api.members import events
from cloud_api.members.models import MERGED, member, member_merge
from rules.membership import MemberStatus

_FORMER = (MERGED, MemberStatus.WITHDRAWN.value)
LOOK_BACK_MS = 3 * DAY_MS
AT_ONCE = 200
_GONE = "member.status <> 'normal' AND member.status IN ('merged', 'withdrawn') AND member.changed_ms >= :since_ms"
_LATE = text(
    "SELECT member.member_id FROM member JOIN account ON account.account_id = 'member:' || member.member_id"
    f" WHERE {_GONE} AND account.balance > 0"
    " UNION SELECT member.member_id FROM member JOIN purse ON purse.member_id = member.member_id"
    " JOIN account ON account.account_id IN ('member:' || purse.purse_id, 'member_stamps:' || purse.purse_id)"
    f" WHERE {_GONE} AND account.balance > 0"
    " UNION SELECT member.member_id FROM member JOIN coupon ON coupon.member_id = member.member_id"
    f" WHERE {_GONE} AND member.status = 'merged' LIMIT :most"
)


def refuse_former(conn: Connection, member_id: str) -> None:
    """Raises ApiError ``member_gone``."""
    found = _former(conn, member_id)
    if found is not None:
        raise ApiError("member_gone", extra={"status": found[0], "merged_into": found[1]})


def settle(work: Work, holder: str) -> None:
    """Moves on what a former member has: to who the member is now, or to breakage. Nothing for everybody else."""
    member_id = member_of(holder)
    found = _former(work.conn, member_id)
    if found is None:
        return
    status, target = found
    if status == MemberStatus.WITHDRAWN:
        lapse(work, holders_of(work.conn, member_id), actor=events.CLOCK)
    elif target is not None:
        merge_id = work.conn.execute(select(member_merge.c.merge_id).where(member_merge.c.source_id == member_id))
        move_all(work, merge_id.scalar_one(), source=member_id, target=target, actor=events.CLOCK)
        work.conn.execute(update(coupon).where(coupon.c.member_id == member_id).values(member_id=target))
        settle(work, target)  # who may have left since


def _former(conn: Connection, member_id: str) -> tuple[str, str | None] | None:
    query = select(member.c.status, member.c.merged_into).where(
        member.c.member_id == member_id, member.c.status.in_(_FORMER)
    )
    found = conn.execute(query).one_or_none()
    return None if found is None else (str(found.status), found.merged_into)


def settle_late(database: Database, now_ms: int) -> int:
    """An earn that was on its way while its member left may have been booked after all; returns how many had
    something. Nobody leaves for longer than a transaction lasts, so days are enough to look back."""
    with database.read() as conn:
        late = list(conn.execute(_LATE, {"since_ms": now_ms - LOOK_BACK_MS, "most": AT_ONCE}).scalars())
    for member_id in late:
        database.transact(lambda work, which=member_id: settle(work, which))  # type: ignore[misc]
    return len(late)
