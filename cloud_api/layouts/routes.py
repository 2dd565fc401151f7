"""HTTP of receipt layouts, for head office's console."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, StrictStr
from sqlalchemy import Connection
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, clean
from cloud_api.http import json_response
from cloud_api.layouts import service
from cloud_api.stores.service import find_brand

router = APIRouter(prefix="/v1/layouts", tags=["stores"])

LESSONS_MAX = 1_000
_EXAMPLE: dict[str, Any] = {
    "rules": [{"label": "받으실돈", "meaning": "due", "pos_model": "OKPOS", "version": 1}],
}
# Letters, digits and signs as the reader writes labels: no blanks, nothing that could be a number of a person.
Label = Annotated[
    StrictStr,
    Field(min_length=1, max_length=20, pattern=r"^[^\s0-9]*[가-힣A-Z][^\s0-9]*$"),
    AfterValidator(clean),
]
# A deduction cannot be taught, nor that an amount means nothing: both would take away what contradicts a total.
Meaning = Literal["due", "card", "cash", "easy_pay", "prepaid", "giftcard", "voucher", "transfer"]


class Lesson(Body):
    label: Label
    meaning: Meaning


class Approve(Body):
    """The lessons of a shop's file that head office has looked at."""

    brand_id: Ident
    pos_model: Annotated[StrictStr, Field(max_length=60), AfterValidator(clean)] = ""
    lessons: Annotated[list[Lesson], Field(min_length=1, max_length=LESSONS_MAX)]


class Withdraw(Body):
    brand_id: Ident
    labels: Annotated[list[Label], Field(min_length=1, max_length=LESSONS_MAX)]


@router.get(
    "",
    summary="What a brand's counters are told of their receipts",
    responses=errors("unauthorized", "brand_unknown", "invalid") | {200: answer(_EXAMPLE, "All labels")},
)
def rules(
    cloud: TheCloud,
    _key: KeyId,
    brand_id: Annotated[Ident, Query()],
    pos_model: Annotated[str | None, Query(max_length=60)] = None,
) -> Response:
    """Withdrawn labels have no meaning. ``pos_model``: only those that shops with this POS have taught."""
    with cloud.database.read() as conn:
        found = service.rules_of(conn, _brand(conn, brand_id))
    return json_response({"rules": [one for one in found if pos_model in (None, one["pos_model"])]})


@router.post(
    "/approve",
    summary="Give the lessons of one shop to all",
    responses=errors("unauthorized", "brand_unknown", "invalid") | {200: answer(_EXAMPLE, "All labels")},
)
def approve(body: Approve, cloud: TheCloud, _key: KeyId) -> Response:
    """Every counter of the brand uses them below the shop's own lessons. Repeating it changes nothing."""
    lessons = {lesson.label: lesson.meaning for lesson in body.lessons}
    told = cloud.database.transact(
        lambda work: service.approve(work, _brand(work.conn, body.brand_id), lessons, body.pos_model)
    )
    return json_response({"rules": told})


@router.post(
    "/withdraw",
    summary="Take lessons back from all counters",
    responses=errors("unauthorized", "brand_unknown", "invalid") | {200: answer(_EXAMPLE, "All labels")},
)
def withdraw(body: Withdraw, cloud: TheCloud, _key: KeyId) -> Response:
    """What a shop has taught itself stays. Repeating it changes nothing."""
    told = cloud.database.transact(lambda work: service.withdraw(work, _brand(work.conn, body.brand_id), body.labels))
    return json_response({"rules": told})


def _brand(conn: Connection, brand_id: str) -> str:
    found = find_brand(conn, brand_id)
    if found is None:
        raise ApiError("brand_unknown")
    return found
