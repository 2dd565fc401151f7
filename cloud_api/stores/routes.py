"""HTTP of stores: the list, what each says of itself, its state, its sums; and the server's own health."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, PathId, Reason, Text
from cloud_api.gateway import feeds
from cloud_api.http import json_response
from cloud_api.ledger.statement import sums_of_store
from cloud_api.settings import VERSION
from cloud_api.staff import audit
from cloud_api.staff.acting import Acting, HeadOffice, may
from cloud_api.stores import listing, states
from cloud_api.stores.service import Profile, profile_of, write_profile
from rules.alerts import AlertMode
from rules.permissions import Permission
from rules.stores import StoreKind, StoreState

router = APIRouter(prefix="/v1", tags=["stores"])

ForInfo = Annotated[Acting, Depends(may(Permission.STORE_INFO))]
ForLeaving = Annotated[Acting, Depends(may(Permission.WITHDRAW))]
TO_SET = Literal["approved", "suspected_closed", "suspended"]

PROFILE_EXAMPLE: dict[str, Any] = {
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "name": "합정점",
    "brand_name": "테스트 커피",
    "service_type": "composite",
    "plan": "free",
    "grade": "normal",
    "opens_minute": None,
    "state": "approved",
    "state_reason": "",
    "alert_mode": "both",
}
ROW_EXAMPLE: dict[str, Any] = {
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "name": "합정점",
    "brand_name": "테스트 커피",
    "owner": None,
    "state": "approved",
    "service_type": "composite",
    "plan": "free",
    "grade": "normal",
    "districts": ["office", "station"],
    "report_rate_bp": 9666,
    "stock": 860,
    "low": False,
    "devices": 2,
    "silent_devices": 0,
}


@router.get(
    "/stores",
    summary="Stores",
    responses=errors("unauthorized", "not_allowed", "invalid")
    | {200: answer({"stores": [ROW_EXAMPLE], "after": None}, "By id; ``after`` goes on")},
)
def stores(
    cloud: TheCloud,
    _by: HeadOffice,
    state: StoreState | None = None,
    grade: Annotated[str | None, Query(pattern=r"^[a-z_]{1,30}$")] = None,
    district: Annotated[str | None, Query(pattern=r"^[a-z_]{1,30}$")] = None,
    low: bool | None = None,
    report_rate_below_bp: Annotated[int, Query(ge=0, le=10_001)] = 10_001,
    after: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$")] = "",
    limit: Annotated[int, Query(ge=1, le=listing.PAGE_MAX)] = 50,
) -> Response:
    """What head office watches: state, grade, reports, stock, counters."""
    wanted = listing.Wanted(state, grade, district, low, report_rate_below_bp)
    with cloud.database.read_moment() as conn:
        rows, last = listing.page(conn, wanted, after, limit, cloud.clock())
    return json_response({"stores": rows, "after": last})


@router.get(
    "/stores/{store_id}",
    summary="A store",
    responses=errors("unauthorized", "store_unknown") | {200: answer(PROFILE_EXAMPLE, "As its counters know it")},
)
def profile(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Also its hours, once somebody has set them."""
    with cloud.database.read() as conn:
        return json_response(_found(profile_of(conn, store_id)).to_wire())


def _found(profile: Profile | None) -> Profile:
    if profile is None:
        raise ApiError("store_unknown")
    return profile


class Terms(Body):
    """What head office has agreed with a store; null leaves it."""

    service_type: StoreKind | None = None
    plan: Annotated[StrictStr, Field(pattern=r"^[a-z_]{1,30}$")] | None = None
    grade: Annotated[StrictStr, Field(pattern=r"^[a-z_]{1,30}$")] | None = None
    reason: Reason


@router.post(
    "/stores/{store_id}/terms",
    summary="Change a store's services, plan or grade",
    responses=errors("unauthorized", "not_allowed", "store_unknown", "invalid")
    | {200: answer(PROFILE_EXAMPLE, "Its counters know it a moment later")},
)
def terms(store_id: PathId, body: Terms, cloud: TheCloud, by: HeadOffice) -> Response:
    """With a reason, which is kept with who changed it."""
    values = {name: value for name, value in body.model_dump(mode="json", exclude={"reason"}).items() if value}

    def job(work: Work) -> dict[str, Any]:
        before = _found(profile_of(work.conn, store_id)).to_wire()
        now = _found(write_profile(work, store_id, **values) if values else profile_of(work.conn, store_id)).to_wire()
        was, became = audit.changed(before, now)
        audit.write(work, by, "store.terms", store_id, store_id=store_id, before=was, after=became, reason=body.reason)
        return now

    return json_response(cloud.database.transact(job))


