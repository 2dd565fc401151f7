"""What a member has, in one exchange with the database: who it is, points, coupons, cards.

Nothing is counted over a history: balances are cached, lots are read where they end soon, coupons while they matter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from cloud_api.clock import DAY_MS
from cloud_api.database import Database
from cloud_api.exchange import Answer, Asked, Statement, together
from cloud_api.members import service
from cloud_api.members.service import Known
from cloud_api.vault import Vault
from rules.coupons import CouponState
from rules.membership import MemberStatus
from rules.phone import Phone

SOON_MS = 30 * DAY_MS  # points that end within this are told
COUPONS_BACK_MS = 90 * DAY_MS  # what became of a coupon is shown for so long
COUPONS_MAX = 200

_BALANCE = "coalesce((SELECT balance FROM account WHERE account_id = '{}:' || member.member_id), 0)"
_LOTS = "FROM lot WHERE lot.member_id = member.member_id AND remaining > 0 AND expires_ms"
_WALLET = (
    "SELECT member.member_id, member.nickname, member.phone_lookup, member.phone_sealed, member.status,"
    f" member.merged_into, member.grades, {_BALANCE.format('member')}, {_BALANCE.format('member_hold')},"
    f" {_BALANCE.format('member_debt')}, (SELECT coalesce(sum(remaining), 0) {_LOTS} <= $2),"
    f" (SELECT coalesce(sum(remaining), 0) {_LOTS} > $2 AND expires_ms <= $3),"
    f" (SELECT min(expires_ms) {_LOTS} > $2 AND expires_ms <= $3)"
    " FROM member WHERE member.{column} = $1"
)
_COUPONS = (
    "SELECT coupon.coupon_id, coupon_definition.name, coupon.state, coupon_definition.value_won, coupon.expires_ms"
    " FROM coupon JOIN coupon_definition ON coupon_definition.definition_id = coupon.definition_id"
    " WHERE coupon.member_id = {who} AND (coupon.state IN ('available', 'pending') OR coupon.changed_ms >= $2)"
    " AND ($3 = '' OR coupon_definition.brand_id = $3)"
    f" ORDER BY coupon.expires_ms, coupon.coupon_id LIMIT {COUPONS_MAX}"
)
_CARDS = (
    "SELECT purse.place_id, purse.opened_ms, account.kind, account.balance FROM purse JOIN account"
    " ON account.account_id IN ('member_stamps:' || purse.purse_id, 'member_boards:' || purse.purse_id)"
    " WHERE purse.member_id = {who} AND purse.unit = 'stamp' ORDER BY purse.opened_ms, purse.purse_id"
)


@dataclass(frozen=True)
class _Questions:
    """The same three by id or by look-up."""

    wallet: Statement
    coupons: Statement
    cards: Statement

    @staticmethod
    def by(column: str) -> _Questions:
        who = "$1" if column == "member_id" else f"(SELECT member_id FROM member WHERE {column} = $1)"
        return _Questions(
            Statement(_WALLET.replace("{column}", column)),
            Statement(_COUPONS.replace("{who}", who)),
            Statement(_CARDS.replace("{who}", who)),
        )

    def ask(self, conn: Connection, value: str, now_ms: int, brand_id: str | None) -> list[Answer]:
        return together(
            conn,
            [
                Asked(self.wallet, (value, now_ms, now_ms + SOON_MS)),
                Asked(self.coupons, (value, now_ms - COUPONS_BACK_MS, brand_id or "")),
                Asked(self.cards, (value,)),
            ],
        )


_BY_ID, _BY_LOOKUP = _Questions.by("member_id"), _Questions.by("phone_lookup")


@dataclass(frozen=True)
class Wallet:
    """A member and what the member has; coupons of one brand only, where the question says so."""

    known: Known
    has: dict[str, Any]


def of_number(
    database: Database, vault: Vault, phone: Phone, now_ms: int, *, brand_id: str | None = None
) -> Wallet | None:
    """The member of a number. One exchange, but for numbers that stand apart and while keys are being changed."""
    lookups = vault.phone_lookups(phone)
    if len(lookups) == 1:
        with database.ask() as conn:
            answers = _BY_LOOKUP.ask(conn, lookups[0], now_ms, brand_id)
        if answers[0].rows:
            return _wallet(database, vault, answers, now_ms)
    with database.read() as conn:
        member_id = service.find(conn, vault, [phone]).get(phone)
    return None if member_id is None else of_member(database, vault, member_id, now_ms, brand_id=brand_id)


def of_member(
    database: Database, vault: Vault, member_id: str, now_ms: int, *, brand_id: str | None = None
) -> Wallet | None:
    """The member of an id, in whatever state."""
    with database.ask() as conn:
        answers = _BY_ID.ask(conn, member_id, now_ms, brand_id)
    return _wallet(database, vault, answers, now_ms) if answers[0].rows else None


def _wallet(database: Database, vault: Vault, answers: Sequence[Answer], now_ms: int) -> Wallet:
    row = answers[0].rows[0]
    member_id, nickname, lookup, sealed, status, merged_into, grades, balance, held, debt, over, soon, soonest_ms = row
    if status == MemberStatus.NORMAL:
        masked = service.open_phone(sealed, lookup, vault).masked
        known: Known | None = Known(member_id, nickname, masked, status, merged_into)
    else:
        with database.read() as conn:
            known = service.get(conn, vault, member_id)
    assert known is not None, "rows of members are never deleted"
    coupons = [_coupon(coupon, now_ms) for coupon in answers[1].rows]
    usable = sum(coupon["state"] == CouponState.AVAILABLE.value for coupon in coupons)
    return Wallet(
        known,
        {
            "points_balance": balance - over,
            "points_held": held,
            "debt": -debt,
            "points_expiring": soon,
            "points_expiring_ms": soonest_ms,
            "coupons_usable": usable,
            "coupons": coupons,
            "stamp_cards": _cards(answers[2].rows),
            "grades": json.loads(grades) if grades else {},
        },
    )


def _coupon(row: tuple[Any, ...], now_ms: int) -> dict[str, Any]:
    """A coupon is expired the moment its time is over, also before the sweeper wrote it down."""
    coupon_id, name, state, value_won, expires_ms = row
    over = state == CouponState.AVAILABLE.value and expires_ms <= now_ms
    shown = CouponState.EXPIRED.value if over else state
    return {"coupon_id": coupon_id, "name": name, "state": shown, "value_won": value_won, "expires_ms": expires_ms}


def _cards(rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """One for each purse: its two accounts are two rows."""
    found: dict[str, dict[str, Any]] = {}
    for place_id, opened_ms, kind, balance in rows:
        card = found.setdefault(place_id, {"place_id": place_id, "opened_ms": opened_ms})
        card["on_open_board" if kind == "member_stamps" else "on_full_boards"] = balance
    return list(found.values())
