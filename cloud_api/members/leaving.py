"""Leaving: what has to be settled, what lapses, and what is kept for how long (MEM-05, MEM-06)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from cloud_api.coupons.models import coupon
from cloud_api.coupons.service import end_all
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.grades.models import grade_due, member_grade
from cloud_api.ledger.expiry import lapse
from cloud_api.ledger.models import AccountKind, account
from cloud_api.ledger.purses import holders_of, holds_stamps
from cloud_api.ledger.service import account_id, balances, lock_balances
from cloud_api.members import events, groups, numbers, service, terms, told
from cloud_api.members.models import MERGED, NumberStands, member, member_number
from cloud_api.members.person_models import member_card
from cloud_api.orders.models import customer_order
from cloud_api.requests.models import request
from cloud_api.vault import Vault
from rules.calendar import local_day, moment_ms
from rules.coupons import CouponState
from rules.membership import CardState, Held, LeaveProblem, MemberStatus, leave_problems, purge_on
from rules.requests import OPEN_STATES, OrderState

MEMBER = "member"
_KINDS = (AccountKind.MEMBER, AccountKind.MEMBER_HOLD, AccountKind.MEMBER_DEBT, AccountKind.MEMBER_STAMPS)
_UNFINISHED = (OrderState.NEW.value, OrderState.PREPARING.value)


@dataclass(frozen=True)
class Leave:
    """Why; ``confirmed``: the member saw what is lost. ``by`` is the person of support who does it for the member,
    who then gives up what is left (MEM-32); nobody: the member does it."""

    reason: str
    confirmed: bool
    by: str | None = None


def held(conn: Connection, member_id: str, now_ms: int) -> Held:
    """What the member has now, as the withdrawal screen shows it."""
    holders = holders_of(conn, member_id)
    points = sum(
        has.balance + has.held for has in (balances(conn, one, now_ms) for one in holders if not holds_stamps(one))
    )
    cards = [account_id(AccountKind.MEMBER_STAMPS, one) for one in holders if holds_stamps(one)]
    stamps = select(func.coalesce(func.sum(account.c.balance), 0)).where(account.c.account_id.in_(cards))
    waiting = select(func.count()).where(
        request.c.member_id == member_id, request.c.state.in_([state.value for state in OPEN_STATES])
    )
    orders = (
        select(func.count())
        .select_from(request)
        .join(customer_order, customer_order.c.order_id == request.c.order_id)
        .where(request.c.member_id == member_id, customer_order.c.state.in_(_UNFINISHED))
    )
    coupons = select(func.count()).where(
        coupon.c.member_id == member_id,
        coupon.c.state == CouponState.AVAILABLE.value,
        coupon.c.expires_ms > now_ms,
    )
    return Held(
        points=points,
        stamps=int(conn.execute(stamps).scalar_one()),
        coupons_waiting=conn.execute(waiting).scalar_one(),
        orders_open=conn.execute(orders).scalar_one(),
        coupons=conn.execute(coupons).scalar_one(),
    )


def withdraw(work: Work, vault: Vault, member_id: str, wanted: Leave) -> dict[str, Any]:
    """The member leaves: the number is blocked for a while, personal data are kept for as long as disputes need them.

    Doing it twice is fine. Raises ApiError ``withdrawal_refused``, ``member_unknown``, ``member_gone``.
    """
    row = service.lock(work, member_id)
    if row.status == MERGED:
        raise ApiError("member_gone", extra={"status": row.status, "merged_into": row.merged_into})
    if row.status == MemberStatus.WITHDRAWN:
        return _shown(work.conn, member_id, row.changed_ms)
    if row.status == MemberStatus.DORMANT:
        numbers.wake(work, [member_id])
        row = service.lock(work, member_id)
    holders = holders_of(work.conn, member_id)
    lock_balances(work, [account_id(kind, one) for one in holders for kind in _KINDS])
    has = held(work.conn, member_id, work.now_ms)
    problems = _problems(has, wanted)
    if problems:
        raise ApiError("withdrawal_refused", extra={"problems": [str(one) for one in problems], "held": asdict(has)})
    by = MEMBER if wanted.by is None else f"person:{wanted.by}"
    lapsed = lapse(work, holders, actor=by)
    revoked = end_all(work, member_id)
    groups.become(work, member_id, None)
    gone = update(member_card).where(member_card.c.member_id == member_id)
    work.conn.execute(gone.values(state=CardState.DELETED.value, changed_ms=work.now_ms))
    stores = told.stores_of(work.conn, [member_id], work.now_ms)
    _close(work, row)
    events.write(work, member_id, events.WITHDRAWN, by=by, reason=wanted.reason, points=lapsed, coupons=revoked)
    told.tell(work, vault, member_id, stores)
    return _shown(work.conn, member_id, work.now_ms)


def _problems(has: Held, wanted: Leave) -> list[LeaveProblem]:
    """Support may let points lapse that the member gives up; what waits for a store is in the way for everybody."""
    given_up = wanted.by is not None and not has.coupons_waiting
    found = leave_problems(has, confirmed=wanted.confirmed)
    return [problem for problem in found if not (given_up and problem is LeaveProblem.POINTS)]


def _close(work: Work, row: Any) -> None:
    block_days = terms.of_store(work.conn, row.join_store_id).rejoin_block_days
    purge_ms = moment_ms(purge_on(local_day(work.now_ms)), 0)
    further = update(member_number).where(member_number.c.member_id == row.member_id)
    work.conn.execute(
        further.values(
            stands=NumberStands.WITHDRAWN.value, since_ms=work.now_ms, block_days=block_days, purge_ms=purge_ms
        )
    )
    numbers.put_aside(
        work, row, NumberStands.WITHDRAWN, member_id=row.member_id, block_days=block_days, purge_ms=purge_ms
    )
    for graded in (member_grade, grade_due):
        work.conn.execute(delete(graded).where(graded.c.member_id == row.member_id))
    work.conn.execute(
        update(member)
        .where(member.c.member_id == row.member_id)
        .values(
            status=MemberStatus.WITHDRAWN.value,
            phone_lookup=numbers.apart(row.member_id),
            phone_sealed=b"",
            phone_tail=None,
            nickname="",
            grades=None,
            check_ms=None,
            told_ms=None,
            changed_ms=work.now_ms,
        )
    )


def _shown(conn: Connection, member_id: str, withdrawn_ms: int) -> dict[str, Any]:
    found = [row for row in numbers.of_member(conn, member_id) if row.stands == NumberStands.WITHDRAWN]
    days = max((row.block_days for row in found), default=0)
    return {
        "member_id": member_id,
        "status": MemberStatus.WITHDRAWN.value,
        "withdrawn_ms": withdrawn_ms,
        "rejoin_from_ms": numbers.blocked_until_ms(withdrawn_ms, days),
        "purge_ms": moment_ms(purge_on(local_day(withdrawn_ms)), 0),
    }
