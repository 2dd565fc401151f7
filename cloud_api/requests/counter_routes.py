"""HTTP of requests that a counter asks for on behalf of the customer in front of it."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Request
from pydantic import Field, StrictStr, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud_api import strict_json
from cloud_api.access import cloud_of
from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.devices.auth import DeviceCall, claim_nonce
from cloud_api.documents import REQUEST_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, PhoneNumber, Points, Won
from cloud_api.gateway.routes import authenticated
from cloud_api.http import json_response
from cloud_api.requests import papers, spends
from rules.phone import Phone

T = TypeVar("T", bound=Body)

router = APIRouter(prefix="/v1/sync", tags=["devices"])


class CounterRequest(Body):
    """``points`` null means as many as possible."""

    request_id: Ident
    phone: PhoneNumber
    points: Points | None
    payment_won: Won


@router.post(
    "/requests",
    status_code=201,
    summary="Hold points that a customer spends at this counter",
    responses=errors(
        "unauthorized",
        "bad_signature",
        "replayed",
        "device_revoked",
        "device_suspended",
        "store_not_open",
        "rewards_off",
        "member_unknown",
        "member_gone",
        "insufficient_points",
        "points_exceed_payment",
        "points_exceed_share",
        "day_total_reached",
        "member_day_reached",
        "points_not_in_units",
        "idempotency_conflict",
        "bad_json",
        "invalid",
    )
    | {201: answer(REQUEST_EXAMPLE | {"points": 3000}, "The points are held and the request is open")},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": CounterRequest.model_json_schema()}},
        }
    },
)
async def ask_for_customer(request: Request) -> Response:
    """The request's id is the device's; the same again is answered with the request as it stands."""
    call = await authenticated(request)
    asked = await run_in_threadpool(_ask, cloud_of(request), call, await request.body())
    return json_response(asked, 201)


def _ask(cloud: Cloud, call: DeviceCall, raw: bytes) -> dict[str, Any]:
    body = _read(CounterRequest, raw)
    wanted = spends.CounterAsk(body.request_id, Phone(body.phone), body.points, body.payment_won)

    def job(work: Work) -> dict[str, Any]:
        claim_nonce(work, call)
        return spends.ask(work, cloud.vault, call, wanted)

    return cloud.database.transact(job)


class PaperRequest(Body):
    """``code`` as it stands on the paper, in any case, with or without its dashes."""

    request_id: Ident
    code: Annotated[StrictStr, Field(min_length=1, max_length=40)]


@router.post(
    "/requests/coupon",
    status_code=201,
    summary="Hold a coupon whose paper was read at this counter",
    responses=errors(
        "unauthorized",
        "bad_signature",
        "replayed",
        "device_revoked",
        "device_suspended",
        "store_not_open",
        "rewards_off",
        "member_gone",
        "coupon_unknown",
        "coupon_not_here",
        "coupon_not_available",
        "coupon_used",
        "coupon_waiting",
        "coupon_expired",
        "conditions_unmet",
        "limit_reached",
        "overlap_refused",
        "idempotency_conflict",
        "bad_json",
        "invalid",
    )
    | {201: answer(REQUEST_EXAMPLE | {"at_zero": "expire"}, "The coupon is held and the request is open")},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": PaperRequest.model_json_schema()}},
        }
    },
)
async def ask_with_paper(request: Request) -> Response:
    """The request's id is the device's; the same again is answered with the request as it stands. Staff decide about it
    as about any other, and without their word it is over: ``at_zero`` is ``expire``. ``coupon_used`` and
    ``coupon_expired`` say since when in ``at_ms``, the first one also whether it was ``here``."""
    call = await authenticated(request)
    asked = await run_in_threadpool(_ask_with_paper, cloud_of(request), call, await request.body())
    return json_response(asked, 201)


def _ask_with_paper(cloud: Cloud, call: DeviceCall, raw: bytes) -> dict[str, Any]:
    body = _read(PaperRequest, raw)

    def job(work: Work) -> dict[str, Any]:
        claim_nonce(work, call)
        return papers.ask(work, cloud.vault, call, body.request_id, body.code)

    return cloud.database.transact(job)


def _read(model: type[T], raw: bytes) -> T:
    try:
        return model.model_validate(strict_json.loads(raw))
    except strict_json.BadJson as error:
        raise ApiError("bad_json") from error
    except ValidationError as error:
        # Which field is wrong, never its value: it may be somebody's number.
        fields = [
            {"field": ".".join(str(part) for part in item["loc"]), "problem": item["type"]} for item in error.errors()
        ]
        code = "phone_invalid" if any(item["field"] == "phone" for item in fields) else "invalid"
        raise ApiError(code, extra={"fields": fields}) from error
