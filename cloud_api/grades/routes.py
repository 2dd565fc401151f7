"""HTTP of members' grades (MEM-12, MEM-18 to 20)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Name, PathId
from cloud_api.grades import service
from cloud_api.http import json_response
from cloud_api.members import service as members
from cloud_api.stores.service import find_brand

router = APIRouter(prefix="/v1/brands/{brand_id}/members/{member_id}/grade", tags=["members"])

_EXAMPLE: dict[str, Any] = {
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "brand_id": "0198c5c0-7a11-7000-8000-0000000000b0",
    "grade": "VIP",
    "name": "VIP",
    "level": 2,
    "rate_bp": 100,
    "benefit": "생일 쿠폰",
    "since_ms": 1760000000000,
    "orders": 1,
    "points": 45,
    "next": {"grade": "KING", "min_orders": 2, "min_points": 0},
    "moves": [
        {
            "before": "WELCOME",
            "code": "VIP",
            "cause": "earn",
            "actor": "cloud:grades",
            "orders": 1,
            "points": 45,
            "moved_ms": 1760000000000,
        }
    ],
}


@router.get(
    "",
    summary="A member's grade in a brand",
    responses=errors("unauthorized", "brand_unknown", "member_unknown", "no_grades")
    | {200: answer(_EXAMPLE, "The grade, what counts towards the next, and every move")},
)
def show(brand_id: PathId, member_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """``orders`` and ``points`` are those of the last thirty days."""
    with cloud.database.read() as conn:
        _known_brand(conn, brand_id)
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        grades = service.grades_of(conn, brand_id)
        return json_response(service.shown(conn, grades, brand_id, member_id, cloud.clock()))


class GiveGrade(Body):
    grade: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,30}$", examples=["STAFF"])]
    by: Name


@router.post(
    "",
    summary="Give a member a grade by hand",
    responses=errors("unauthorized", "brand_unknown", "member_unknown", "no_grades", "grade_unknown", "invalid")
    | {200: answer(_EXAMPLE, "The grade as it stands")},
)
def give(brand_id: PathId, member_id: PathId, body: GiveGrade, cloud: TheCloud, _key: KeyId) -> Response:
    """A grade for staff or family stays until a person changes it; others are reviewed like those that were reached."""

    def job(work: Work) -> dict[str, Any]:
        _known_brand(work.conn, brand_id)
        return service.assign(work, brand_id, member_id, body.grade, body.by)

    return json_response(cloud.database.transact(job))


def _known_brand(conn: Any, brand_id: str) -> None:
    if find_brand(conn, brand_id) != brand_id:
        raise ApiError("brand_unknown")
