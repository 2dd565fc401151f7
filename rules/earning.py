"""Which rate a payment earns at, in which wallet, and what is usable where (PNT-02 to 05, PNT-16, PNT-17, PNT-22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import local_day, moment_ms
from rules.sale import PayMeans

EXPIRY_NOTICE_DAYS = 7


class EarningMethod(StrEnum):
    """PNT-02: a payment earns one of them, never both."""

    POINT = "point"
    STAMP = "stamp"


class PointScope(StrEnum):
    """PNT-03."""

    INTEGRATED = "integrated"
    INDIVIDUAL = "individual"


def wallet_of(scope: PointScope, brand_id: str, store_id: str) -> str:
    """What points of a payment belong to: the whole brand, or the store that gave them (PNT-03, Ambiguity A6)."""
    return f"brand:{brand_id}" if scope is PointScope.INTEGRATED else f"store:{store_id}"


def usable_points(wallets: Mapping[str, int], scope: PointScope, brand_id: str, store_id: str) -> int:
    """What a member may spend at that store (PNT-03)."""
    return wallets.get(wallet_of(scope, brand_id, store_id), 0)


def rate_bp(
    base_bp: int,
    *,
    grade_bp: int | None = None,
    means: PayMeans | None = None,
    bonus_bp: Mapping[PayMeans, int] | None = None,
) -> int:
    """The grade's rate where the member has one, else the brand's (PNT-05); a means of payment may add to it
    (PNT-22)."""
    found = base_bp if grade_bp is None else grade_bp
    return found + (bonus_bp or {}).get(means, 0) if means is not None else found


def lot_expires_ms(earned_ms: int, valid_days: int) -> int | None:
    """The first moment at which points cannot be spent any more: midnight in Korea after their last day; None: they do
    not expire (PNT-17)."""
    if valid_days <= 0:
        return None
    return moment_ms(local_day(earned_ms) + timedelta(days=valid_days + 1), 0)


def expiry_notice_day(expires_ms: int) -> date:
    """When a member is told that points expire (PNT-17, PNT-21)."""
    return local_day(expires_ms) - timedelta(days=EXPIRY_NOTICE_DAYS + 1)


@dataclass(frozen=True)
class Undone:
    """Points that come back to the member, that are taken, and that are owed because they were spent (PNT-09)."""

    given_back: int
    taken_back: int
    owed: int


def undo_payment(spent: int, earned: int, balance: int) -> Undone:
    """PNT-16, PNT-09: what was spent comes back first, then what was earned goes; no balance falls below zero."""
    available = max(balance, 0) + spent
    taken = min(earned, available)
    return Undone(spent, taken, earned - taken)
