"""Owns the mistakes that somebody could make about two brands in one cloud."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cloud_api.coupons import service as coupons
from cloud_api.coupons.models import coupon, coupon_definition
from cloud_api.gateway import holdings
from cloud_api.ledger import earns
from cloud_api.requests.models import request
from cloud_api.stores import earning
from simulation.mutants.planting import Mutant, swap


def _the_members(member_id: str, *_where: Any) -> str:
    """Points are good in every brand."""
    return member_id


def _found_anywhere(work: Any, coupon_id: str, **_where: Any) -> Any:
    """A coupon is good in every brand."""
    query = select(coupon_definition).join(coupon, coupon.c.definition_id == coupon_definition.c.definition_id)
    return work.conn.execute(query.where(coupon.c.coupon_id == coupon_id)).one()


def _everybodys_requests(conn: Any, _store_id: str, _now_ms: int) -> list[Any]:
    return list(conn.execute(select(request)))


AT_BRANDS: tuple[Mutant, ...] = (
    Mutant("brands_share_points", "one brand spends another's", swap((earning, "points_holder", _the_members))),
    Mutant("brands_earn_together", "points earn into one heap", swap((earns, "points_holder", _the_members))),
    Mutant("brands_share_coupons", "coupons are good anywhere", swap((coupons, "find_of", _found_anywhere))),
    Mutant("brands_share_counts", "a snapshot tells another's points", swap((holdings, "points_holder", _the_members))),
    Mutant("brands_share_requests", "a snapshot has all", swap((holdings, "requests_held", _everybodys_requests))),
)
