"""Whether a coupon may be used now: its conditions, what goes together, the store's limits (APR-35, CPN-04, 10, 11).

Checked before the request is delivered, in the transaction that holds the coupon; what waits for a decision counts, so
that two at once never pass a limit together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from cloud_api.clock import DAY_MS
from cloud_api.coupons.models import coupon, coupon_definition, use_limit
from cloud_api.coupons.terms import OF_A_SALE, read_benefit, read_conditions, sale_of
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.models import EarnStatus, earn
from cloud_api.orders.models import customer_order
from cloud_api.requests.models import request
from cloud_api.stores.hours import hours_of
from cloud_api.stores.service import lock_store
from rules.calendar import local_day, months_after
from rules.conditions import UseConditions, unmet
from rules.coupons import CouponState
from rules.discounts import (
    LimitsLeft,
    OverlapRules,
    RewardUse,
    UsedToday,
    UseLimits,
    discount_won,
    limit_problem,
    limits_left,
    overlap_problem,
)
from rules.hours import business_day, open_at
from rules.requests import OPEN_STATES, USED_STATES
from rules.sale import REGULAR_MONTHS, CustomerKind, customer_kinds

_BACK_MS = 2 * DAY_MS  # a business day began within the last two days
_COUNTING = tuple(state.value for state in OPEN_STATES | USED_STATES)


@dataclass(frozen=True)
class Using:
    """A coupon somebody wants to use. ``sale``: as the caller knows it, None when it does not; ``payment_ref`` ties
    together what is used in one payment."""

    member_id: str
    store_id: str
    sale: dict[str, Any] | None = None
    payment_ref: str | None = None


def check(work: Work, using: Using, definition: Any) -> int:
    """The discount in won. Raises ApiError ``conditions_unmet``, ``overlap_refused``, ``limit_reached``."""
    conditions = read_conditions(definition.conditions)
    sale = sale_of(using.sale, using.store_id, work.now_ms, _kinds(work, using, conditions))
    missing = unmet(conditions, sale, used=_used(work.conn, using.member_id, definition.definition_id, conditions))
    if using.sale is None:
        missing = tuple(one for one in missing if one not in OF_A_SALE)
    if missing:
        raise ApiError("conditions_unmet", extra={"unmet": [one.value for one in missing]})
    value_won = discount_won(read_benefit(definition), sale.paid_won) if using.sale else definition.pos_discount_won
    _check_limits(work, using, RewardUse(definition.definition_id, value_won, definition.alone))
    return value_won


def _kinds(work: Work, using: Using, conditions: UseConditions) -> frozenset[CustomerKind]:
    """New or regular; looked up only where a condition asks for it."""
    if conditions.customers is None:
        return frozenset()
    since_day = months_after(local_day(work.now_ms), -REGULAR_MONTHS)
    since_ms = work.now_ms - (local_day(work.now_ms) - since_day).days * DAY_MS
    here = (earn.c.member_id == using.member_id) & (earn.c.store_id == using.store_id)
    stands = earn.c.status != EarnStatus.REVERSED.value
    query = select(func.count(), func.count().filter(earn.c.booked_ms >= since_ms)).where(here, stands)
    earlier, recent = work.conn.execute(query).one()
    return customer_kinds(earlier, recent, designated=False)


def _used(conn: Connection, member_id: str, definition_id: str, conditions: UseConditions) -> int:
    if conditions.uses_per_member is None:
        return 0
    mine = (coupon.c.member_id == member_id) & (coupon.c.definition_id == definition_id)
    # Whoever asks for another one of them at the same moment counts this one.
    conn.execute(select(coupon.c.coupon_id).where(mine).order_by(coupon.c.coupon_id).with_for_update()).all()
    states = (CouponState.USED.value, CouponState.PENDING.value)
    return int(conn.execute(select(func.count()).where(mine, coupon.c.state.in_(states))).scalar_one())


@dataclass(frozen=True)
class StoreRules:
    """What a store allows; without a row everything but several rewards in one payment."""

    limits: UseLimits = field(default_factory=UseLimits)
    overlap: OverlapRules = field(default_factory=OverlapRules)
    outside_hours: bool = False


def refuse_closed(work: Work, store_id: str) -> None:
    """Nobody is there: a consumer asks later (APR, Ambiguity A9). A store that set no hours is always open, and one
    may take requests outside of them. Raises ApiError ``out_of_hours``."""
    if not open_at(hours_of(work.conn, store_id), work.now_ms) and not rules_of(work.conn, store_id).outside_hours:
        raise ApiError("out_of_hours")


def left_today(conn: Connection, store_id: str, now_ms: int) -> LimitsLeft:
    """What a store still accepts today (CPN-10)."""
    used = used_today(conn, Using("", store_id), now_ms)
    return limits_left(rules_of(conn, store_id).limits, used)


def rules_of(conn: Connection, store_id: str) -> StoreRules:
    """The store's limits and overlap rules."""
    row = conn.execute(select(use_limit).where(use_limit.c.store_id == store_id)).one_or_none()
    if row is None:
        return StoreRules()
    limits = UseLimits(row.day_count, row.day_value_won, row.payment_count, row.payment_value_won, row.member_day_count)
    return StoreRules(limits, OverlapRules(row.overlap_same, row.overlap_different), row.outside_hours)


