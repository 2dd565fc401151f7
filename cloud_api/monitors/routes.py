"""HTTP of the monitors: how a store stands, and which stores were warned of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import PathId
from cloud_api.http import json_response
from cloud_api.monitors import counting
from cloud_api.monitors.counting import Figure
from cloud_api.monitors.events import rejected_for
from cloud_api.stores.service import profile_of
from rules.calendar import local_day
from rules.monitors import WINDOW_DAYS
from rules.requests import RejectReason

router = APIRouter(prefix="/v1", tags=["notices"])

FIGURE_EXAMPLE = {"name": "slow_approval", "level": "notify", "count": 11, "of": 20, "since": "2025-09-10"}
MONITORS_EXAMPLE: dict[str, Any] = {
    "figures": [FIGURE_EXAMPLE],
    "rejections": {"out_of_stock": 2, "out_of_hours": 0, "condition_mismatch": 1, "other": 0},
    "flagged_coupons": ["0198c5c0-7a11-7000-8000-0000000000f2"],
}
WARNED_EXAMPLE = {"stores": [{"store_id": "0198c5c0-7a11-7000-8000-0000000000b1", "figures": ["slow_approval"]}]}


@router.get(
    "/stores/{store_id}/monitors",
    summary="Approvals, rejections and recoveries of a store",
    responses=errors("unauthorized", "store_unknown") | {200: answer(MONITORS_EXAMPLE, "As counted a minute ago")},
)
def of_store(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Shares are of the last thirty days, recoveries of today. ``of`` is 0 where a figure is no share; ``level`` is
    ``normal``, ``watch`` or ``notify``."""
    now_ms = cloud.clock()
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        figures = counting.figures(conn, store_id, now_ms)
        found = counting.counted(conn, store_id, local_day(now_ms) - timedelta(days=WINDOW_DAYS - 1))
        flagged = counting.flagged_coupons(conn, store_id)
    return json_response(
        {
            "figures": [_shown(figure) for figure in figures],
            "rejections": {reason.value: found[rejected_for(reason)] for reason in RejectReason},
            "flagged_coupons": flagged,
        }
    )


def _shown(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name.value,
        "level": figure.level.value,
        "count": figure.count,
        "of": figure.of,
        "since": figure.since.isoformat(),
    }


@router.get(
    "/hq/monitors",
    summary="Stores that were warned of",
    responses=errors("unauthorized") | {200: answer(WARNED_EXAMPLE, "This month; recoveries of today")},
)
def warned(cloud: TheCloud, _key: KeyId) -> Response:
    """Which figures of which stores passed their bound."""
    with cloud.database.read() as conn:
        found = counting.warned_stores(conn, cloud.clock())
    return json_response({"stores": [{"store_id": store_id, "figures": names} for store_id, names in found.items()]})
