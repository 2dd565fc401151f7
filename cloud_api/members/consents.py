"""What members agree to: wordings in versions, and every word that was said about them (MEM-23, MEM-24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members.models import member
from cloud_api.members.person_models import consent_given, consent_use, consent_wording
from rules.calendar import local_day
from rules.membership import ConsentText, consents_missing, texts_in_force


@dataclass(frozen=True)
class NewWording:
    code: str
    name: str
    grouped: str
    required: bool
    effective: date
    wording: str


def write_wording(work: Work, wanted: NewWording) -> dict[str, Any]:
    """The next version of a consent; those before it stay readable."""
    mine = consent_wording.c.code == wanted.code
    last = work.conn.execute(select(func.coalesce(func.max(consent_wording.c.version), 0)).where(mine)).scalar_one()
    if last == 0:
        work.conn.execute(insert(consent_use).values(code=wanted.code, in_use=True, changed_ms=work.now_ms))
    row = {
        "code": wanted.code,
        "version": last + 1,
        "name": wanted.name,
        "grouped": wanted.grouped,
        "required": wanted.required,
        "effective": wanted.effective.isoformat(),
        "wording": wanted.wording,
        "written_ms": work.now_ms,
    }
    work.conn.execute(insert(consent_wording).values(**row))
    return row


def set_use(work: Work, code: str, in_use: bool) -> None:
    """Whether it is asked from now on. Raises ApiError ``consent_unknown``."""
    changed = consent_use.update().where(consent_use.c.code == code)
    if work.conn.execute(changed.values(in_use=in_use, changed_ms=work.now_ms)).rowcount != 1:
        raise ApiError("consent_unknown")


def wordings(conn: Connection) -> list[dict[str, Any]]:
    """Every wording there ever was, and whether its consent is in use."""
    query = select(consent_wording, consent_use.c.in_use).join(
        consent_use, consent_use.c.code == consent_wording.c.code
    )
    return [
        dict(row._mapping) for row in conn.execute(query.order_by(consent_wording.c.code, consent_wording.c.version))
    ]


def _in_force(conn: Connection, now_ms: int) -> tuple[ConsentText, ...]:
    texts = [
        ConsentText(one["code"], one["version"], one["required"], date.fromisoformat(one["effective"]), one["in_use"])
        for one in wordings(conn)
    ]
    return texts_in_force(texts, local_day(now_ms))


@dataclass(frozen=True)
class Said:
    """``said_ms`` is when it was said, also when it arrives later."""

    code: str
    version: int
    agreed: bool
    channel: str
    store_id: str | None
    said_ms: int


def say(work: Work, member_id: str, said: Said) -> None:
    """Keeps the member's word. Raises ApiError ``consent_unknown`` for a wording that there never was."""
    known = select(consent_wording.c.code).where(
        consent_wording.c.code == said.code, consent_wording.c.version == said.version
    )
    if work.conn.execute(known).one_or_none() is None:
        raise ApiError("consent_unknown")
    work.conn.execute(
        insert(consent_given).values(
            given_id=work.ids.uuid7(),
            member_id=member_id,
            code=said.code,
            version=said.version,
            agreed=said.agreed,
            channel=said.channel,
            store_id=said.store_id,
            said_ms=min(said.said_ms, work.now_ms),
            booked_ms=work.now_ms,
        )
    )


def of_member(conn: Connection, member_id: str, now_ms: int) -> dict[str, Any]:
    """What stands, what of it is required and missing in its wording of today, and all that was ever said, newest
    first. Nothing was agreed to before somebody said so."""
    was = select(member.c.member_id).where(member.c.merged_into == member_id)
    whose = or_(consent_given.c.member_id == member_id, consent_given.c.member_id.in_(was))
    query = select(consent_given).where(whose)
    history = [
        dict(row._mapping)
        for row in conn.execute(query.order_by(consent_given.c.said_ms.desc(), consent_given.c.given_id.desc()))
    ]
    newest: dict[str, dict[str, Any]] = {}
    for one in history:
        newest.setdefault(one["code"], one)
    in_force = _in_force(conn, now_ms)
    given = {code: one["version"] for code, one in newest.items() if one["agreed"]}
    return {
        "asked": [{"code": text.code, "version": text.version, "required": text.required} for text in in_force],
        "given": {code: given.get(code, 0) for code in sorted({text.code for text in in_force} | set(given))},
        "missing": list(consents_missing(in_force, given)),
        "history": history,
    }
