"""Coupons that come by themselves: for joining, a first purchase, a birthday, a recommendation (CPN-05, CPN-29).

Who joined and who bought is handed on by those who tell of it (``notices.happened``). What a member had already is
written down, so that looking twice gives nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from cloud_api.bulk import select_among
from cloud_api.clock import DAY_MS, Clock
from cloud_api.coupons import service
from cloud_api.coupons.models import coupon_definition, coupon_rule
from cloud_api.database import Database, Work
from cloud_api.errors import ApiError
from cloud_api.ids import first_uuid7_of
from cloud_api.ledger.purses import member_of
from cloud_api.members import profile
from cloud_api.members.models import member
from cloud_api.members.person_models import member_profile
from cloud_api.members.told import accounts_of
from cloud_api.notices import happened, messages
from cloud_api.notices.happened import Topic
from cloud_api.vault import Vault
from rules.calendar import local_day
from rules.coupons import REFERRAL_DAYS, IssueKind, birthday_today, birthdays_kept_on, issued_once_for
from rules.membership import MemberStatus
from rules.notices import NoticeKind

BATCH = 200
PROFILES = 500  # opened in a portion, to see whose birthday it is
_NAMES = ("rule_id", "brand_id", "kind", "definition_id", "count", "from_ms", "ended_ms")


@dataclass(frozen=True)
class NewRule:
    kind: IssueKind
    definition_id: str
    count: int


def add_rule(work: Work, brand_id: str, wanted: NewRule) -> dict[str, Any]:
    """From now on. Raises ApiError ``definition_unknown``."""
    known = select(coupon_definition.c.definition_id).where(
        coupon_definition.c.definition_id == wanted.definition_id, coupon_definition.c.brand_id == brand_id
    )
    if work.conn.execute(known).one_or_none() is None:
        raise ApiError("definition_unknown")
    row = work.conn.execute(
        insert(coupon_rule)
        .values(
            rule_id=work.ids.uuid7(),
            brand_id=brand_id,
            kind=wanted.kind.value,
            definition_id=wanted.definition_id,
            count=wanted.count,
            from_ms=work.now_ms,
        )
        .returning(*coupon_rule.c)
    ).one()
    return shown(row)


def end_rule(work: Work, brand_id: str, rule_id: str) -> dict[str, Any]:
    """Nothing more is issued by it. Raises ApiError ``rule_unknown``."""
    mine = (coupon_rule.c.rule_id == rule_id) & (coupon_rule.c.brand_id == brand_id)
    ending = update(coupon_rule).where(mine, coupon_rule.c.ended_ms.is_(None)).values(ended_ms=work.now_ms)
    work.conn.execute(ending)
    row = work.conn.execute(select(coupon_rule).where(mine)).one_or_none()
    if row is None:
        raise ApiError("rule_unknown")
    return shown(row)


def shown(row: Any) -> dict[str, Any]:
    """A rule as callers get it."""
    return {name: getattr(row, name) for name in _NAMES}


def rules_of(conn: Connection, brand_id: str) -> list[dict[str, Any]]:
    """All of a brand, the newest first, those that ended included."""
    query = select(coupon_rule).where(coupon_rule.c.brand_id == brand_id)
    return [shown(row) for row in conn.execute(query.order_by(coupon_rule.c.rule_id.desc()))]


def _in_force(conn: Connection, *kinds: IssueKind) -> Sequence[Any]:
    named = [kind.value for kind in kinds]
    query = select(coupon_rule).where(coupon_rule.c.ended_ms.is_(None), coupon_rule.c.kind.in_(named))
    return conn.execute(query.order_by(coupon_rule.c.rule_id)).all()


_ONCE = text(
    "INSERT INTO coupon_occasion (rule_id, member_id, occasion, at_ms)"
    " VALUES (:rule_id, :member_id, :occasion, :at_ms) ON CONFLICT DO NOTHING"
)


def give(work: Work, rule: Any, member_id: str, occasion: str) -> int:
    """What the rule gives, once for each occasion; returns how many coupons there were. The member is told."""
    once = {"rule_id": rule.rule_id, "member_id": member_id, "occasion": occasion, "at_ms": work.now_ms}
    if not work.conn.execute(_ONCE, once).rowcount:
        return 0
    kind = IssueKind(rule.kind)
    given = service.issue_many(work, [(member_id, rule.definition_id)] * rule.count, kind=kind)
    ids = [one.coupon_id for one in given if one is not None]
    if ids:
        body = {
            "kind": NoticeKind.COUPON_ISSUED.value,
            "request_id": None,
            "store_id": None,
            "member_id": member_id,
            "state": None,
            "coupon_ids": ids,
            "issued_for": kind.value,
            "created_ms": work.now_ms,
        }
        messages.tell(work, [body])
    return len(ids)


# Whoever joined by an app, at no store, belongs to the brand whose key it was.
_JOINED = (
    "SELECT member.member_id FROM member LEFT JOIN store ON store.store_id = member.join_store_id"
    " WHERE member.member_id {ids} AND member.joined_ms >= :from_ms AND member.status = 'normal'"
    " AND (store.brand_id = :brand_id OR member.join_store_id IS NULL AND EXISTS"
    "  (SELECT 1 FROM integrator_member JOIN integrator_key ON integrator_key.key_id = integrator_member.key_id"
    "   WHERE integrator_member.member_id = member.member_id AND integrator_key.brand_id = :brand_id))"
    " ORDER BY member.member_id"
)
_BOUGHT = (
    "SELECT DISTINCT posting.member_id AS holder FROM posting JOIN store ON store.store_id = posting.store_id"
    " WHERE posting.posting_id {ids} AND posting.booked_ms >= :from_ms AND store.brand_id = :brand_id ORDER BY holder"
)
_NOT_NOW = text(
    "SELECT 1 FROM coupon_occasion WHERE rule_id = :rule_id AND member_id = :member_id AND occasion = ''"
    " UNION ALL SELECT 1 FROM member WHERE member_id = :member_id AND status <> 'normal'"
)
_EARLIER = (
    "SELECT 1 FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    " JOIN store ON store.store_id = posting.store_id WHERE entry.account_id {accounts}"
    " AND entry.posting_id < :first AND posting.kind IN ('earn', 'stamp') AND store.brand_id = :brand_id LIMIT 1"
)


def give_due(database: Database, _clock: Clock) -> int:
    """A portion for those who joined or bought for the first time; returns how many it saw to."""
    return database.transact(_give_joined) + database.transact(_give_first_bought)


def _give_joined(work: Work) -> int:
    taken = happened.take(work, Topic.JOINED, BATCH)
    for rule in _in_force(work.conn, IssueKind.JOIN) if taken else ():
        asked = {"from_ms": rule.from_ms, "brand_id": rule.brand_id}
        for row in select_among(work.conn, _JOINED, {"ids": taken}, **asked):
            give(work, rule, row.member_id, issued_once_for(IssueKind.JOIN, local_day(work.now_ms)))
    return len(taken)


def _give_first_bought(work: Work) -> int:
    """For members whose first earn in the brand lies behind the rule's beginning."""
    taken = happened.take(work, Topic.BOUGHT, BATCH)
    for rule in _in_force(work.conn, IssueKind.FIRST_PURCHASE) if taken else ():
        asked = {"from_ms": rule.from_ms, "brand_id": rule.brand_id}
        holders = [row.holder for row in select_among(work.conn, _BOUGHT, {"ids": taken}, **asked)]
        for member_id in sorted({member_of(holder) for holder in holders}):
            whose = {"rule_id": rule.rule_id, "member_id": member_id}
            if work.conn.execute(_NOT_NOW, whose).first() is None and not _bought_before(work.conn, rule, member_id):
                give(work, rule, member_id, issued_once_for(IssueKind.FIRST_PURCHASE, local_day(work.now_ms)))
    return len(taken)


