"""HTTP of claim slips, for consumer apps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StrictStr
from starlette.responses import Response

from cloud_api.access import TheCaller, TheCloud
from cloud_api.claims.service import use_claim
from cloud_api.documents import answer, errors
from cloud_api.fields import Body, IdempotencyKey, PhoneNumber
from cloud_api.http import json_response
from cloud_api.integrators.service import Repeatable, once
from rules.claims import CLAIM_LETTERS_MAX
from rules.phone import Phone

router = APIRouter(prefix="/v1/claims", tags=["members"])

_EXAMPLE = {
    "earn_id": "0198c5c0-7a11-7000-8000-0000000000e1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "paid_won": 4500,
    "points": 45,
}


class UseClaim(Body):
    slip: Annotated[StrictStr, Field(min_length=1, max_length=CLAIM_LETTERS_MAX, examples=["WFC1.WyJzdG9yZS…"])]
    phone: PhoneNumber
    idempotency_key: IdempotencyKey


@router.post(
    "",
    status_code=201,
    summary="Earn with a claim slip",
    responses=errors(
        "unauthorized",
        "claim_unknown",
        "claim_expired",
        "claim_used",
        "rejoin_blocked",
        "idempotency_conflict",
        "invalid",
    )
    | {201: answer(_EXAMPLE, "Earned")},
)
def use(body: UseClaim, cloud: TheCloud, caller: TheCaller) -> Response:
    """``slip`` is the text of its QR code. It is good once, here or at a counter of the store, until the day that is
    printed on it. An unknown number becomes a member."""
    wanted = {"slip": body.slip, "phone": body.phone}
    call = Repeatable(caller.key_id, "claim", body.idempotency_key, wanted)
    earned = cloud.database.transact(
        lambda work: once(work, call, lambda: use_claim(work, cloud.vault, body.slip, Phone(body.phone), caller))
    )
    return json_response(earned, 201)
