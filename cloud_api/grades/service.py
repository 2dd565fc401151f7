"""Members' grades: computed from what they did in thirty days, moved with their benefits (MEM-12, MEM-18 to 20)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, tuple_, update

from cloud_api.coupons import service as coupons
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.gateway.feeds import CONSUMERS
from cloud_api.grades.models import MoveCause, grade_due, grade_move, member_grade
from cloud_api.ids import first_uuid7_of
from cloud_api.ledger.grants import GrantCause, NewGrant, grant_points
from cloud_api.ledger.models import PostingKind
from cloud_api.members.models import member
from cloud_api.stores import earning
from cloud_api.stores.models import store
from rules.calendar import DAY_MS
from rules.coupons import IssueKind
from rules.grades import WINDOW_DAYS, Activity, Grade, after_earn, after_review, promotion_benefit
from rules.notices import NoticeKind
from sync.protocol import FeedKind

JOB_ACTOR = "cloud:grades"

# Payments of the member and of everybody who became this member. Those that gave something are found by what moved on
# their accounts within the window, as a member's statement finds them; the others have an index of their own.
_ORDERS = text(
    "WITH person AS (SELECT member_id FROM member WHERE member_id = :member_id OR merged_into = :member_id),"
    " holder AS (SELECT member_id AS owner_id FROM person"
    "  UNION ALL SELECT purse_id FROM purse WHERE member_id IN (SELECT member_id FROM person)),"
    " moved AS (SELECT DISTINCT entry.posting_id FROM entry WHERE entry.posting_id >= :since AND entry.account_id IN"
    "  (SELECT kinds.kind || holder.owner_id FROM holder CROSS JOIN (SELECT 'member:' AS kind UNION ALL"
    "   SELECT 'member_debt:' UNION ALL SELECT 'member_stamps:' UNION ALL SELECT 'member_boards:') AS kinds)),"
    " payment AS (SELECT earn.* FROM moved JOIN posting ON posting.posting_id = moved.posting_id"
    "  JOIN earn ON earn.op_id = posting.op_id AND earn.posting_id = posting.posting_id"
    "  UNION ALL SELECT * FROM earn WHERE posting_id IS NULL AND member_id IN (SELECT member_id FROM person))"
    " SELECT count(*) FROM payment JOIN store ON store.store_id = payment.store_id WHERE store.brand_id = :brand_id"
    " AND payment.status = 'posted' AND payment.occurred_ms > :since_ms AND payment.booked_ms > :since_ms"
)
# What moved on the member's accounts in the brand within the window; a posting's id tells when it was made.
_MOVED = text(
    "SELECT entry.amount, posting.posting_id, posting.kind, posting.reverses_id FROM entry"
    " JOIN posting ON posting.posting_id = entry.posting_id JOIN store ON store.store_id = posting.store_id"
    " WHERE store.brand_id = :brand_id AND entry.posting_id >= :since AND entry.account_id IN"
    " (SELECT account_id FROM account WHERE account_id IN ('member:' || :member_id, 'member_debt:' || :member_id)"
    "  UNION ALL SELECT 'member:' || purse_id FROM purse WHERE member_id = :member_id"
    "  UNION ALL SELECT 'member_debt:' || purse_id FROM purse WHERE member_id = :member_id)"
)
_COUNTED = frozenset({PostingKind.EARN.value, PostingKind.ADJUSTMENT.value})  # MEM-19: also what was given by hand


def activity(conn: Connection, brand_id: str, member_id: str, now_ms: int) -> Activity:
    """What counts towards a grade: payments of the last thirty days that still stand, and points that they and
    corrections by hand gave (MEM-18, MEM-19, Ambiguity A6)."""
    since_ms = now_ms - WINDOW_DAYS * DAY_MS
    whose = {"brand_id": brand_id, "member_id": member_id, "since": first_uuid7_of(since_ms)}
    orders = conn.execute(_ORDERS, whose | {"since_ms": since_ms}).scalar_one()
    rows = conn.execute(_MOVED, whose).all()
    taken_back = {row.reverses_id for row in rows if row.reverses_id is not None}
    counted = [row for row in rows if row.posting_id not in taken_back and row.kind in _COUNTED]
    return Activity(int(orders), sum(row.amount for row in counted if row.amount > 0))


@dataclass(frozen=True)
class Standing:
    """A member's grade in a brand; ``since_ms`` None: the entry grade, from the start."""

    grade: Grade
    since_ms: int | None


