"""HTTP of what members want to be told, and how (NTF-10)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, Field
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.errors import ApiError
from cloud_api.fields import Body, PathId
from cloud_api.http import json_response
from cloud_api.members import service as members
from cloud_api.notices import messages
from rules.messages import SWITCHABLE, Channel, MessageSetting
from rules.notices import NoticeKind

router = APIRouter(prefix="/v1/members/{member_id}/messages", tags=["members"])

_EXAMPLE = {"channel": "push", "switched_off": ["points_used"]}


def _switchable(kind: NoticeKind) -> NoticeKind:
    if kind not in SWITCHABLE:
        raise ValueError("members are always told of this, or never")
    return kind


class Choice(Body):
    """``none``: no message at all about what the member has."""

    channel: Channel = Channel.PUSH
    switched_off: Annotated[
        tuple[Annotated[NoticeKind, AfterValidator(_switchable)], ...], Field(max_length=len(SWITCHABLE))
    ] = ()


@router.get(
    "",
    summary="How a member is told what they have",
    responses=errors("unauthorized", "member_unknown") | {200: answer(_EXAMPLE, "Everything, by the app, until then")},
)
def read(member_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Of points, stamps and coupons. What becomes of a request is told in any case."""
    with cloud.database.read() as conn:
        if members.get(conn, cloud.vault, member_id) is None:
            raise ApiError("member_unknown")
        return json_response(messages.shown(messages.setting_of(conn, member_id)))


@router.post(
    "",
    summary="Choose how a member is told what they have",
    responses=errors("unauthorized", "member_unknown", "member_gone", "invalid")
    | {200: answer(_EXAMPLE, "From the next message on")},
)
def choose(member_id: PathId, body: Choice, cloud: TheCloud, _key: KeyId) -> Response:
    """Each notice says the channel; whoever sends it keeps to that."""
    wanted = MessageSetting(body.channel, frozenset(body.switched_off))

    def job(work: Work) -> None:
        members.active(work.conn, cloud.vault, member_id)
        members.lock(work, member_id)
        messages.choose(work, member_id, wanted)

    cloud.database.transact(job)
    return json_response(messages.shown(wanted))
