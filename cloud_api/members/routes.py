"""HTTP of members: joining, looking at them, and their way back through the book."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import StrictBool
from sqlalchemy import Connection
from starlette.responses import Response

from cloud_api.access import KeyId, TheCaller, TheCloud
from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Ident, Name, Nickname, PathId, PhoneNumber
from cloud_api.http import json_response
from cloud_api.integrators import reach
from cloud_api.ledger.explain import explain
from cloud_api.ledger.service import balances
from cloud_api.ledger.statement import entries_of_member
from cloud_api.members import benefits
from cloud_api.members import service as members
from cloud_api.stores.earning import holder_at
from cloud_api.stores.service import profile_of
from rules.membership import JoinChannel
from rules.phone import Phone

router = APIRouter(prefix="/v1/members", tags=["members"])

log = logging.getLogger("cloud")

_EXAMPLE = {
    "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
    "phone_masked": "010-****-5678",
    "nickname": "민지",
    "status": "normal",
    "merged_into": None,
}


_WALLET: dict[str, Any] = _EXAMPLE | {
    "points_balance": 1200,
    "points_held": 0,
    "debt": 0,
    "points_expiring": 300,
    "points_expiring_ms": 1762000000000,
    "coupons_usable": 1,
    "coupons": [
        {
            "coupon_id": "0198c5c0-7a11-7000-8000-0000000000d5",
            "name": "아메리카노 1잔",
            "state": "available",
            "value_won": 4500,
            "expires_ms": 1762592000000,
        }
    ],
    "stamp_cards": [
        {
            "place_id": "0198c5c0-7a11-7000-8000-0000000000b1",
            "opened_ms": 1750000000000,
            "on_open_board": 3,
            "on_full_boards": 10,
        }
    ],
    "grades": {},
}


def _refuse_trying_out(cloud: Cloud, key_id: str) -> None:
    """Nobody finds out who is a member by asking for number after number. The key is what counts, no header does."""
    wait_s = cloud.lookups.wait_s(key_id, cloud.clock())
    if wait_s:
        log.warning("phone_lookups_limited key=%s", key_id)
        raise ApiError("too_many_tries", headers={"Retry-After": str(wait_s)})


class NewMember(Body):
    """``age_confirmed`` false: somebody younger than fourteen, who cannot join (MEM-07)."""

    phone: PhoneNumber
    nickname: Nickname | None = None
    channel: JoinChannel = JoinChannel.APP
    detail: Name | None = None
    store_id: Ident | None = None
    age_confirmed: StrictBool = True


class Find(Body):
    phone: PhoneNumber


@router.post(
    "",
    summary="Join, or find the member of this number",
    responses=errors("unauthorized", "store_unknown", "under_age", "rejoin_blocked", "invalid", "too_many_tries")
    | {200: answer(_EXAMPLE, "Known"), 201: answer(_EXAMPLE, "Joined")},
)
def join(body: NewMember, cloud: TheCloud, caller: TheCaller) -> Response:
    """Same phone, same member. A nickname that comes with the number replaces the old one."""
    _refuse_trying_out(cloud, caller.key_id)
    if not body.age_confirmed:
        raise ApiError("under_age")

    def write(work: Work) -> tuple[bool, members.Known]:
        phone = Phone(body.phone)
        if body.store_id is not None and profile_of(work.conn, body.store_id) is None:
            raise ApiError("store_unknown")
        is_new = not members.find(work.conn, cloud.vault, [phone])
        admitted = members.admit(work, cloud.vault, [phone], members.Join(body.channel, body.store_id, body.detail))
        if admitted.blocked:
            raise ApiError("rejoin_blocked")
        member_id = admitted.ids[phone]
        reach.meet(work, caller, member_id)
        if body.nickname is not None:
            members.rename(work, member_id, body.nickname)
        known = members.get(work.conn, cloud.vault, member_id)
        assert known is not None
        return is_new, known

    is_new, known = cloud.database.transact(write)
    return json_response(shown(known), 201 if is_new else 200)


def shown(known: members.Known) -> dict[str, Any]:
    """Who it is, masked."""
    return {
        "member_id": known.member_id,
        "phone_masked": known.phone_masked,
        "nickname": known.nickname,
        "status": known.status,
        "merged_into": known.merged_into,
    }


@router.post(
    "/find",
    summary="Find a member by number",
    responses=errors("unauthorized", "member_unknown", "invalid", "too_many_tries")
    | {200: answer(_WALLET, "Found, with what the member has")},
)
def find(body: Find, cloud: TheCloud, caller: TheCaller) -> Response:
    """A number never stands in an address; it is posted."""
    _refuse_trying_out(cloud, caller.key_id)
    found = benefits.of_number(cloud.database, cloud.vault, Phone(body.phone), cloud.clock(), brand_id=caller.brand_id)
    if found is None:
        raise ApiError("member_unknown")
    if caller.restricted:
        cloud.database.transact(lambda work: reach.meet(work, caller, found.known.member_id))
    return json_response(shown(found.known) | found.has)


@router.get(
    "/{member_id}",
    summary="A member's wallet",
    responses=errors("unauthorized", "member_unknown", "store_unknown") | {200: answer(_WALLET, "As it stands")},
)
def show(
    member_id: PathId,
    cloud: TheCloud,
    caller: TheCaller,
    store_id: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
) -> Response:
    """Points, those that end within thirty days, what waits for a store's decision, debt, stamp cards, and coupons that
    can be used, wait, or changed within ninety days; of these a restricted key sees its brand's. With
    ``store_id`` also what can be spent there, which is not the same where points are kept by brand or store."""
    now_ms = cloud.clock()
    found = benefits.of_member(cloud.database, cloud.vault, member_id, now_ms, brand_id=caller.brand_id)
    if found is None:
        raise ApiError("member_unknown")
    told = shown(found.known) | found.has
    if store_id is not None:
        with cloud.database.read() as conn:
            told |= _usable(conn, member_id, store_id, now_ms)
    return json_response(told)


def _usable(conn: Connection, member_id: str, store_id: str, now_ms: int) -> dict[str, Any]:
    if profile_of(conn, store_id) is None:
        raise ApiError("store_unknown")
    return {"usable_points": balances(conn, holder_at(conn, member_id, store_id), now_ms).balance}


@router.get("/{member_id}/entries", summary="A member's entries", responses=errors("unauthorized", "member_unknown"))
def entries(
    member_id: PathId,
    cloud: TheCloud,
    caller: TheCaller,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
) -> Response:
    """Newest first; each leads back to its operation, request and receipt. ``before`` is a posting id, for paging.
    A key of one brand or store gets what happened there."""
    with cloud.database.read() as conn:
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        found = entries_of_member(conn, member_id, limit=limit, before=before, within=reach.stores_of(caller))
    return json_response({"entries": found})


@router.get(
    "/{member_id}/explain", summary="Why a balance is what it is", responses=errors("unauthorized", "member_unknown")
)
def explained(
    member_id: PathId, cloud: TheCloud, _key: KeyId, limit: Annotated[int, Query(ge=1, le=5_000)] = 500
) -> Response:
    """The newest entries, oldest first, each with its operation, receipt, request, person and lots, and the balance
    after it; ``opening`` plus the amounts is what each account has, and so are ``sums``."""
    with cloud.database.read_moment() as conn:
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        return json_response(explain(conn, member_id, cloud.clock(), most=limit))
