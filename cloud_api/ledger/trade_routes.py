"""HTTP of a brand's trades and settlement, and of a store's boards (PNT-18 to 20, STP-22)."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.clock import DAY_MS
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import PathId
from cloud_api.http import json_response
from cloud_api.ledger import trades
from cloud_api.ledger.trades import Search
from cloud_api.stores.boards import boards
from cloud_api.stores.service import find_brand, profile_of
from rules.calendar import moment_ms

router = APIRouter(prefix="/v1", tags=["ledger"])

DAYS_MAX = 366
Since = Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Days = Annotated[int, Query(ge=1, le=DAYS_MAX)]
Named = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_./:-]{1,64}$")]
_BOX: dict[str, int] = {
    "issued_today": 1,
    "issued": 40,
    "used_today": 0,
    "used": 3,
    "expired": 2,
    "usable": 35,
}
_BOARDS: dict[str, Any] = {"points": {"top": []} | _BOX, "stamps": {"top": []} | _BOX}
_TRADE: dict[str, Any] = {
    "earn_id": "0198c5c0-7a11-7000-8000-0000000000e1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "store_name": "합정점",
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "receipt_no": "0001",
    "till": "1",
    "source": "receipt_auto",
    "paid_won": 4500,
    "points": 45,
    "rate_bp": 100,
    "status": "posted",
    "occurred_ms": 1760000000000,
    "booked_ms": 1760000000100,
}
_FLOW = {"issued": 900, "taken_back": 100, "used": 1000, "expired": 0, "stamps": 12, "net": 200}
_SETTLEMENT: dict[str, Any] = {
    "stores": [{"store_id": "0198c5c0-7a11-7000-8000-0000000000b1", "name": "합정점"} | _FLOW],
    "totals": _FLOW,
}


@router.get(
    "/stores/{store_id}/boards",
    summary="A store's boards of points and stamps",
    responses=errors("unauthorized", "store_unknown") | {200: answer(_BOARDS, "Five names and four boxes each")},
)
def of_store(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Names are masked. ``stamps`` is null where the store has no card."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        return json_response(boards(conn, store_id, cloud.clock()))


@router.get(
    "/brands/{brand_id}/trades",
    summary="Trades of a brand",
    responses=errors("unauthorized", "brand_unknown", "store_unknown", "invalid")
    | {200: answer({"trades": [_TRADE]}, "Newest first")},
)
def search(
    brand_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    since: Since,
    days: Days = 1,
    store_id: Named = None,
    receipt_no: Named = None,
    trade: Named = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Named = None,
) -> Response:
    """``days`` from ``since`` on; by store, by the order number on the receipt, or by the trade's own number (an earn
    id). ``before`` is an earn id of the same search, for paging."""
    first_ms, end_ms = _span(since, days)
    wanted = Search(brand_id, first_ms, end_ms, store_id, receipt_no, trade)
    with cloud.database.read() as conn:
        _known(conn, brand_id)
        return json_response({"trades": trades.trades(conn, wanted, limit=limit, before=before)})


@router.get(
    "/brands/{brand_id}/settlement",
    summary="How points flowed between a brand's stores",
    responses=errors("unauthorized", "brand_unknown", "invalid")
    | {200: answer(_SETTLEMENT, "Per store and together; with `form=csv` a table to download", or_csv=True)},
)
def settle(
    brand_id: PathId, cloud: TheCloud, _key: KeyId, since: Since, days: Days = 31, form: Literal["json", "csv"] = "json"
) -> Response:
    """``net`` above zero: the others owe the store points that it took in."""
    first_ms, end_ms = _span(since, days)
    with cloud.database.read() as conn:
        _known(conn, brand_id)
        found = trades.settlement(conn, brand_id, first_ms, end_ms)
    if form == "json":
        return json_response(found)
    written = io.StringIO()
    table = csv.DictWriter(written, ["store_id", "name", *_FLOW])
    table.writeheader()
    table.writerows([*found["stores"], {"store_id": "", "name": "합계"} | found["totals"]])
    headers = {"Content-Disposition": f'attachment; filename="settlement-{since}.csv"'}
    return Response("\ufeff" + written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _span(since: str, days: int) -> tuple[int, int]:
    try:
        first_ms = moment_ms(date.fromisoformat(since), 0)
    except (ValueError, OverflowError):
        raise ApiError("invalid", extra={"fields": [{"field": "query.since", "problem": "date"}]}) from None
    return first_ms, first_ms + days * DAY_MS


def _known(conn: Any, brand_id: str) -> None:
    if find_brand(conn, brand_id) != brand_id:
        raise ApiError("brand_unknown")
