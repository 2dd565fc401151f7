"""HTTP of products, for head office (MNU-15)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from cloud_api.access import TheCloud
from cloud_api.documents import PRODUCT_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import PathId
from cloud_api.http import json_response
from cloud_api.menu import products
from cloud_api.menu.products import Wanted
from cloud_api.staff.acting import HeadOffice
from cloud_api.stores.service import find_brand
from rules.calendar import local_day
from rules.menu import Composition, SaleState
from rules.sale import ServiceType

router = APIRouter(prefix="/v1", tags=["menu"])

PAGE_MAX = 200
Words = Annotated[str, Query(max_length=60)]
_ROW: dict[str, Any] = {
    "menu_id": "0198c5c0-7a11-7000-8000-0000000000e8",
    "store_id": None,
    "category_id": "0198c5c0-7a11-7000-8000-0000000000e7",
    "name": "카페라떼",
    "price_won": 5000,
    "visible": True,
    "manager": "상품팀 이지은",
    "version": 3,
    **PRODUCT_EXAMPLE,
    "sale_state": "on_sale",
}


@router.get(
    "/brands/{brand_id}/products",
    summary="Products of a brand",
    responses=errors("unauthorized", "not_allowed", "brand_unknown", "invalid")
    | {200: answer({"products": [_ROW]}, "By id; those of the brand, and those of its stores")},
)
def listed(
    brand_id: PathId,
    cloud: TheCloud,
    _by: HeadOffice,
    state: SaleState | None = None,
    composition: Composition | None = None,
    service: ServiceType | None = None,
    manager: Words = "",
    words: Words = "",
    after: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$")] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
) -> Response:
    """Code, name, price, composition, ways to order, state and days of sale, manager. ``words`` stand in the name or
    are the code; ``after`` is the last ``menu_id`` of the page before."""
    wanted = Wanted(state, composition, service, manager, words)
    with cloud.database.read() as conn:
        if find_brand(conn, brand_id) != brand_id:
            raise ApiError("brand_unknown")
        found = products.page(conn, brand_id, wanted, local_day(cloud.clock()), after=after, limit=limit)
    return json_response({"products": found})