def set_rules(work: Work, store_id: str, wanted: StoreRules) -> None:
    """Replaces them. Raises ApiError ``store_unknown``."""
    lock_store(work, store_id)
    values = {
        "day_count": wanted.limits.day_count,
        "day_value_won": wanted.limits.day_value_won,
        "payment_count": wanted.limits.payment_count,
        "payment_value_won": wanted.limits.payment_value_won,
        "member_day_count": wanted.limits.member_day_count,
        "overlap_same": wanted.overlap.same,
        "overlap_different": wanted.overlap.different,
        "outside_hours": wanted.outside_hours,
        "changed_ms": work.now_ms,
    }
    if work.conn.execute(update(use_limit).where(use_limit.c.store_id == store_id).values(**values)).rowcount == 0:
        work.conn.execute(insert(use_limit).values(store_id=store_id, **values))


def _check_limits(work: Work, using: Using, use: RewardUse) -> None:
    store_rules = rules_of(work.conn, using.store_id)
    if store_rules.limits != UseLimits() or using.payment_ref is not None:
        lock_store(work, using.store_id)  # whoever comes second counts the first
    beside = _beside(work.conn, using)
    refused = overlap_problem([*beside, use], store_rules.overlap)
    if refused is not None:
        raise ApiError("overlap_refused", extra={"problem": refused.value})
    if store_rules.limits == UseLimits():
        return
    reached = limit_problem([*beside, use], store_rules.limits, used_today(work.conn, using, work.now_ms))
    if reached is not None:
        raise ApiError("limit_reached", extra={"problem": reached.value})


def _beside(conn: Connection, using: Using) -> list[RewardUse]:
    """What else is used in this payment."""
    if using.payment_ref is None:
        return []
    query = (
        select(coupon_definition.c.definition_id, coupon_definition.c.alone, request.c.pos_discount_won)
        .join(coupon, coupon.c.coupon_id == request.c.coupon_id)
        .join(coupon_definition, coupon_definition.c.definition_id == coupon.c.definition_id)
        .where(
            request.c.store_id == using.store_id,
            request.c.member_id == using.member_id,
            request.c.payment_ref == using.payment_ref,
            request.c.state.in_(_COUNTING),
        )
    )
    return [RewardUse(row.definition_id, row.pos_discount_won, row.alone) for row in conn.execute(query)]


def used_today(conn: Connection, using: Using, now_ms: int) -> UsedToday:
    """Coupons of the store's business day, without those of this payment: the rule adds them."""
    # A coupon of an order says its discount there: nobody keys it into a till.
    won = func.coalesce(request.c.pos_discount_won, customer_order.c.coupon_won, 0).label("won")
    query = (
        select(request.c.created_ms, won, request.c.member_id)
        .outerjoin(customer_order, customer_order.c.order_id == request.c.order_id)
        .where(
            request.c.store_id == using.store_id,
            request.c.coupon_id.is_not(None),
            request.c.state.in_(_COUNTING),
            request.c.created_ms >= now_ms - _BACK_MS,
        )
    )
    if using.payment_ref is not None:
        others = or_(request.c.payment_ref.is_(None), request.c.payment_ref != using.payment_ref)
        query = query.where(others)
    hours = hours_of(conn, using.store_id)
    today = business_day(hours, now_ms)
    rows = [row for row in conn.execute(query) if business_day(hours, row.created_ms) == today]
    own = sum(row.member_id == using.member_id for row in rows)
    return UsedToday(len(rows), sum(row.won for row in rows), own)
