"""HTTP of what members say of themselves: profile, consents, cards, their stores, and their rights over their data."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field, StrictBool, StrictInt, StrictStr
from starlette.responses import Response

from cloud_api.access import KeyId, TheCloud
from cloud_api.bootstrap import Cloud
from cloud_api.database import Work
from cloud_api.documents import answer, errors
from cloud_api.fields import Body, Day, Ident, Name, Nickname, PathId, Reason, Text
from cloud_api.http import json_response
from cloud_api.members import cards, consents, profile, rights
from cloud_api.members import service as members
from cloud_api.members.models import SpecialGroup
from cloud_api.members.profile import NewProfile
from cloud_api.members.rights import DataRequestKind
from rules.membership import CardState, JoinChannel, Verification

router = APIRouter(prefix="/v1", tags=["members"])

_ID = "0198c5c0-7a11-7000-8000-0000000000c1"
_STORE = "0198c5c0-7a11-7000-8000-0000000000b1"
_PROFILE: dict[str, Any] = {"member_id": _ID, "items": {}}
_WORDING: dict[str, Any] = {
    "code": "marketing",
    "version": 2,
    "name": "광고성 정보 수신",
    "grouped": "sign-up",
    "required": False,
    "effective": "2026-12-01",
    "wording": "혜택 소식을 문자로 받습니다.",
    "written_ms": 1760000000000,
}
_SAID: dict[str, Any] = {
    "given_id": "0198c5c0-7a11-7000-8000-0000000000c6",
    "member_id": _ID,
    "code": "marketing",
    "version": 2,
    "agreed": True,
    "channel": "tablet",
    "store_id": _STORE,
    "said_ms": 1760000000000,
    "booked_ms": 1760000000000,
}
_CONSENTS: dict[str, Any] = {
    "asked": [{"code": "marketing", "version": 2, "required": False}],
    "given": {},
    "missing": ["privacy"],
    "history": [_SAID],
}
_CARD: dict[str, Any] = {
    "number": "4000000000000002",
    "member_id": _ID,
    "nickname": "회사 카드",
    "physical": True,
    "state": "active",
    "added_ms": 1760000000000,
    "changed_ms": 1760000000000,
}
_REGULAR: dict[str, Any] = {"store_id": _STORE, "regular": True, "stamp_card": None}
_ASKED: dict[str, Any] = {
    "data_request_id": "0198c5c0-7a11-7000-8000-0000000000c5",
    "member_id": _ID,
    "kind": "access",
    "text": "",
    "asked_ms": 1760000000000,
    "due_ms": 1760864000000,
    "answered_ms": None,
    "answered_by": None,
    "answer": None,
}
_OVERVIEW: dict[str, Any] = {
    "member_id": _ID,
    "items": [{"item": "phone", "purpose": "적립과 사용 때 회원을 찾습니다", "retention": "until_withdrawal"}],
    "retention_days_after_withdrawal": 30,
    "third_parties": [],
    "joined_ms": 1760000000000,
    "join_channel": "tablet",
    "profile": {},
    "consents": _CONSENTS,
    "cards": [_CARD],
    "regulars": [{"store_id": _STORE, "since_ms": 1760000000000}],
    "messages": {"channel": "push", "switched_off": ["points_used"]},
    "events": [],
    "requests": [_ASKED],
}

_ITEM = Annotated[Text, Field(max_length=200)]


class Items(Body):
    """MEM-10; what is not asked is left out."""

    login: _ITEM | None = None
    password: _ITEM | None = None
    name: Name | None = None
    gender: _ITEM | None = None
    birth_date: Day | None = None
    domestic: _ITEM | None = None
    ci: _ITEM | None = None
    di: _ITEM | None = None
    email: _ITEM | None = None
    address: _ITEM | None = None


class SetProfile(Body):
    """``password`` is what the app keeps in its place, a verifier and never the word itself."""

    verification: Verification
    items: Items
    special: SpecialGroup = SpecialGroup.NONE
    by: Name


@router.post(
    "/members/{member_id}/profile",
    summary="Say who a member is",
    responses=errors(
        "unauthorized",
        "member_unknown",
        "member_gone",
        "profile_incomplete",
        "under_age",
        "duplicate_member",
        "rejoin_blocked",
        "invalid",
    )
    | {200: answer(_PROFILE, "Kept, sealed")},
)
def set_profile(member_id: PathId, body: SetProfile, cloud: TheCloud, _key: KeyId) -> Response:
    """What is needed depends on the verification; ``profile_incomplete`` names what is ``missing``. One person is one
    member, by the CI."""
    items = body.items.model_dump(exclude_none=True)
    wanted = NewProfile(body.verification, items, body.special, body.by)
    cloud.database.transact(lambda work: profile.set_profile(work, cloud.vault, member_id, wanted))
    return json_response({"member_id": member_id, "items": profile.shown_items(items)})


# --- consents ---------------------------------------------------------------------------------------------------------

Code = Annotated[StrictStr, Field(pattern=r"^[a-z0-9_-]{1,40}$")]
CodeInPath = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$")]


class NewWording(Body):
    code: Code
    name: Name
    grouped: Name
    required: StrictBool
    effective: Day
    wording: Annotated[StrictStr, Field(min_length=1, max_length=20_000)]


@router.post(
    "/consents",
    status_code=201,
    summary="Write a new wording of a consent",
    responses=errors("unauthorized", "invalid") | {201: answer(_WORDING, "The next version")},
)
def write_wording(body: NewWording, cloud: TheCloud, _key: KeyId) -> Response:
    """Asked from its day on; earlier wordings stay readable."""
    wanted = consents.NewWording(
        body.code, body.name, body.grouped, body.required, date.fromisoformat(body.effective), body.wording
    )
    return json_response(cloud.database.transact(lambda work: consents.write_wording(work, wanted)), 201)


@router.get(
    "/consents",
    summary="Every wording of every consent",
    responses=errors("unauthorized")
    | {200: answer({"wordings": [_WORDING | {"in_use": True}]}, "By code and version")},
)
def wordings(cloud: TheCloud, _key: KeyId) -> Response:
    """Also those that are asked no more."""
    with cloud.database.read() as conn:
        return json_response({"wordings": consents.wordings(conn)})


class Use(Body):
    in_use: StrictBool


@router.post(
    "/consents/{code}/use",
    summary="Ask a consent, or ask it no more",
    responses=errors("unauthorized", "consent_unknown", "invalid")
    | {200: answer({"code": "marketing", "in_use": False}, "From now on")},
)
def use(code: CodeInPath, body: Use, cloud: TheCloud, _key: KeyId) -> Response:
    """What was agreed to stays."""
    cloud.database.transact(lambda work: consents.set_use(work, code, body.in_use))
    return json_response({"code": code, "in_use": body.in_use})


class Said(Body):
    """``said_ms`` is when it was said at the tablet; without it, now."""

    code: Code
    version: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    agreed: StrictBool
    channel: JoinChannel
    store_id: Ident | None = None
    said_ms: Annotated[StrictInt, Field(ge=0, le=2**47)] | None = None


@router.post(
    "/members/{member_id}/consents",
    summary="Keep what a member says to a consent",
    responses=errors("unauthorized", "member_unknown", "member_gone", "consent_unknown", "invalid")
    | {200: answer(_CONSENTS, "What stands")},
)
def say(member_id: PathId, body: Said, cloud: TheCloud, _key: KeyId) -> Response:
    """Yes or no to one wording. Nothing is ever agreed to by silence, and no answer is ever changed."""

    def write(work: Work) -> dict[str, Any]:
        members.active(work.conn, cloud.vault, member_id)
        said_ms = work.now_ms if body.said_ms is None else body.said_ms
        said = consents.Said(body.code, body.version, body.agreed, body.channel.value, body.store_id, said_ms)
        consents.say(work, member_id, said)
        return consents.of_member(work.conn, member_id, work.now_ms)

    return json_response(cloud.database.transact(write))


@router.get(
    "/members/{member_id}/consents",
    summary="What a member agreed to",
    responses=errors("unauthorized", "member_unknown", "member_gone") | {200: answer(_CONSENTS, "What stands")},
)
def agreed(member_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """``missing`` are required ones in their wording of today; earning needs none of them that is optional."""
    with cloud.database.read() as conn:
        members.active(conn, cloud.vault, member_id)
        return json_response(consents.of_member(conn, member_id, cloud.clock()))


# --- cards and stores -------------------------------------------------------------------------------------------------

CardNumber = Annotated[StrictStr, Field(pattern=r"^[0-9]{16}$")]


class NewCard(Body):
    """Without a ``number`` a new card is made."""

    number: CardNumber | None = None
    nickname: Nickname = ""


class ChangeCard(Body):
    nickname: Nickname | None = None
    state: CardState | None = None


@router.post(
    "/members/{member_id}/cards",
    status_code=201,
    summary="Register or make a card",
    responses=errors("unauthorized", "member_unknown", "member_gone", "card_invalid", "card_taken", "invalid")
    | {201: answer(_CARD, "The card")},
)
def add_card(member_id: PathId, body: NewCard, cloud: TheCloud, _key: KeyId) -> Response:
    """As many as one likes; a number is one member's for ever."""

    def write(work: Work) -> dict[str, Any]:
        members.active(work.conn, cloud.vault, member_id)
        return cards.register(work, member_id, body.number, body.nickname)

    return json_response(cloud.database.transact(write), 201)


