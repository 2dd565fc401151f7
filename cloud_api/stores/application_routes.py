"""HTTP of shops that want to join: the form, the review, what comes of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictInt, StrictStr
from starlette.responses import Response

from cloud_api.access import TheCloud
from cloud_api.documents import EMPLOYEE_EXAMPLE, HOURS_EXAMPLE, answer, errors
from cloud_api.fields import Body, Day, Ident, Name, PathId, Reason, Text, Won
from cloud_api.http import json_response
from cloud_api.staff.acting import HeadOffice
from cloud_api.stores import applications
from cloud_api.stores.applications import Form
from rules.hours import DayHours, StoreHours
from rules.stores import AdAcceptance, Onboarding, StoreKind, StoreState

router = APIRouter(prefix="/v1/applications", tags=["stores"])

Percent = Annotated[StrictInt, Field(ge=0, le=100)]
Minute = Annotated[StrictInt, Field(ge=0, le=2_880)]
Word = Annotated[StrictStr, Field(pattern=r"^[a-z0-9_:]{1,40}$")]
AgeBand = Literal["10s", "20s", "30s", "40s", "50_up"]

APPLICATION_EXAMPLE: dict[str, Any] = {
    "application_id": "0198c5c0-7a11-7000-8000-0000000000b3",
    "version": 1,
    "state": "pending",
    "name": "합정점",
    "reason": "",
    "submitted_ms": 1760000000000,
    "decided_ms": None,
    "decided_by": None,
    "store_id": None,
}
FORM_EXAMPLE: dict[str, Any] = {
    "business_no": "123-45-67891",
    "name": "합정점",
    "owner": "정민아",
    "phone": "02-000-0000",
    "address": "서울 마포구 가상로 1",
    "account": "가상은행 000-00-000000",
    "daily_cup_holders": 120,
    "groups": ["office:office", "others:residents"],
    "districts": ["office", "station"],
    "school_level": None,
    "male_percent": 45,
    "female_percent": 55,
    "age_percents": {"10s": 5, "20s": 35, "30s": 30, "40s": 20, "50_up": 10},
    "photos": 3,
    "registration_scan": True,
    "prices_won": [4_500, 5_000, 5_500],
    "hours": HOURS_EXAMPLE,
    "brand_name": "테스트 커피",
    "service_type": "composite",
    "ads": "all",
    "documents": ["upload-1"],
}


class Hours(Body):
    always_open: StrictBool = False
    weekly: Annotated[list[tuple[Minute, Minute] | None], Field(min_length=7, max_length=7)]
    holidays: Annotated[tuple[Day, ...], Field(max_length=400)] = ()


class Application(Body):
    """Everything a shop says of itself; what is missing or wrong is answered all at once."""

    business_no: Annotated[StrictStr, Field(max_length=20)]
    name: Name
    owner: Name
    phone: Annotated[StrictStr, Field(pattern=r"^[0-9+() -]{0,30}$")]
    address: Text
    account: Text
    daily_cup_holders: Annotated[StrictInt, Field(ge=0, le=100_000)]
    groups: Annotated[tuple[Word, ...], Field(max_length=30)]
    districts: Annotated[tuple[Word, ...], Field(max_length=10)]
    school_level: Word | None = None
    male_percent: Percent
    female_percent: Percent
    age_percents: dict[AgeBand, Percent]
    photos: Annotated[StrictInt, Field(ge=0, le=100)]
    registration_scan: StrictBool
    prices_won: Annotated[tuple[Won, ...], Field(max_length=10)]
    hours: Hours
    brand_name: Name
    service_type: StoreKind = StoreKind.COMPOSITE
    ads: AdAcceptance = AdAcceptance.ALL
    documents: Annotated[tuple[Ident, ...], Field(max_length=20)] = ()

    def form(self) -> Form:
        weekly = tuple(None if span is None else DayHours(*span) for span in self.hours.weekly)
        holidays = frozenset(date.fromisoformat(day) for day in self.hours.holidays)
        told = self.model_dump(exclude={"hours", "brand_name", "service_type", "ads", "documents"})
        onboarding = Onboarding(**told, hours=StoreHours(weekly, holidays, self.hours.always_open))
        return Form(onboarding, self.brand_name, self.service_type, self.ads, self.documents)


@router.post(
    "",
    status_code=201,
    summary="Apply for a store",
    responses=errors("unauthorized", "not_allowed", "application_refused", "business_taken", "invalid")
    | {201: answer(APPLICATION_EXAMPLE, "Waits for its review")},
)
def submit(body: Application, cloud: TheCloud, by: HeadOffice) -> Response:
    """``application_refused`` names everything that is to be mended in ``problems``."""
    form = body.form()
    return json_response(cloud.database.transact(lambda work: applications.submit(work, cloud.vault, form, by)), 201)


@router.get(
    "",
    summary="Applications",
    responses=errors("unauthorized", "not_allowed", "invalid")
    | {200: answer({"applications": [APPLICATION_EXAMPLE]}, "Oldest first")},
)
def listed(
    cloud: TheCloud,
    _by: HeadOffice,
    state: StoreState | None = None,
    limit: Annotated[int, Query(ge=1, le=applications.PAGE_MAX)] = 100,
) -> Response:
    """Without the forms."""
    with cloud.database.read() as conn:
        found = applications.listed(conn, state, limit)
    return json_response({"applications": found})


@router.get(
    "/{application_id}",
    summary="An application with its form",
    responses=errors("unauthorized", "not_allowed", "application_unknown")
    | {200: answer(APPLICATION_EXAMPLE | {"form": FORM_EXAMPLE}, "As it stands; the look at it is written down")},
)
def look(application_id: PathId, cloud: TheCloud, by: HeadOffice) -> Response:
    """The form names people and an account."""
    return json_response(cloud.database.transact(lambda work: applications.look(work, cloud.vault, application_id, by)))


@router.post(
    "/{application_id}",
    summary="Submit a rejected application again",
    responses=errors(
        "unauthorized",
        "not_allowed",
        "application_unknown",
        "already_decided",
        "application_refused",
        "business_taken",
        "invalid",
    )
    | {200: answer(APPLICATION_EXAMPLE | {"version": 2}, "Waits for its review again")},
)
def again(application_id: PathId, body: Application, cloud: TheCloud, by: HeadOffice) -> Response:
    """Replaces the form."""
    form = body.form()
    return json_response(
        cloud.database.transact(lambda work: applications.submit(work, cloud.vault, form, by, application_id))
    )


class Rejection(Body):
    reason: Reason


@router.post(
    "/{application_id}/reject",
    summary="Reject an application",
    responses=errors("unauthorized", "not_allowed", "application_unknown", "already_decided", "invalid")
    | {200: answer(APPLICATION_EXAMPLE | {"state": "rejected", "reason": "사업자등록증이 흐립니다"}, "Rejected")},
)
def reject(application_id: PathId, body: Rejection, cloud: TheCloud, by: HeadOffice) -> Response:
    """The shop reads the reason and may submit again."""
    return json_response(
        cloud.database.transact(lambda work: applications.reject(work, application_id, body.reason, by))
    )


class Approval(Body):
    checked: Annotated[frozenset[Literal["business", "photos", "prices", "address"]], Field(max_length=4)]


@router.post(
    "/{application_id}/approve",
    summary="Approve an application",
    responses=errors(
        "unauthorized", "not_allowed", "application_unknown", "already_decided", "application_unchecked", "invalid"
    )
    | {
        200: answer(
            APPLICATION_EXAMPLE
            | {
                "state": "approved",
                "owner": EMPLOYEE_EXAMPLE | {"role": "owner"},
                "owner_pin": "904731",
                "enrollment": {"code": "BCDFGHJK", "expires_ms": 1760000600000},
            },
            "The store is there; PIN and code are in this answer only",
        )
    },
)
def approve(application_id: PathId, body: Approval, cloud: TheCloud, by: HeadOffice) -> Response:
    """All four must have been checked. Makes the store, its owner and a code for its first counter."""
    checked = frozenset[str](body.checked)
    return json_response(
        cloud.database.transact(lambda work: applications.approve(work, cloud.vault, application_id, checked, by))
    )
