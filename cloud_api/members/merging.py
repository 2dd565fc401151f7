"""Two members are one person: the one's goods become the other's, and its number finds the other (MEM-08)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from cloud_api.coupons.models import coupon
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.grades.models import grade_due, member_grade
from cloud_api.ledger.models import AccountKind, AdjustmentState, account, adjustment, lot
from cloud_api.ledger.purses import holders_of, holds_stamps, of_another
from cloud_api.ledger.service import account_id, lock_balances
from cloud_api.ledger.transfers import move_all
from cloud_api.members import events, groups, numbers, service, told
from cloud_api.members.models import MERGED, NumberStands, member, member_merge, member_number
from cloud_api.members.person_models import data_request, member_card, member_profile, member_regular
from cloud_api.requests.models import request
from cloud_api.stamps.models import stamp_grant, stamp_tier
from cloud_api.vault import Vault
from rules.coupons import CouponState
from rules.membership import MemberStatus
from rules.requests import OPEN_STATES


class MergeProblem(StrEnum):
    """What is in the way, and ends by itself or by somebody's word."""

    SAME = "same"
    WAITING = "waiting"  # a store has to decide about something of the member who goes
    ADJUSTMENT = "adjustment"  # a second person has to


@dataclass(frozen=True)
class Merge:
    """``source`` is ``target`` from now on; ``by`` is the person who says so."""

    source_id: str
    target_id: str
    by: str
    reason: str


_KINDS = {
    "points": AccountKind.MEMBER,
    "held": AccountKind.MEMBER_HOLD,
    "debt": AccountKind.MEMBER_DEBT,
    "stamps": AccountKind.MEMBER_STAMPS,
    "stamps_on_full_boards": AccountKind.MEMBER_BOARDS,
}


def merge(work: Work, vault: Vault, wanted: Merge) -> dict[str, Any]:
    """Moves everything and says what both had before and after. Doing it twice is fine. Raises ApiError
    ``merge_refused``, ``member_unknown``, ``member_gone``; nothing has moved then."""
    if wanted.source_id == wanted.target_id:
        raise ApiError("merge_refused", extra={"problems": [MergeProblem.SAME.value]})
    rows = {which: service.lock(work, which) for which in sorted((wanted.source_id, wanted.target_id))}
    if rows[wanted.source_id].merged_into == wanted.target_id:
        return _stored(work.conn, wanted.source_id)
    for row in rows.values():
        if row.status in (MERGED, MemberStatus.WITHDRAWN):
            raise ApiError("member_gone", extra={"status": row.status, "merged_into": row.merged_into})
    numbers.wake(work, rows)
    rows = {which: service.lock(work, which) for which in sorted(rows)}
    holders = [one for which in rows for one in holders_of(work.conn, which)]
    lock_balances(work, [account_id(kind, one) for kind in _KINDS.values() for one in holders])
    problems = _problems(work.conn, wanted.source_id)
    if problems:
        raise ApiError("merge_refused", extra={"problems": problems})
    return _merge(work, vault, wanted, rows[wanted.source_id], rows[wanted.target_id])


def _merge(work: Work, vault: Vault, wanted: Merge, source: Any, target: Any) -> dict[str, Any]:
    both = (wanted.source_id, wanted.target_id)
    before = {which: _goods(work.conn, which) for which in both}
    stores = told.stores_of(work.conn, both, work.now_ms)
    merge_id = work.ids.uuid7()
    move_all(work, merge_id, source=source.member_id, target=target.member_id, actor=f"person:{wanted.by}")
    work.conn.execute(update(coupon).where(coupon.c.member_id == source.member_id).values(member_id=target.member_id))
    _move_cards(work, source.member_id, target.member_id)
    _move_grades(work, source.member_id, target.member_id)
    _move_words(work, source.member_id, target.member_id)
    groups.become(work, source.member_id, target.member_id)
    _move_numbers(work, source, target)
    after = {which: _goods(work.conn, which) for which in both}
    statement = {
        "merge_id": merge_id,
        "source_id": source.member_id,
        "target_id": target.member_id,
        "before": {"source": before[source.member_id], "target": before[target.member_id]},
        "after": {"source": after[source.member_id], "target": after[target.member_id]},
        "at_ms": work.now_ms,
    }
    assert _sums(before) == _sums(after), statement
    work.conn.execute(
        insert(member_merge).values(
            merge_id=merge_id,
            source_id=source.member_id,
            target_id=target.member_id,
            by=wanted.by,
            reason=wanted.reason,
            statement=json.dumps(statement),
            at_ms=work.now_ms,
        )
    )
    for which in both:
        events.write(work, which, events.MERGED, by=f"person:{wanted.by}", reason=wanted.reason, into=target.member_id)
    told.tell(work, vault, target.member_id, stores)
    return statement


def _problems(conn: Connection, source_id: str) -> list[str]:
    waiting = select(request.c.request_id).where(
        request.c.member_id == source_id, request.c.state.in_([state.value for state in OPEN_STATES])
    )
    second = select(adjustment.c.adjustment_id).where(
        adjustment.c.member_id == source_id, adjustment.c.state == AdjustmentState.PENDING.value
    )
    found = []
    if conn.execute(waiting.limit(1)).first() is not None:
        found.append(MergeProblem.WAITING.value)
    if conn.execute(second.limit(1)).first() is not None:
        found.append(MergeProblem.ADJUSTMENT.value)
    return found