def standing(conn: Connection, grades: tuple[Grade, ...], brand_id: str, member_id: str) -> Standing:
    """What holds; a grade that the brand no longer has is the entry grade."""
    query = select(member_grade).where(member_grade.c.member_id == member_id, member_grade.c.brand_id == brand_id)
    row = conn.execute(query).one_or_none()
    found = next((grade for grade in grades if row is not None and grade.code == row.code), None)
    return Standing(grades[0], None) if found is None or row is None else Standing(found, row.since_ms)


def grades_of(conn: Connection, brand_id: str) -> tuple[Grade, ...]:
    """The brand's table. Raises ApiError ``no_grades``."""
    program = earning.of_brand(conn, brand_id)
    if program is None or not program.grades:
        raise ApiError("no_grades")
    return program.grades


def assign(work: Work, brand_id: str, member_id: str, code: str, by: str) -> dict[str, Any]:
    """A person gives a grade, as to staff and family (MEM-12). Raises ApiError ``no_grades``, ``grade_unknown``,
    ``member_unknown``."""
    grades = grades_of(work.conn, brand_id)
    wanted = next((grade for grade in grades if grade.code == code), None)
    if wanted is None:
        raise ApiError("grade_unknown")
    _lock(work, member_id)
    before = standing(work.conn, grades, brand_id, member_id)
    done = activity(work.conn, brand_id, member_id, work.now_ms)
    if wanted != before.grade:
        _move(work, brand_id, member_id, before.grade, wanted, MoveCause.HAND, f"person:{by}", done)
    return shown(work.conn, grades, brand_id, member_id, work.now_ms)


def look_at(work: Work, brand_id: str, member_id: str, store_id: str) -> bool:
    """After an earn: up when more was reached, never down (Ambiguity A6). True when the grade moved."""
    program = earning.of_brand(work.conn, brand_id)
    if program is None or not program.grades:
        return False
    _lock(work, member_id)
    before = standing(work.conn, program.grades, brand_id, member_id).grade
    done = activity(work.conn, brand_id, member_id, work.now_ms)
    after = after_earn(program.grades, before, done)
    if after == before:
        return False
    _move(work, brand_id, member_id, before, after, MoveCause.EARN, JOB_ACTOR, done)
    _benefit(work, brand_id, member_id, store_id, program.grades, before, after)
    return True


def review(work: Work, brand_id: str, member_id: str, store_id: str) -> bool:
    """The review of a cycle, both ways (MEM-19); what a person gave stays. True when the grade moved."""
    grades = grades_of(work.conn, brand_id)
    _lock(work, member_id)
    before = standing(work.conn, grades, brand_id, member_id).grade
    done = activity(work.conn, brand_id, member_id, work.now_ms)
    after = after_review(grades, before, done)
    work.conn.execute(
        update(member_grade)
        .where(member_grade.c.member_id == member_id, member_grade.c.brand_id == brand_id)
        .values(reviewed_ms=work.now_ms)
    )
    if after == before:
        return False
    _move(work, brand_id, member_id, before, after, MoveCause.REVIEW, JOB_ACTOR, done)
    _benefit(work, brand_id, member_id, store_id, grades, before, after)
    return True


def _lock(work: Work, member_id: str) -> None:
    """Moves of one member come one after the other. Raises ApiError ``member_unknown``."""
    query = select(member.c.member_id).where(member.c.member_id == member_id).with_for_update()
    if work.conn.execute(query).one_or_none() is None:
        raise ApiError("member_unknown")


_KEEP = text(
    "INSERT INTO member_grade (member_id, brand_id, code, since_ms, reviewed_ms)"
    " VALUES (:member_id, :brand_id, :code, :now_ms, :now_ms) ON CONFLICT (member_id, brand_id)"
    " DO UPDATE SET code = excluded.code, since_ms = excluded.since_ms, reviewed_ms = excluded.reviewed_ms"
)


