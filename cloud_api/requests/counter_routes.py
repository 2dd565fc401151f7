"""HTTP of requests that a counter asks for on behalf of the customer in front of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cloud_api import strict_json
from cloud_api.access import cloud_of
from cloud_api.bootstrap import Cloud
from cloud_api.devices.auth import DeviceCall, claim_nonce
from cloud_api.documents import REQUEST_EXAMPLE, answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, PhoneNumber, Points, Won
from cloud_api.gateway.routes import authenticated
from cloud_api.http import json_response
from cloud_api.requests import spends
from rules.phone import Phone

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
    cloud = cloud_of(request)
    call = await authenticated(request)
    wanted = _wanted(await request.body())
    return json_response(await run_in_threadpool(_ask, cloud, call, wanted), 201)


def _ask(cloud: Cloud, call: DeviceCall, wanted: spends.CounterAsk) -> dict[str, Any]:
    def job(work: Any) -> dict[str, Any]:
        claim_nonce(work, call)
        return spends.ask(work, cloud.vault, call, wanted)

    return cloud.database.transact(job)


def _wanted(raw: bytes) -> spends.CounterAsk:
    try:
        body = CounterRequest.model_validate(strict_json.loads(raw))
    except strict_json.BadJson as error:
        raise ApiError("bad_json") from error
    except ValidationError as error:
        # Which field is wrong, never its value: it may be somebody's number.
        fields = [
            {"field": ".".join(str(part) for part in item["loc"]), "problem": item["type"]} for item in error.errors()
        ]
        code = "phone_invalid" if any(item["field"] == "phone" for item in fields) else "invalid"
        raise ApiError(code, extra={"fields": fields}) from error
    return spends.CounterAsk(body.request_id, Phone(body.phone), body.points, body.payment_won)