def _bought_before(conn: Connection, rule: Any, member_id: str) -> bool:
    lists = {"accounts": accounts_of(conn, [member_id])}
    first = first_uuid7_of(rule.from_ms)
    return bool(select_among(conn, _EARLIER, lists, first=first, brand_id=rule.brand_id))


_KNOWS = (
    "SELECT 1 FROM member LEFT JOIN store ON store.store_id = member.join_store_id"
    " WHERE member.member_id = :member_id AND member.status = 'normal' AND (store.brand_id = :brand_id OR EXISTS"
    "  (SELECT 1 FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    "   JOIN store AS seen ON seen.store_id = posting.store_id WHERE entry.account_id {accounts}"
    "   AND seen.brand_id = :brand_id) OR EXISTS"
    "  (SELECT 1 FROM integrator_member JOIN integrator_key ON integrator_key.key_id = integrator_member.key_id"
    "   WHERE integrator_member.member_id = :member_id AND integrator_key.brand_id = :brand_id))"
)


def knows_brand(conn: Connection, member_id: str, brand_id: str) -> bool:
    """A member who may be given something joined there, has points from there, or came with the brand's own app."""
    lists = {"accounts": accounts_of(conn, [member_id])}
    return bool(select_among(conn, _KNOWS, lists, member_id=member_id, brand_id=brand_id))