class State(Body):
    to: TO_SET
    reason: Reason


@router.post(
    "/stores/{store_id}/state",
    summary="Close a store for a while, or open it again",
    responses=errors("unauthorized", "not_allowed", "store_unknown", "state_not_allowed", "invalid")
    | {200: answer(PROFILE_EXAMPLE | {"state": "suspended", "state_reason": "내부 공사"}, "Its counters know it")},
)
def state(store_id: PathId, body: State, cloud: TheCloud, by: HeadOffice) -> Response:
    """A suspended store takes no new request and no new number; what happened before is booked whenever it arrives."""
    to = StoreState(body.to)
    made = cloud.database.transact(lambda work: states.move(work, store_id, to, body.reason, by))
    return json_response(made.to_wire())


class Leaving(Body):
    reason: Text = ""


@router.post(
    "/stores/{store_id}/withdraw",
    summary="Leave for good",
    responses=errors(
        "unauthorized",
        "not_allowed",
        "employee_unknown",
        "store_unknown",
        "state_not_allowed",
        "withdrawal_blocked",
        "invalid",
    )
    | {200: answer(PROFILE_EXAMPLE | {"state": "withdrawing"}, "Thirty days until it is closed")},
)
def withdraw(store_id: PathId, body: Leaving, cloud: TheCloud, by: ForLeaving) -> Response:
    """Works on for thirty days; then it is closed, and what names people is gone."""
    made = cloud.database.transact(
        lambda work: states.move(work, store_id, StoreState.WITHDRAWING, body.reason, by.author)
    )
    return json_response(made.to_wire())


@router.post(
    "/stores/{store_id}/stay",
    summary="Take a withdrawal back",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "state_not_allowed", "invalid")
    | {200: answer(PROFILE_EXAMPLE, "As before")},
)
def stay(store_id: PathId, body: Leaving, cloud: TheCloud, by: ForLeaving) -> Response:
    """Within the thirty days."""

    def job(work: Work) -> Profile:
        now = _found(profile_of(work.conn, store_id))
        if now.state is not StoreState.WITHDRAWING:
            raise ApiError("state_not_allowed", extra={"state": now.state.value})
        return states.move(work, store_id, StoreState.APPROVED, body.reason, by.author)

    return json_response(cloud.database.transact(job).to_wire())


class Alerts(Body):
    alert_mode: AlertMode


@router.post(
    "/stores/{store_id}/alerts",
    summary="How a store's counters tell of an order",
    responses=errors("unauthorized", "not_allowed", "employee_unknown", "store_unknown", "invalid")
    | {200: answer(PROFILE_EXAMPLE, "Counters without a way of their own follow it")},
)
def alerts(store_id: PathId, body: Alerts, cloud: TheCloud, by: ForInfo) -> Response:
    """On the screen with a sound, on paper, or both."""

    def job(work: Work) -> dict[str, Any]:
        before = _found(profile_of(work.conn, store_id))
        now = _found(write_profile(work, store_id, alert_mode=body.alert_mode.value))
        was, became = audit.changed(before.to_wire(), now.to_wire())
        audit.write(work, by.author, "store.alerts", store_id, store_id=store_id, before=was, after=became)
        return now.to_wire()

    return json_response(cloud.database.transact(job))


@router.get("/stores/{store_id}/sums", summary="A store's sums", responses=errors("unauthorized", "store_unknown"))
def sums(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Sums over the book's entries; ``entries_sum`` is zero or the book is broken."""
    with cloud.database.read() as conn:
        _found(profile_of(conn, store_id))
        found = sums_of_store(conn, store_id)
    return json_response(found)


@router.get("/health", summary="Whether the server can work", responses=errors("internal"))
def health(cloud: TheCloud) -> Response:
    """Reads from the database, so that a good answer means a good database."""
    with cloud.database.read() as conn:
        generation = feeds.generation(conn)
    return json_response(
        {"status": "ok", "version": VERSION, "generation": generation, "database": cloud.database.kind}
    )