def _move(
    work: Work,
    brand_id: str,
    member_id: str,
    before: Grade,
    after: Grade,
    cause: MoveCause,
    actor: str,
    done: Activity,
) -> None:
    place = {"member_id": member_id, "brand_id": brand_id, "code": after.code}
    work.conn.execute(_KEEP, place | {"now_ms": work.now_ms})
    values = {"move_id": work.ids.uuid7(), "before": before.code, "cause": cause.value, "actor": actor}
    counted = {"orders": done.orders, "points": done.points, "moved_ms": work.now_ms}
    work.conn.execute(insert(grade_move).values(**place, **values, **counted))
    written = work.conn.execute(select(member.c.grades).where(member.c.member_id == member_id)).scalar_one()
    known = (json.loads(written) if written else {}) | {brand_id: after.code}
    row = update(member).where(member.c.member_id == member_id)
    work.conn.execute(row.values(grades=json.dumps(known, sort_keys=True)))
    body = {
        "kind": NoticeKind.MEMBER_GRADE.value,
        "request_id": None,
        "store_id": None,
        "member_id": member_id,
        "state": None,
        "brand_id": brand_id,
        "before": before.code,
        "grade": after.code,
        "up": after.level > before.level,
        "created_ms": work.now_ms,
    }
    feeds.publish(work, CONSUMERS, FeedKind.NOTICE, body)


def _benefit(
    work: Work,
    brand_id: str,
    member_id: str,
    store_id: str,
    grades: tuple[Grade, ...],
    before: Grade,
    after: Grade,
) -> None:
    """What a step up gives at once (MEM-20), each grade once in a window: who falls and climbs again within it was
    paid."""
    benefit = promotion_benefit(grades, before, after)
    if benefit is None:
        return
    recent = select(grade_move.c.code).where(
        grade_move.c.member_id == member_id,
        grade_move.c.brand_id == brand_id,
        grade_move.c.cause != MoveCause.HAND.value,
        grade_move.c.moved_ms > work.now_ms - WINDOW_DAYS * DAY_MS,
        grade_move.c.code == after.code,
    )
    if len(work.conn.execute(recent).all()) > 1:
        return
    for definition_id in benefit.coupons:
        try:
            coupons.issue(work, member_id, definition_id, kind=IssueKind.GRADE)
        except ApiError:  # none left; the grade is reached all the same
            continue
    if benefit.points:
        wanted = NewGrant(member_id, store_id, brand_id, benefit.points, GrantCause.PROMOTION, after.code, JOB_ACTOR)
        grant_points(work, wanted)


def shown(conn: Connection, grades: tuple[Grade, ...], brand_id: str, member_id: str, now_ms: int) -> dict[str, Any]:
    """The member's grade, what counts towards the next, and every move, newest first."""
    now, done = standing(conn, grades, brand_id, member_id), activity(conn, brand_id, member_id, now_ms)
    following = next((grade for grade in grades if grade.level > now.grade.level and not grade.assigned), None)
    moves = conn.execute(
        select(grade_move)
        .where(grade_move.c.member_id == member_id, grade_move.c.brand_id == brand_id)
        .order_by(grade_move.c.move_id.desc())
        .limit(100)
    )
    return {
        "member_id": member_id,
        "brand_id": brand_id,
        "grade": now.grade.code,
        "name": now.grade.name or now.grade.code,
        "level": now.grade.level,
        "rate_bp": now.grade.rate_bp,
        "benefit": now.grade.benefit,
        "since_ms": now.since_ms,
        "orders": done.orders,
        "points": done.points,
        "next": None
        if following is None
        else {"grade": following.code, "min_orders": following.min_orders, "min_points": following.min_points},
        "moves": [
            {name: getattr(row, name) for name in ("before", "code", "cause", "actor", "orders", "points", "moved_ms")}
            for row in moves
        ],
    }


def take_due(work: Work, most: int) -> list[Any]:
    """Payments after which nobody looked; with this transaction somebody did."""
    query = (
        select(grade_due, store.c.brand_id)
        .join(store, store.c.store_id == grade_due.c.store_id)
        .order_by(grade_due.c.earn_id, grade_due.c.store_id)
        .limit(most)
    )
    rows = list(work.conn.execute(query))
    seen = [(row.earn_id, row.store_id) for row in rows]
    work.conn.execute(delete(grade_due).where(tuple_(grade_due.c.earn_id, grade_due.c.store_id).in_(seen)))
    return rows


def has_grades(conn: Connection, brand_id: str) -> bool:
    """Whether the brand has grades at all."""
    program = earning.of_brand(conn, brand_id)
    return program is not None and bool(program.grades)