@router.get(
    "/members/{member_id}/cards",
    summary="A member's cards",
    responses=errors("unauthorized", "member_unknown", "member_gone")
    | {200: answer({"cards": [_CARD]}, "Oldest first")},
)
def own_cards(member_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """Without those that were deleted."""
    with cloud.database.read() as conn:
        members.active(conn, cloud.vault, member_id)
        return json_response({"cards": cards.of_member(conn, member_id)})


@router.post(
    "/members/{member_id}/cards/{number}",
    summary="Name, suspend or delete a card",
    responses=errors("unauthorized", "member_unknown", "member_gone", "card_unknown", "card_deleted", "invalid")
    | {200: answer(_CARD, "As it is now")},
)
def change_card(
    member_id: PathId,
    number: Annotated[str, Path(pattern=r"^[0-9]{16}$")],
    body: ChangeCard,
    cloud: TheCloud,
    _key: KeyId,
) -> Response:
    """A deleted card stays deleted."""

    def write(work: Work) -> dict[str, Any]:
        members.active(work.conn, cloud.vault, member_id)
        return cards.change(work, member_id, number, nickname=body.nickname, state=body.state)

    return json_response(cloud.database.transact(write))


class CallRegular(Body):
    store_id: Ident
    regular: StrictBool = True


@router.post(
    "/members/{member_id}/regulars",
    summary="A member calls a store their own",
    responses=errors("unauthorized", "member_unknown", "member_gone", "store_unknown", "invalid")
    | {200: answer(_REGULAR, "So it is")},
)
def call_regular(member_id: PathId, body: CallRegular, cloud: TheCloud, _key: KeyId) -> Response:
    """Opens the store's stamp card where there is one; ``regular`` false takes the word back, the card stays."""

    def write(work: Work) -> dict[str, Any]:
        members.active(work.conn, cloud.vault, member_id)
        return cards.set_regular(work, member_id, body.store_id, regular=body.regular)

    return json_response(cloud.database.transact(write))


# --- rights -----------------------------------------------------------------------------------------------------------


@router.get(
    "/members/{member_id}/data",
    summary="Everything that is kept of a member",
    responses=errors("unauthorized", "member_unknown") | {200: answer(_OVERVIEW, "Items, purposes, retention")},
)
def data(member_id: PathId, cloud: TheCloud, _key: KeyId) -> Response:
    """For the member: what is collected, what for, for how long, and who else gets it. Secrets are named, not told."""
    with cloud.database.read() as conn:
        return json_response(_overview(cloud, conn, member_id))


def _overview(cloud: Cloud, conn: Any, member_id: str) -> dict[str, Any]:
    return rights.overview(conn, cloud.vault, rights.row_of(conn, member_id), cloud.clock())


class AskData(Body):
    kind: DataRequestKind
    text: Text = ""


class AnswerData(Body):
    by: Name
    answer: Reason


@router.post(
    "/members/{member_id}/data-requests",
    status_code=201,
    summary="A member asks about their data",
    responses=errors("unauthorized", "member_unknown", "invalid")
    | {201: answer(_ASKED, "To be answered by ``due_ms``")},
)
def ask(member_id: PathId, body: AskData, cloud: TheCloud, _key: KeyId) -> Response:
    """Access, correction, deletion, a stop, no more marketing, or leaving; answered within ten days."""

    def write(work: Work) -> dict[str, Any]:
        rights.row_of(work.conn, member_id)
        return rights.ask(work, member_id, body.kind, body.text)

    return json_response(cloud.database.transact(write), 201)


@router.get(
    "/data-requests",
    summary="What has to be answered",
    responses=errors("unauthorized") | {200: answer({"requests": [_ASKED | {"overdue": False}]}, "Most urgent first")},
)
def waiting(cloud: TheCloud, _key: KeyId) -> Response:
    """``overdue``: the legal term is over."""
    with cloud.database.read() as conn:
        return json_response({"requests": rights.waiting(conn, cloud.clock())})


@router.post(
    "/data-requests/{data_request_id}/answer",
    summary="Answer a member",
    responses=errors("unauthorized", "data_request_unknown", "already_decided", "invalid")
    | {200: answer(_ASKED, "Answered")},
)
def give_answer(
    data_request_id: PathId,
    body: AnswerData,
    cloud: TheCloud,
    _key: KeyId,
) -> Response:
    """Once; the same again is fine."""
    return json_response(
        cloud.database.transact(lambda work: rights.answer(work, data_request_id, body.by, body.answer))
    )
