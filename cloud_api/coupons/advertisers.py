"""Rewards of advertisers: used at once, alone, within what the platform and the advertiser allow (CPN-01, CPN-12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from cloud_api.coupons import service
from cloud_api.coupons.models import advertiser_limit, advertiser_use, coupon, coupon_definition
from cloud_api.coupons.terms import read_benefit, read_conditions, sale_of
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members import service as members
from rules.calendar import local_day
from rules.conditions import unmet
from rules.coupons import CouponState, RewardKind, needs_approval
from rules.discounts import AdvertiserLimits, RewardUse, UseProblem, advertiser_problem, discount_won


def limits_of(conn: Connection, brand_id: str | None) -> AdvertiserLimits:
    """Of the platform, or with a brand of this advertiser within the platform's (Ambiguity A3)."""
    platform = _said(conn, None)
    return platform if brand_id is None else _said(conn, brand_id).within(platform)


def _said(conn: Connection, brand_id: str | None) -> AdvertiserLimits:
    c = advertiser_limit.c
    mine = c.brand_id.is_(None) if brand_id is None else c.brand_id == brand_id
    query = select(c.use_max_won, c.day_max_won).where(mine).order_by(c.limit_id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return AdvertiserLimits() if row is None else AdvertiserLimits(*row)


def set_limits(work: Work, brand_id: str | None, wanted: AdvertiserLimits) -> AdvertiserLimits:
    """From now on. Raises ApiError ``above_platform`` for an advertiser who wants more than there may be."""
    if brand_id is not None and wanted.within(_said(work.conn, None)) != wanted:
        raise ApiError("above_platform", extra=shown(_said(work.conn, None)))
    work.conn.execute(
        insert(advertiser_limit).values(
            limit_id=work.ids.uuid7(), brand_id=brand_id, from_ms=work.now_ms, **shown(wanted)
        )
    )
    return limits_of(work.conn, brand_id)


def shown(limits: AdvertiserLimits) -> dict[str, int]:
    """As callers get them."""
    return {"use_max_won": limits.use_max_won, "day_max_won": limits.day_max_won}


@dataclass(frozen=True)
class Using:
    """``payment_ref``: what the shop calls the payment; one reward goes with each."""

    member_id: str
    coupon_id: str
    payment_won: int
    payment_ref: str


def use(work: Work, wanted: Using) -> dict[str, Any]:
    """Takes the coupon and says what it takes off. Whoever uses two at once uses one after the other.

    Raises ApiError ``coupon_unknown``, ``coupon_not_here``, ``coupon_not_available``, ``conditions_unmet``,
    ``overlap_refused``, ``limit_reached``.
    """
    members.lock(work, wanted.member_id)
    definition = _definition(work, wanted)
    value_won = _value_won(work, wanted, definition)
    day = local_day(work.now_ms).isoformat()
    if _uses(work.conn, wanted.member_id, advertiser_use.c.payment_ref == wanted.payment_ref)[0]:
        raise ApiError("overlap_refused", extra={"problem": UseProblem.ALONE.value})
    today = advertiser_use.c.day == day
    theirs = today & (advertiser_use.c.brand_id == definition.brand_id)
    for which, limits in (
        (theirs, limits_of(work.conn, definition.brand_id)),
        (today, limits_of(work.conn, None)),
    ):
        _, used_won = _uses(work.conn, wanted.member_id, which)
        problem = advertiser_problem([RewardUse(definition.definition_id, value_won)], used_won, limits)
        if problem is not None:
            raise ApiError("limit_reached", extra={"problem": problem.value})
    service.use_at_once(work, wanted.coupon_id)
    work.conn.execute(
        insert(advertiser_use).values(
            coupon_id=wanted.coupon_id,
            member_id=wanted.member_id,
            brand_id=definition.brand_id,
            payment_ref=wanted.payment_ref,
            day=day,
            value_won=value_won,
            used_ms=work.now_ms,
        )
    )
    return {"coupon_id": wanted.coupon_id, "state": CouponState.USED.value, "discount_won": value_won}


def _definition(work: Work, wanted: Using) -> Any:
    found = work.conn.execute(
        select(coupon_definition)
        .join(coupon, coupon.c.definition_id == coupon_definition.c.definition_id)
        .where(coupon.c.coupon_id == wanted.coupon_id, coupon.c.member_id == wanted.member_id)
    ).one_or_none()
    if found is None:
        raise ApiError("coupon_unknown")
    if needs_approval(RewardKind(found.kind)):
        raise ApiError("coupon_not_here")  # a store's reward is asked for at the store
    return found


def _value_won(work: Work, wanted: Using, definition: Any) -> int:
    conditions = read_conditions(definition.conditions)
    sale = sale_of({"payment_won": wanted.payment_won, "channel": "web"}, "", work.now_ms, frozenset())
    mine = (coupon.c.member_id == wanted.member_id) & (coupon.c.definition_id == definition.definition_id)
    used = select(func.count()).where(mine, coupon.c.state == CouponState.USED.value)
    missing = unmet(conditions, sale, used=int(work.conn.execute(used).scalar_one()))
    if missing:
        raise ApiError("conditions_unmet", extra={"unmet": [one.value for one in missing]})
    return discount_won(read_benefit(definition), wanted.payment_won)


def _uses(conn: Connection, member_id: str, which: Any) -> tuple[int, int]:
    """How many, and what they came to."""
    won = func.coalesce(func.sum(advertiser_use.c.value_won), 0)
    row = conn.execute(select(func.count(), won).where(advertiser_use.c.member_id == member_id, which)).one()
    return int(row[0]), int(row[1])
