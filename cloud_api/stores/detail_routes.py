"""HTTP of what a store says of itself, and of visits to it.

Rules: STO-03, STO-04, STO-05, STO-08, STO-09, STO-12.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StrictInt, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Name, PathId, Text
from cloud_api.http import json_response
from cloud_api.staff.acting import Acting, HeadOffice, may
from cloud_api.stores import details
from cloud_api.stores.service import profile_of
from rules.permissions import Permission
from rules.stores import AdAcceptance

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["stores"])

Percent = Annotated[StrictInt, Field(ge=0, le=100)]
Word = Annotated[StrictStr, Field(pattern=r"^[a-z0-9_:]{1,40}$")]
AgeBand = Literal["10s", "20s", "30s", "40s", "50_up"]
ForInfo = Annotated[Acting, Depends(may(Permission.STORE_INFO))]

DETAILS_EXAMPLE: dict[str, Any] = {
    "name": "합정점",
    "version": 1,
    "road_address": "서울 마포구 가상로 1",
    "detail_address": "1층",
    "phone": "02-000-0000",
    "latitude_e6": None,
    "longitude_e6": None,
    "ads": "all",
    "groups": ["office:office", "others:residents"],
    "districts": ["office", "station"],
    "school_level": None,
    "male_percent": 45,
    "female_percent": 55,
    "age_percents": {"10s": 5, "20s": 35, "30s": 30, "40s": 20, "50_up": 10},
}
VISIT_EXAMPLE = {
    "visit_id": "0198c5c0-7a11-7000-8000-0000000000b9",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "visited_by": "본사 김하늘",
    "delegate": False,
    "passed": True,
    "findings": "",
    "visited_ms": 1760000000000,
}


class Details(Body):
    name: Name | None = None
    road_address: Text
    detail_address: Text = ""
    phone: Annotated[StrictStr, Field(pattern=r"^[0-9+() -]{1,30}$")]
    latitude_e6: Annotated[StrictInt, Field(ge=-90_000_000, le=90_000_000)] | None = None
    longitude_e6: Annotated[StrictInt, Field(ge=-180_000_000, le=180_000_000)] | None = None
    ads: AdAcceptance = AdAcceptance.ALL
    groups: Annotated[tuple[Word, ...], Field(max_length=30)]
    districts: Annotated[tuple[Word, ...], Field(max_length=10)]
    school_level: Word | None = None
    male_percent: Percent
    female_percent: Percent
    age_percents: dict[AgeBand, Percent]


@router.get(
    "/details",
    summary="What a store says of itself",
    responses=errors("unauthorized", "store_unknown") | {200: answer({"details": None}, "None before anybody said it")},
)
def read_details(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """For maps and for the store's own page."""
    with cloud.database.read() as conn:
        return json_response({"details": details.of_store(conn, store_id)})


@router.post(
    "/details",
    summary="Change what a store says of itself",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "invalid")
    | {200: answer(DETAILS_EXAMPLE, "Changed")},
)
def write_details(store_id: PathId, body: Details, cloud: TheCloud, by: ForInfo) -> Response:
    """Replaces all of it; the pin may be moved away from where the address says."""
    told = details.Details(**body.model_dump(exclude={"name"}))
    return json_response(
        cloud.database.transact(lambda work: details.change(work, store_id, told, body.name, by.author))
    )


class NewVisit(Body):
    visited_by: Name
    delegate: StrictBool = False
    passed: StrictBool
    findings: Text = ""


@router.post(
    "/visits",
    status_code=201,
    summary="Record an unannounced visit",
    responses=errors("unauthorized", "not_allowed", "store_unknown", "invalid") | {201: answer(VISIT_EXAMPLE, "Kept")},
)
def record_visit(store_id: PathId, body: NewVisit, cloud: TheCloud, by: HeadOffice) -> Response:
    """By head office or somebody it sends."""
    visit = details.Visit(**body.model_dump())
    return json_response(cloud.database.transact(lambda work: details.record_visit(work, store_id, visit, by)), 201)


@router.get(
    "/visits",
    summary="Unannounced visits",
    responses=errors("unauthorized", "not_allowed", "store_unknown")
    | {200: answer({"visits": [VISIT_EXAMPLE]}, "Newest first")},
)
def visits(store_id: PathId, cloud: TheCloud, _by: HeadOffice) -> Response:
    """Head office's."""
    with cloud.database.read() as conn:
        if profile_of(conn, store_id) is None:
            raise ApiError("store_unknown")
        return json_response({"visits": details.visits(conn, store_id)})