def _goods(conn: Connection, member_id: str) -> dict[str, int]:
    """What a member has by the book, in all purses: points, those on hold, a debt (above zero), what lots have left of
    both units, stamps, and coupons."""
    holders = holders_of(conn, member_id)
    wanted = [account_id(kind, one) for kind in _KINDS.values() for one in holders]
    sums = select(account.c.kind, func.sum(account.c.balance).label("total")).where(account.c.account_id.in_(wanted))
    found = {row.kind: int(row.total) for row in conn.execute(sums.group_by(account.c.kind))}
    goods = {name: found.get(kind.value, 0) for name, kind in _KINDS.items()}
    goods["debt"] = -goods["debt"]
    lots = select(func.coalesce(func.sum(lot.c.remaining), 0)).where(lot.c.member_id.in_(holders))
    goods["lots"] = int(conn.execute(lots).scalar_one())
    by_state = select(coupon.c.state, func.count().label("held")).where(coupon.c.member_id == member_id)
    counts = {row.state: int(row.held) for row in conn.execute(by_state.group_by(coupon.c.state))}
    return goods | {f"coupons_{state.value}": counts.get(state.value, 0) for state in CouponState}


def _sums(goods: dict[str, dict[str, int]]) -> dict[str, int]:
    """Of both together: a debt that is paid from points changes neither sum."""
    names = {name for one in goods.values() for name in one} - {"points", "debt", "lots"}
    sums = {name: sum(one[name] for one in goods.values()) for name in names}
    sums["net"] = sum(one["points"] - one["debt"] for one in goods.values())
    sums["lots_less_points"] = sum(one["lots"] - one["points"] for one in goods.values())
    return sums


def _move_cards(work: Work, source_id: str, target_id: str) -> None:
    """Why stamps were given goes with them, so that a cancel finds them; a tier that paid either pays neither again."""
    for card in holders_of(work.conn, source_id):
        if not holds_stamps(card):
            continue
        to = of_another(card, target_id)
        given = update(stamp_grant).where(stamp_grant.c.purse_id == card)
        work.conn.execute(given.values(purse_id=to, member_id=target_id))
        paid = select(stamp_tier.c.board, stamp_tier.c.stamps).where(stamp_tier.c.purse_id == to)
        known = {(row.board, row.stamps) for row in work.conn.execute(paid)}
        for row in work.conn.execute(select(stamp_tier).where(stamp_tier.c.purse_id == card)).all():
            if (row.board, row.stamps) not in known:
                work.conn.execute(insert(stamp_tier).values(**{**row._mapping, "purse_id": to}))


def _move_grades(work: Work, source_id: str, target_id: str) -> None:
    """Payments of both count from now on; where both have a grade the one of who stays holds until the next look."""
    due = update(grade_due).where(grade_due.c.member_id == source_id)
    work.conn.execute(due.values(member_id=target_id))
    theirs = list(
        work.conn.execute(select(member_grade.c.brand_id).where(member_grade.c.member_id == target_id)).scalars()
    )
    mine = member_grade.c.member_id == source_id
    work.conn.execute(
        update(member_grade).where(mine, member_grade.c.brand_id.not_in(theirs)).values(member_id=target_id)
    )
    work.conn.execute(delete(member_grade).where(mine))


def _move_words(work: Work, source_id: str, target_id: str) -> None:
    """Cards, stores and questions. A profile is sealed for its member and goes: the target says who they are."""
    for carried in (member_card, data_request):
        work.conn.execute(update(carried).where(carried.c.member_id == source_id).values(member_id=target_id))
    mine = member_regular.c.member_id == source_id
    query = select(member_regular.c.store_id).where(member_regular.c.member_id == target_id)
    known = list(work.conn.execute(query).scalars())
    moved = update(member_regular).where(mine, member_regular.c.store_id.not_in(known))
    work.conn.execute(moved.values(member_id=target_id))
    work.conn.execute(delete(member_regular).where(mine))
    work.conn.execute(delete(member_profile).where(member_profile.c.member_id == source_id))


def _move_numbers(work: Work, source: Any, target: Any) -> None:
    """All numbers of the source find the target; who was merged into the source is the target at once, too."""
    work.conn.execute(
        update(member_number).where(member_number.c.member_id == source.member_id).values(member_id=target.member_id)
    )
    numbers.put_aside(work, source, NumberStands.MERGED, member_id=target.member_id)
    work.conn.execute(
        update(member).where(member.c.merged_into == source.member_id).values(merged_into=target.member_id)
    )
    work.conn.execute(
        update(member)
        .where(member.c.member_id == source.member_id)
        .values(
            status=MERGED,
            merged_into=target.member_id,
            phone_lookup=numbers.apart(source.member_id),
            phone_sealed=b"",
            phone_tail=None,
            nickname="",
            grades=None,
            check_ms=None,
            told_ms=None,
            changed_ms=work.now_ms,
        )
    )
    written = json.loads(source.grades or "{}") | json.loads(target.grades or "{}")
    kept = {
        "nickname": target.nickname or source.nickname,
        "grades": json.dumps(written) if written else None,
    }
    work.conn.execute(update(member).where(member.c.member_id == target.member_id).values(**kept))


def _stored(conn: Connection, source_id: str) -> dict[str, Any]:
    written = conn.execute(select(member_merge.c.statement).where(member_merge.c.source_id == source_id)).scalar_one()
    found: dict[str, Any] = json.loads(written)
    return found
