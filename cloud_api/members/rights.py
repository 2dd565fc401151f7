"""What a member may know and ask about their data, and by when it is answered (MEM-32)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members import cards, consents, events, profile
from cloud_api.members.models import member
from cloud_api.members.person_models import data_request
from cloud_api.notices import messages
from cloud_api.vault import Vault
from rules.membership import PURGE_DAYS

ANSWER_MS = 10 * DAY_MS  # the legal term


class DataRequestKind(StrEnum):
    ACCESS = "access"
    CORRECTION = "correction"
    DELETION = "deletion"
    STOP = "stop"
    MARKETING_OPT_OUT = "marketing_opt_out"
    WITHDRAWAL = "withdrawal"


# What is kept, what for, for how long, and who else gets it; in the order in which it is shown.
_KEPT: tuple[tuple[str, str, str], ...] = (
    ("phone", "적립과 사용 때 회원을 찾습니다", "until_withdrawal"),
    ("nickname", "매장과 앱에 가려서 보입니다", "until_withdrawal"),
    ("profile", "본인 확인과 중복 가입 방지", "until_withdrawal"),
    ("consents", "동의의 증빙", "kept"),
    ("cards", "바코드로 회원을 찾습니다", "until_withdrawal"),
    ("purchases", "포인트와 스탬프의 근거; 탈퇴 뒤에는 누구의 것인지 남지 않습니다", "kept_without_person"),
)


def overview(conn: Connection, vault: Vault, row: Any, now_ms: int) -> dict[str, Any]:
    """Items with purpose and retention, everything the member said, and that nobody else is given any of it."""
    member_id = row.member_id
    asked = select(data_request).where(data_request.c.member_id == member_id).order_by(data_request.c.asked_ms.desc())
    return {
        "member_id": member_id,
        "items": [{"item": item, "purpose": purpose, "retention": kept} for item, purpose, kept in _KEPT],
        "retention_days_after_withdrawal": PURGE_DAYS,
        "third_parties": [],
        "joined_ms": row.joined_ms,
        "join_channel": row.join_channel,
        "profile": profile.shown_items(profile.items_of(conn, vault, member_id)),
        "consents": consents.of_member(conn, member_id, now_ms),
        "cards": cards.of_member(conn, member_id),
        "regulars": cards.regulars_of(conn, member_id),
        "messages": messages.shown(messages.setting_of(conn, member_id)),
        "events": events.of_member(conn, member_id, 500),
        "requests": [dict(one._mapping) for one in conn.execute(asked)],
    }


def row_of(conn: Connection, member_id: str) -> Any:
    """Raises ApiError ``member_unknown``."""
    row = conn.execute(select(member).where(member.c.member_id == member_id)).one_or_none()
    if row is None:
        raise ApiError("member_unknown")
    return row


def ask(work: Work, member_id: str, kind: DataRequestKind, words: str) -> dict[str, Any]:
    """Waits for an answer within the legal term."""
    row = {
        "data_request_id": work.ids.uuid7(),
        "member_id": member_id,
        "kind": kind.value,
        "text": words,
        "asked_ms": work.now_ms,
        "due_ms": work.now_ms + ANSWER_MS,
    }
    work.conn.execute(insert(data_request).values(**row))
    return {**row, "answered_ms": None, "answered_by": None, "answer": None}


def answer(work: Work, data_request_id: str, by: str, words: str) -> dict[str, Any]:
    """Raises ApiError ``data_request_unknown``, ``already_decided`` when somebody answered it otherwise."""
    here = data_request.c.data_request_id == data_request_id
    row = work.conn.execute(select(data_request).where(here).with_for_update()).one_or_none()
    if row is None:
        raise ApiError("data_request_unknown")
    if row.answered_ms is not None and (row.answered_by, row.answer) != (by, words):
        raise ApiError("already_decided", extra={"answered_by": row.answered_by})
    if row.answered_ms is None:
        values = {"answered_ms": work.now_ms, "answered_by": by, "answer": words}
        row = work.conn.execute(update(data_request).where(here).values(**values).returning(*data_request.c)).one()
    return dict(row._mapping)


def waiting(conn: Connection, now_ms: int) -> list[dict[str, Any]]:
    """What still has to be answered, the most urgent first; ``overdue``: the term is over."""
    query = select(data_request).where(data_request.c.answered_ms.is_(None)).order_by(data_request.c.due_ms).limit(500)
    return [{**row._mapping, "overdue": row.due_ms <= now_ms} for row in conn.execute(query)]
