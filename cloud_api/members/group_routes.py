"""HTTP of groups and segments of members."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictInt
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.documents import answer, errors
from cloud_api.fields import Body, Ident, Name, PathId, Text, Won
from cloud_api.http import json_response
from cloud_api.members import groups

router = APIRouter(prefix="/v1", tags=["members"])

_GROUP: dict[str, Any] = {
    "group_id": "0198c5c0-7a11-7000-8000-0000000000c4",
    "brand_id": "0198c5c0-7a11-7000-8000-0000000000a2",
    "name": "자주 오시는 분",
    "purpose": "감사 쿠폰",
    "segment": False,
    "bought": None,
    "made_ms": 1760000000000,
    "members": 120,
}


class Bought(Body):
    days: Annotated[StrictInt, Field(ge=1, le=366)]
    paid_won: Won = 0
    visits: Annotated[StrictInt, Field(ge=1, le=10_000)] = 1


class NewGroup(Body):
    name: Name
    purpose: Text = ""
    segment: StrictBool = False
    bought: Bought | None = None


class Place(Body):
    member_id: Ident
    belongs: StrictBool = True


@router.post(
    "/brands/{brand_id}/member-groups",
    status_code=201,
    summary="Make a group or a segment of members",
    responses=errors("unauthorized", "brand_unknown", "invalid") | {201: answer(_GROUP, "As it is at this moment")},
)
def make(brand_id: PathId, body: NewGroup, cloud: TheCloud, _key: KeyId) -> Response:
    """Empty, or of those who paid so much, so often, within so many days in the brand's stores."""
    bought = None if body.bought is None else groups.Bought(**body.bought.model_dump())
    wanted = groups.NewGroup(brand_id, body.name, body.purpose, body.segment, bought)
    return json_response(cloud.database.transact(lambda work: groups.make(work, wanted)), 201)


@router.get(
    "/member-groups/{group_id}",
    summary="A group and who belongs to it",
    responses=errors("unauthorized", "group_unknown", "invalid")
    | {200: answer(_GROUP | {"member_ids": ["0198c5c0-7a11-7000-8000-0000000000c1"]}, "By rising id")},
)
def show(
    group_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
    after: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$")] = "",
) -> Response:
    """``after`` is the last id of the page before."""
    with cloud.database.read() as conn:
        found = groups.shown(conn, group_id)
        return json_response(found | {"member_ids": groups.members_of(conn, group_id, limit=limit, after=after)})


@router.post(
    "/member-groups/{group_id}/members",
    summary="Put a member into a group, or take one out",
    responses=errors("unauthorized", "group_unknown", "member_unknown", "member_gone", "invalid")
    | {200: answer(_GROUP, "As it is now")},
)
def place(group_id: PathId, body: Place, cloud: TheCloud, _key: KeyId) -> Response:
    """Doing it twice is fine."""
    made = cloud.database.transact(lambda work: groups.place(work, group_id, body.member_id, belongs=body.belongs))
    return json_response(made)
