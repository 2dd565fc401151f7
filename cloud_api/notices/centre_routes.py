"""HTTP of the notification centre: what a store and what head office has been told, and what becomes of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool
from sqlalchemy import Connection
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, Name, PathId
from cloud_api.http import json_response
from cloud_api.notices import centre, settings
from cloud_api.notices.centre import Acked, Place
from cloud_api.notices.settings import Setting
from cloud_api.stores.service import profile_of
from rules.notices import NoticeKind

router = APIRouter(prefix="/v1", tags=["notices"])

OpenOnly = Annotated[bool, Query(alias="open")]
BeforeMs = Annotated[int | None, Query(ge=0, le=2**47)]
PAGE_MAX = 200
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]

NOTICE_EXAMPLE: dict[str, Any] = {
    "notice_id": "0198c5c0-7a11-7000-8000-0000000000a1",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "version": 2,
    "kind": "many_recoveries",
    "priority": "medium",
    "for_owner": True,
    "count": 1,
    "created_ms": 1760000000000,
    "at_ms": 1760000000000,
    "expires_ms": 1762592000000,
    "read_ms": 1760000100000,
    "acked_ms": None,
    "acked_by": None,
    "details": {"day": "2025-10-09", "recoveries": 6},
}
LIST_EXAMPLE = {"notices": [NOTICE_EXAMPLE], "unread": 0}
SETTING_EXAMPLE = {"version": 1, "switched_off": ["auto_approved"], "advance_orders": False}


def _list(cloud: Cloud, place: Place, *, open_only: bool, before_ms: int | None, limit: int) -> Response:
    now_ms = cloud.clock()
    with cloud.database.read() as conn:
        _store_of(conn, place)
        if open_only:
            rows = centre.open_ones(conn, place, now_ms, limit)
        else:
            rows = centre.all_ones(conn, place, before_ms, limit)
        unread = centre.unread(conn, place, now_ms)
    return json_response({"notices": [centre.of_console(row) for row in rows], "unread": unread})


def _store_of(conn: Connection, place: Place) -> None:
    if place.store_id is not None and profile_of(conn, place.store_id) is None:
        raise ApiError("store_unknown")


class Acknowledged(Body):
    by: Name


def _acknowledge(cloud: Cloud, place: Place, notice_id: str, by: str) -> Response:
    def job(work: Work) -> dict[str, Any]:
        if centre.acknowledge(work, place, notice_id, by) is Acked.UNKNOWN:
            raise ApiError("notice_unknown")
        return centre.of_console(centre.known(work.conn, place, notice_id))

    return json_response(cloud.database.transact(job))


def _read(cloud: Cloud, place: Place, notice_id: str) -> Response:
    def job(work: Work) -> dict[str, Any]:
        centre.mark_read(work, place, notice_id)
        return centre.of_console(centre.known(work.conn, place, notice_id))

    return json_response(cloud.database.transact(job))


_REFUSED = ("unauthorized", "notice_unknown", "invalid")


@router.get(
    "/stores/{store_id}/notices",
    summary="What a store has been told",
    responses=errors("unauthorized", "store_unknown", "invalid") | {200: answer(LIST_EXAMPLE, "Its own only")},
)
def of_store(
    store_id: PathId,
    cloud: TheCloud,
    _key: KeyId,
    open_only: OpenOnly = False,
    before_ms: BeforeMs = None,
    limit: Limit = PAGE_MAX,
) -> Response:
    """Newest first, kept for a year; with ``open=true`` what nobody has acknowledged, urgent ones first."""
    return _list(cloud, Place(store_id), open_only=open_only, before_ms=before_ms, limit=limit)


@router.post(
    "/stores/{store_id}/notices/{notice_id}/read",
    summary="A store looked at a notice",
    responses=errors(*_REFUSED) | {200: answer(NOTICE_EXAMPLE, "As it is now")},
)
def read_by_store(store_id: PathId, notice_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """It still waits for somebody to acknowledge it."""
    return _read(cloud, Place(store_id), notice_id)


@router.post(
    "/stores/{store_id}/notices/{notice_id}/ack",
    summary="A store acknowledges a notice",
    responses=errors(*_REFUSED) | {200: answer(NOTICE_EXAMPLE, "As it is now; it leaves the counters' bells")},
)
def ack_by_store(store_id: PathId, notice_id: PathId, body: Acknowledged, cloud: TheCloud, _key: KeyId) -> Response:
    """The first one's name stays; the same thing happening again is a new notice."""
    return _acknowledge(cloud, Place(store_id), notice_id, body.by)


@router.get(
    "/hq/notices",
    summary="What head office has been told",
    responses=errors("unauthorized", "invalid") | {200: answer(LIST_EXAMPLE, "Of all stores")},
)
def of_hq(
    cloud: TheCloud,
    _key: KeyId,
    open_only: OpenOnly = False,
    before_ms: BeforeMs = None,
    limit: Limit = PAGE_MAX,
) -> Response:
    """As the list of a store; ``store_id`` says which one it is about."""
    return _list(cloud, Place(None), open_only=open_only, before_ms=before_ms, limit=limit)


@router.post(
    "/hq/notices/{notice_id}/read",
    summary="Head office looked at a notice",
    responses=errors(*_REFUSED) | {200: answer(NOTICE_EXAMPLE, "As it is now")},
)
def read_by_hq(notice_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """It still waits for somebody to acknowledge it."""
    return _read(cloud, Place(None), notice_id)


@router.post(
    "/hq/notices/{notice_id}/ack",
    summary="Head office acknowledges a notice",
    responses=errors(*_REFUSED) | {200: answer(NOTICE_EXAMPLE, "As it is now")},
)
def ack_by_hq(notice_id: PathId, body: Acknowledged, cloud: TheCloud, _key: KeyId) -> Response:
    """What the store was told about the same thing stays as it is."""
    return _acknowledge(cloud, Place(None), notice_id, body.by)


class NewSetting(Body):
    switched_off: Annotated[tuple[NoticeKind, ...], Field(max_length=len(NoticeKind))] = ()
    advance_orders: StrictBool = False


@router.get(
    "/stores/{store_id}/notice-settings",
    summary="What a store wants in its bell",
    responses=errors("unauthorized", "store_unknown") | {200: answer(SETTING_EXAMPLE, "Everything, until it says so")},
)
def read_setting(store_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Kinds that are switched off are kept in the list all the same."""
    with cloud.database.read() as conn:
        _store_of(conn, Place(store_id))
        return json_response(settings.setting_of(conn, store_id))


@router.post(
    "/stores/{store_id}/notice-settings",
    summary="Choose what a store wants in its bell",
    responses=errors("unauthorized", "store_unknown", "notice_needed", "plan_needed", "invalid")
    | {200: answer(SETTING_EXAMPLE, "As it is now; the store's counters know it a moment later")},
)
def write_setting(store_id: PathId, body: NewSetting, cloud: TheCloud, _key: KeyId) -> Response:
    """What is urgent cannot be switched off; advance notices of orders come with Plus."""
    wanted = Setting(frozenset(body.switched_off), body.advance_orders)
    return json_response(cloud.database.transact(lambda work: settings.change(work, store_id, wanted)))
