"""What a store's customers may use of their points: a part of one payment, a total of one day (PNT-12, APR-35)."""

from __future__ import annotations

from sqlalchemy import func, select

from cloud_api.clock import DAY_MS, KST_OFFSET_MS, korean_day
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.requests.models import request
from cloud_api.stores.service import lock_store
from rules.requests import OPEN_STATES, USED_STATES
from rules.spending import SpendLimit, SpendPolicy

_CODES = {
    SpendLimit.PAYMENT: "points_exceed_payment",
    SpendLimit.SHARE: "points_exceed_share",
    SpendLimit.DAY_TOTAL: "day_total_reached",
}


def check(work: Work, store_id: str, policy: SpendPolicy, points: int, payment_won: int) -> None:
    """Before anything is held. Raises ApiError with the tightest limit that is passed."""
    bounds = policy.payment_bounds(payment_won, points_used_today(work, store_id, policy))
    tightest, limit = min(bounds, key=lambda bound: bound[0])
    if points > tightest:
        raise limit_error(limit)


def check_member(work: Work, store_id: str, member_id: str, day_max_points: int, points: int) -> None:
    """What one member may use at the store in a day; 0: as much as there is (PNT-12, Ambiguity A5). Raises ApiError
    ``member_day_reached``."""
    if day_max_points and points > day_max_points - _used_today(work, store_id, member_id):
        raise ApiError("member_day_reached")


def points_used_today(work: Work, store_id: str, policy: SpendPolicy) -> int:
    """Points of the store's requests of today that count or still may; 0 where no policy asks. Whoever asks at the
    same moment waits for this transaction, so that two never pass the limit together."""
    return _used_today(work, store_id) if policy.store_day_max_points else 0


def _used_today(work: Work, store_id: str, member_id: str | None = None) -> int:
    lock_store(work, store_id)
    midnight_ms = korean_day(work.now_ms) * DAY_MS - KST_OFFSET_MS
    counting = [state.value for state in OPEN_STATES | USED_STATES]
    found = select(func.coalesce(func.sum(request.c.points), 0)).where(
        request.c.store_id == store_id,
        request.c.state.in_(counting),
        request.c.created_ms >= midnight_ms,
    )
    if member_id is not None:
        found = found.where(request.c.member_id == member_id)
    return int(work.conn.execute(found).scalar_one())


def limit_error(limit: SpendLimit) -> ApiError:
    """The refusal of a limit; what is none of the payment or the day is the member's balance."""
    return ApiError(_CODES.get(limit, "insufficient_points"))
