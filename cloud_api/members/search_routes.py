"""HTTP of looking for members, and of correcting a number."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictInt, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCaller, TheCloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, Name, PathId, PhoneNumber, Reason
from cloud_api.http import json_response
from cloud_api.members import changing, search
from cloud_api.members import service as members
from cloud_api.members.routes import shown
from cloud_api.members.search import PAGE_MAX, Search, SearchKey
from rules.membership import Verification, phone_tail_valid
from rules.phone import Phone

router = APIRouter(prefix="/v1", tags=["members"])

_ID = "0198c5c0-7a11-7000-8000-0000000000c1"
_FOUND: dict[str, Any] = {
    "member_id": _ID,
    "phone_masked": "010-****-5678",
    "nickname": "민*",
    "status": "normal",
    "verification": "unverified",
    "special": "none",
    "joined_ms": 1760000000000,
    "join_channel": "tablet",
    "online": False,
    "join_detail": None,
    "join_store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "points_balance": 1200,
    "earns": 14,
}
_SEARCH: dict[str, Any] = {
    "search_id": "0198c5c0-7a11-7000-8000-0000000000c7",
    "key_id": "0198c5c0-7a11-7000-8000-0000000000a1",
    "by": "김직원",
    "reason": "적립 문의",
    "searched": "last_four",
    "store_id": None,
    "found": [_ID],
    "at_ms": 1760000000000,
}


class _Asked(Body):
    """Who looks for whom, and why."""

    reason: Reason
    by: Name
    store_id: Ident | None = None
    verification: Verification | None = None
    after: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9-]{0,64}$")] = ""
    limit: Annotated[StrictInt, Field(ge=1, le=PAGE_MAX)] = PAGE_MAX


class ByTail(_Asked):
    key: Literal["last_four"]
    value: Annotated[StrictStr, Field(pattern=r"^[0-9]{4}$", examples=["5678"])]


class ByPhone(_Asked):
    key: Literal["phone"]
    phone: PhoneNumber


class ById(_Asked):
    key: Literal["member_id"]
    value: Ident


class ByCard(_Asked):
    key: Literal["card"]
    value: Annotated[StrictStr, Field(pattern=r"^[0-9]{16}$")]


class ByNickname(_Asked):
    key: Literal["nickname"]
    value: Name


@router.post(
    "/members/search",
    summary="Look for members",
    responses=errors("unauthorized", "store_unknown", "too_many_tries", "invalid")
    | {200: answer({"members": [_FOUND], "next": None}, "By rising id")},
)
def look_for(
    body: Annotated[ByTail | ByPhone | ById | ByCard | ByNickname, Field(discriminator="key")],
    cloud: TheCloud,
    caller: TheCaller,
) -> Response:
    """By four digits, a number, an id or a nickname; with a reason, which is kept with who asked and who was found. A
    store sees only who was there. Thirty times in ten minutes for one person; ``next`` is the ``after`` of the next
    page."""
    value = body.phone if isinstance(body, ByPhone) else body.value
    if isinstance(body, ByTail) and not phone_tail_valid(value):
        raise ApiError("invalid", extra={"fields": [{"field": "body.value", "problem": "four digits"}]})
    wanted = Search(
        caller.key_id,
        body.by,
        body.reason,
        SearchKey(body.key),
        value,
        store_id=body.store_id,
        verification=body.verification,
        after=body.after,
        limit=body.limit,
    )
    return json_response(cloud.database.transact(lambda work: search.search(work, cloud.vault, wanted)))


@router.get(
    "/member-searches",
    summary="Who looked for whom, and why",
    responses=errors("unauthorized", "invalid") | {200: answer({"searches": [_SEARCH]}, "Newest first")},
)
def searches(
    cloud: TheCloud,
    _key: KeyId,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
) -> Response:
    """``before`` is a search id, for paging."""
    with cloud.database.read() as conn:
        return json_response({"searches": search.searches(conn, limit, before)})


class NewPhone(Body):
    """``checked``: the member answered a message that was sent to the new number."""

    phone: PhoneNumber
    checked: StrictBool
    by: Name
    reason: Reason


@router.post(
    "/members/{member_id}/phone",
    summary="Correct or change a member's number",
    responses=errors(
        "unauthorized",
        "member_unknown",
        "member_gone",
        "possession_unchecked",
        "phone_taken",
        "rejoin_blocked",
        "invalid",
    )
    | {
        200: answer(
            {
                "member_id": _ID,
                "phone_masked": "010-****-4321",
                "nickname": "민지",
                "status": "normal",
                "merged_into": None,
            },
            "Changed",
        )
    },
)
def change_phone(member_id: PathId, body: NewPhone, cloud: TheCloud, _key: KeyId) -> Response:
    """The old number is nobody's afterwards. ``phone_taken`` names whose the new one is: the two may be one person."""
    wanted = changing.NewNumber(Phone(body.phone), body.checked, body.by, body.reason)

    def write(work: Work) -> members.Known:
        changing.change_number(work, cloud.vault, member_id, wanted)
        return members.active(work.conn, cloud.vault, member_id)

    return json_response(shown(cloud.database.transact(write)))
