"""Members who were not here for a year sleep: told before, kept apart after, woken by the next visit (MEM-04).

Earning writes nothing about activity. When a member was last here is read from the book, once in about a year for each.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select, text, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.gateway.feeds import CONSUMERS
from cloud_api.ledger.models import PostingKind
from cloud_api.members import events, numbers, terms
from cloud_api.members.models import NumberStands, member
from cloud_api.members.person_models import member_profile
from cloud_api.members.told import accounts_of
from rules.calendar import local_day, moment_ms
from rules.membership import DORMANT_NOTICE_DAYS, DormancyStep, MemberStatus, dormancy_step, dormant_on
from sync.protocol import FeedKind

MEMBERS_AT_ONCE = 200
OFF_LOOK_DAYS = 30  # where dormancy is switched off, it may be switched on


class DormancyNotice(StrEnum):
    """What a member is told, before and after."""

    SOON = "dormancy_soon"
    DORMANT = "dormant"


def turn_some(work: Work) -> int:
    """Takes the steps of the members who are to be looked at for longest; returns how many it looked at."""
    due = (
        select(member)
        .where(member.c.check_ms <= work.now_ms)
        .order_by(member.c.check_ms, member.c.member_id)
        .limit(MEMBERS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = work.conn.execute(due).all()
    for row in rows:
        _look(work, row)
    return len(rows)


def _look(work: Work, row: Any) -> None:
    months = terms.of_store(work.conn, row.join_store_id).dormant_months
    last_ms = last_active_ms(work.conn, row)
    told = row.told_ms is not None and row.told_ms > last_ms
    today, last = local_day(work.now_ms), local_day(last_ms)
    match dormancy_step(MemberStatus(row.status), last, today, told=told, months=months):
        case DormancyStep.TELL_BEFORE:
            due = max(dormant_on(last, months), today + timedelta(days=DORMANT_NOTICE_DAYS))
            _tell(work, row, DormancyNotice.SOON, due)
            events.write(work, row.member_id, events.TOLD, by=events.CLOCK)
            _set(work, row, told_ms=work.now_ms, check_ms=moment_ms(due, 0))
        case DormancyStep.CONVERT:
            _convert(work, row)
            _tell(work, row, DormancyNotice.DORMANT, today)
        case None if months == 0:
            _set(work, row, check_ms=work.now_ms + OFF_LOOK_DAYS * DAY_MS)
        case None:
            # Told and waiting, or here again meanwhile.
            next_day = dormant_on(last, months) - timedelta(days=0 if told else DORMANT_NOTICE_DAYS)
            check_ms = max(moment_ms(next_day, 0), work.now_ms + DAY_MS)
            _set(work, row, told_ms=row.told_ms if told else None, check_ms=check_ms)


def _set(work: Work, row: Any, **values: int | None) -> None:
    work.conn.execute(update(member).where(member.c.member_id == row.member_id).values(**values))


def _convert(work: Work, row: Any) -> None:
    """The number and the name leave the table of members."""
    numbers.put_aside(work, row, NumberStands.DORMANT, member_id=row.member_id)
    values = {"phone_lookup": numbers.apart(row.member_id), "phone_sealed": b"", "phone_tail": None, "nickname": ""}
    work.conn.execute(
        update(member)
        .where(member.c.member_id == row.member_id)
        .values(**values, status=MemberStatus.DORMANT.value, check_ms=None, changed_ms=work.now_ms)
    )
    events.write(work, row.member_id, events.DORMANT, by=events.CLOCK)


def _tell(work: Work, row: Any, notice: DormancyNotice, due: date) -> None:
    body = {
        "kind": notice.value,
        "request_id": None,
        "store_id": row.join_store_id,
        "member_id": row.member_id,
        "state": None,
        "via": _via(work.conn, row.member_id),
        "dormant_on": due.isoformat(),
        "created_ms": work.now_ms,
    }
    feeds.publish(work, CONSUMERS, FeedKind.NOTICE, body)


def _via(conn: Connection, member_id: str) -> str:
    """By e-mail if there is an address, else as a message to the phone."""
    query = select(member_profile.c.has_email).where(member_profile.c.member_id == member_id)
    return "email" if conn.execute(query).scalar_one_or_none() else "sms"


# What members do themselves; what clocks and offices do to their points is no visit.
_VISITS = (PostingKind.EARN, PostingKind.HOLD, PostingKind.SPEND, PostingKind.CAPTURE, PostingKind.STAMP)
_VISIT_KINDS = ", ".join(f"'{kind.value}'" for kind in _VISITS)
_LAST_POSTING = text(
    "SELECT posting.booked_ms FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    f" WHERE entry.account_id = :account_id AND posting.kind IN ({_VISIT_KINDS})"
    " ORDER BY entry.posting_id DESC LIMIT 1"
)
_LAST_WITHOUT = text(
    "SELECT max(at_ms) FROM ("
    "SELECT max(booked_ms) AS at_ms FROM earn WHERE member_id = :member_id AND posting_id IS NULL"
    " UNION ALL SELECT max(created_ms) FROM request WHERE member_id = :member_id"
    ") AS visits"
)


def last_active_ms(conn: Connection, row: Any) -> int:
    """The last time a member earned, spent, asked for something, or joined or woke up."""
    found = [conn.execute(_LAST_WITHOUT, {"member_id": row.member_id}).scalar_one()]
    for name in accounts_of(conn, [row.member_id]):
        found.append(conn.execute(_LAST_POSTING, {"account_id": name}).scalar_one_or_none())
    return max(int(row.joined_ms), int(row.changed_ms or 0), *(int(at_ms or 0) for at_ms in found))