class Birthdays:
    """Gives the coupons of those whose birthday it is, a portion a call. They are found by a keyed hash of month and
    day, so that only their profiles are opened; first a portion at a time those that have none of it yet."""

    def __init__(self, vault: Vault, most: int = PROFILES) -> None:
        self._vault = vault
        self._most = most
        self._after = ""

    def portion(self, database: Database, clock: Clock) -> int:
        """How many profiles it opened; 0: that was the last. Who starts anew begins again, and gives nothing twice."""
        today = local_day(clock())
        with database.read() as conn:
            rules = _in_force(conn, IssueKind.BIRTHDAY)
        if not rules:
            return 0
        looked = database.transact(self._look_up_some)
        if looked:
            return looked
        with database.read() as conn:
            rows = self._next(conn, today)
        due = [row.member_id for row in rows if self._has_birthday(row, today)]
        for member_id in due:
            database.transact(lambda work, whose=member_id: self._give(work, rules, whose, today))  # type: ignore[misc]
        self._after = rows[-1].member_id if rows else ""
        return len(rows)

    def _look_up_some(self, work: Work) -> int:
        p = member_profile.c
        query = select(p.member_id, p.sealed).where(p.birthday_lookup.is_(None)).order_by(p.member_id)
        rows = work.conn.execute(query.limit(self._most)).all()
        for row in rows:
            lookup = profile.birthday_lookup(self._vault, self._items(row))
            same = (p.member_id == row.member_id) & (p.sealed == row.sealed)  # a word that came meanwhile stands
            work.conn.execute(update(member_profile).where(same).values(birthday_lookup=lookup))
        return len(rows)

    def _next(self, conn: Connection, today: date) -> Sequence[Any]:
        p = member_profile.c
        lookups = [one for day in birthdays_kept_on(today) for one in self._vault.birthday_lookups(day)]
        query = select(p.member_id, p.sealed).where(p.birthday_lookup.in_(lookups), p.member_id > self._after)
        return conn.execute(query.order_by(p.member_id).limit(self._most)).all()

    def _items(self, row: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._vault.open(bytes(row.sealed), place=profile.place(row.member_id)))
        return found

    def _has_birthday(self, row: Any, today: date) -> bool:
        born: str | None = self._items(row).get("birth_date")
        return birthday_today(date.fromisoformat(born), today) if born else False

    def _give(self, work: Work, rules: Sequence[Any], member_id: str, today: date) -> None:
        for rule in rules:
            if knows_brand(work.conn, member_id, rule.brand_id):
                give(work, rule, member_id, issued_once_for(IssueKind.BIRTHDAY, today))


def refer(work: Work, brand_id: str, member_id: str, referred_by: str) -> dict[str, int]:
    """A new member says who recommended the brand: both get what its rules give (CPN-29). How many coupons each got.

    Raises ApiError ``referral_refused``: for oneself, twice, or too late.
    """
    row = work.conn.execute(select(member).where(member.c.member_id == member_id).with_for_update()).one()
    late = work.now_ms - row.joined_ms > REFERRAL_DAYS * DAY_MS
    if member_id == referred_by or late or row.status != MemberStatus.NORMAL:
        raise ApiError("referral_refused")
    known = select(coupon_rule.c.rule_id).where(coupon_rule.c.brand_id == brand_id)
    before = text(
        "SELECT 1 FROM coupon_occasion WHERE member_id = :member_id AND occasion = 'referred' AND rule_id = :rule_id"
    )
    for rule_id in work.conn.execute(known).scalars().all():
        if work.conn.execute(before, {"member_id": member_id, "rule_id": rule_id}).first() is not None:
            raise ApiError("referral_refused")
    found = [rule for rule in _in_force(work.conn, IssueKind.REFERRAL) if rule.brand_id == brand_id]
    return {
        "member": sum(give(work, rule, member_id, "referred") for rule in found),
        "referred_by": sum(give(work, rule, referred_by, f"brought {member_id}") for rule in found),
    }
