"""Cards that members carry: registered, made, named, suspended, deleted; and the stores they call their own (MEM-25,
MEM-31)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, text, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members.person_models import member_card, member_regular
from cloud_api.stamps import service as stamps
from cloud_api.stores.earning import terms_at
from cloud_api.stores.service import profile_of
from rules.membership import CARD_DIGITS, CardState, card_move_allowed, card_number, card_number_valid


def register(work: Work, member_id: str, number: str | None, nickname: str) -> dict[str, Any]:
    """A card of plastic by its number, or without one a new one for the app. The same card again is fine. Raises
    ApiError ``card_invalid``, ``card_taken``."""
    if number is None:
        number, physical = card_number(f"{int.from_bytes(work.ids.key()) % 10 ** (CARD_DIGITS - 1):015d}"), False
    else:
        physical = True
        if not card_number_valid(number):
            raise ApiError("card_invalid")
    row = {
        "number": number,
        "member_id": member_id,
        "nickname": nickname,
        "physical": physical,
        "state": CardState.ACTIVE.value,
        "added_ms": work.now_ms,
        "changed_ms": work.now_ms,
    }
    if work.conn.execute(_ADD, row).rowcount != 1:
        known = _row(work.conn, number)
        if known.member_id != member_id or known.state == CardState.DELETED:
            raise ApiError("card_taken")
    return dict(_row(work.conn, number)._mapping)


_ADD = text(
    "INSERT INTO member_card (number, member_id, nickname, physical, state, added_ms, changed_ms)"
    " VALUES (:number, :member_id, :nickname, :physical, :state, :added_ms, :changed_ms)"
    " ON CONFLICT (number) DO NOTHING"
)


def _row(conn: Connection, number: str) -> Any:
    return conn.execute(select(member_card).where(member_card.c.number == number)).one()


def change(work: Work, member_id: str, number: str, *, nickname: str | None, state: CardState | None) -> dict[str, Any]:
    """Raises ApiError ``card_unknown``, ``card_deleted``."""
    query = select(member_card).where(member_card.c.number == number, member_card.c.member_id == member_id)
    row = work.conn.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise ApiError("card_unknown")
    now = CardState(row.state)
    if now is CardState.DELETED:
        raise ApiError("card_deleted")
    values: dict[str, Any] = {"changed_ms": work.now_ms}
    if nickname is not None:
        values["nickname"] = nickname
    if state is not None and card_move_allowed(now, state):
        values["state"] = state.value
    work.conn.execute(update(member_card).where(member_card.c.number == number).values(**values))
    return dict(_row(work.conn, number)._mapping)


def of_member(conn: Connection, member_id: str) -> list[dict[str, Any]]:
    """The member's cards, deleted ones left out."""
    query = select(member_card).where(
        member_card.c.member_id == member_id, member_card.c.state != CardState.DELETED.value
    )
    return [dict(row._mapping) for row in conn.execute(query.order_by(member_card.c.added_ms, member_card.c.number))]


def holder_of(conn: Connection, number: str) -> str | None:
    """Whose active card this is."""
    query = select(member_card.c.member_id).where(
        member_card.c.number == number, member_card.c.state == CardState.ACTIVE.value
    )
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found


def set_regular(work: Work, member_id: str, store_id: str, *, regular: bool) -> dict[str, Any]:
    """The member calls the store their own, which opens its stamp card, or no more; the card stays. Raises ApiError
    ``store_unknown``."""
    if profile_of(work.conn, store_id) is None:
        raise ApiError("store_unknown")
    card = None
    if regular:
        work.conn.execute(_CALL, {"member_id": member_id, "store_id": store_id, "since_ms": work.now_ms})
        here = terms_at(work.conn, store_id)
        if here is not None and here.stamps_on:
            card = stamps.open_card(work, store_id, member_id)
    else:
        mine = member_regular.c.member_id == member_id, member_regular.c.store_id == store_id
        work.conn.execute(member_regular.delete().where(*mine))
    return {"store_id": store_id, "regular": regular, "stamp_card": card}


_CALL = text(
    "INSERT INTO member_regular (member_id, store_id, since_ms) VALUES (:member_id, :store_id, :since_ms)"
    " ON CONFLICT (member_id, store_id) DO NOTHING"
)


def regulars_of(conn: Connection, member_id: str) -> list[dict[str, Any]]:
    """The stores that the member calls their own."""
    query = select(member_regular.c.store_id, member_regular.c.since_ms).where(member_regular.c.member_id == member_id)
    return [dict(row._mapping) for row in conn.execute(query.order_by(member_regular.c.since_ms))]
