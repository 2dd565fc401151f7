"""How a store's payments earn: the programmes of brands and stores, their versions, and what counters hear of them
(PNT-02 to 04, PNT-12; STP-01 to 03)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from cloud_api.coupons.models import coupon_definition
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.ledger.models import PostingKind, posting
from cloud_api.ledger.purses import points_holder
from cloud_api.stores.hours import hours_of
from cloud_api.stores.models import brand_policy, store, store_earning
from cloud_api.stores.service import Policy, lock_store, policy_of, set_policy
from rules.boards import Plan, plan_named, stamps_in_plan
from rules.calendar import DAY_MINUTES
from rules.earning import EarningMethod, PointScope
from rules.programs import EarningProgram, merged, program_problem, read_program, to_wire
from rules.spending import SpendPolicy
from sync.protocol import FeedKind


@dataclass(frozen=True)
class Terms:
    """What holds in a store that has more than the policy's rate."""

    program: EarningProgram
    brand_id: str
    plan: Plan

    @property
    def stamps_on(self) -> bool:
        """STP-01; Ambiguity A3: settings are kept in every plan and work from Plus on."""
        return self.program.method is EarningMethod.STAMP and stamps_in_plan(self.plan)


STORES_MAX = 20_000  # whose terms one process keeps in mind


class KnownTerms:
    """What each store's payments earned when this process last looked: a guess at what its next push will read. A push
    reads the terms themselves, so a guess that is wrong costs a question and changes nothing."""

    def __init__(self) -> None:
        self._by_store: dict[str, Terms | None] = {}

    def get(self, store_id: str) -> Terms | None:
        return self._by_store.get(store_id)

    def keep(self, store_id: str, terms: Terms | None) -> None:
        if len(self._by_store) >= STORES_MAX:
            self._by_store.clear()
        self._by_store[store_id] = terms


def terms(brand_text: str | None, store_text: str | None, brand_id: str, plan: str) -> Terms | None:
    """From what the rows of a brand's policy and of a store have; None: points at the policy's rate."""
    if brand_text is None and store_text is None:
        return None
    return _terms(brand_text, store_text, brand_id, plan)


# The same few texts for months, and read with every push; the text that was just read is the key, so nothing is stale.
@lru_cache(maxsize=1_024)
def _terms(brand_text: str | None, store_text: str | None, brand_id: str, plan: str) -> Terms:
    program = merged(_read(brand_text), _read(store_text))
    assert program is not None, "one of the two is there"
    return Terms(program, brand_id, plan_named(plan))


def _read(text: str | None) -> EarningProgram | None:
    return None if text is None else read_program(json.loads(text))


def terms_at(conn: Connection, store_id: str) -> Terms | None:
    """What holds in that store now."""
    newest = (
        select(brand_policy.c.earning)
        .where(brand_policy.c.brand_id == store.c.brand_id)
        .order_by(brand_policy.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(store.c.brand_id, store.c.plan, store.c.earning, newest.label("of_brand"))
    row = conn.execute(query.where(store.c.store_id == store_id)).one()
    return terms(row.of_brand, row.earning, row.brand_id, row.plan)


def spending_at(conn: Connection, store_id: str, policy: Policy) -> tuple[SpendPolicy, int]:
    """The brand's limits with the store's own, and what one member may use there in a day; 0: as much as there is
    (PNT-12, Ambiguity A5)."""
    here = terms_at(conn, store_id)
    if here is None:
        return policy.spending, 0
    return here.program.spending(policy.spending), here.program.limits.member_day_max_points


def holder_at(conn: Connection, member_id: str, store_id: str) -> str:
    """Who holds the points that the member can spend at that store (PNT-03)."""
    here = terms_at(conn, store_id)
    if here is None:
        return member_id
    return points_holder(member_id, points_scope(conn, here, store_id), here.brand_id, store_id)


def points_scope(conn: Connection, here: Terms | None, store_id: str) -> PointScope | None:
    """Where the points lie that are good at that store (PNT-03). A programme of stamps says where its card is good; the
    points that members have stay where they lay before it."""
    if here is None or here.program.method is EarningMethod.POINT:
        return None if here is None else here.program.scope
    own = select(store_earning.c.program).where(store_earning.c.store_id == store_id)
    for text in conn.execute(own.order_by(store_earning.c.version.desc())).scalars():
        program = _read(text)
        if program is None:
            break  # the brand's held then
        if program.method is EarningMethod.POINT:
            return program.scope
    return _points_scope_of_brand(conn, here.brand_id)


def _points_scope_of_brand(conn: Connection, brand_id: str) -> PointScope | None:
    """The same for stores that have said nothing of points themselves."""
    query = select(brand_policy.c.earning).where(brand_policy.c.brand_id == brand_id)
    for text in conn.execute(query.order_by(brand_policy.c.version.desc())).scalars():
        program = _read(text)
        if program is None or program.method is EarningMethod.POINT:
            return None if program is None else program.scope
    return None


def of_brand(conn: Connection, brand_id: str) -> EarningProgram | None:
    """The brand's programme, when it has one."""
    return _read(policy_of(conn, brand_id).earning)


def of_store(conn: Connection, store_id: str) -> EarningProgram | None:
    """The store's own programme, when it has one."""
    return _read(conn.execute(select(store.c.earning).where(store.c.store_id == store_id)).scalar_one())


def set_for_brand(work: Work, brand_id: str, wanted: EarningProgram, changes: dict[str, int]) -> EarningProgram:
    """The next version for all stores of the brand. ``changes`` are fields of its policy that go with it (PNT-04).
    Raises ApiError ``earning_refused``, ``scope_fixed``, ``definition_unknown``."""
    policy = policy_of(work.conn, brand_id)
    _check(work, wanted, brand_id)
    if wanted.method is EarningMethod.POINT:
        old = _points_scope_of_brand(work.conn, brand_id)
        _keep_scope(work, old, wanted.scope, [*_stores_of(work.conn, brand_id)])
    made = replace(wanted, version=policy.version + 1)
    set_policy(work, brand_id, replace(policy, **changes, earning=_written(made)))
    feeds.publish(work, feeds.brand_feed(brand_id), FeedKind.EARNING, told(made, "brand"))
    return made


def set_for_store(work: Work, store_id: str, brand_id: str, wanted: EarningProgram | None) -> EarningProgram | None:
    """The store's own programme, or None: back to its brand's. Raises ApiError ``earning_refused``, ``scope_fixed``,
    ``definition_unknown``."""
    lock_store(work, store_id)
    old = points_scope(work.conn, terms_at(work.conn, store_id), store_id)
    if wanted is not None:
        _check(work, replace(wanted, grades=()), brand_id)
        if wanted.grades:
            raise ApiError("earning_refused", extra={"problem": "grades"})  # a member has one grade in a brand (MEM-18)
        wanted = replace(wanted, day_starts_minute=_day_starts(work, store_id, wanted))
    if wanted is None:
        _keep_scope(work, old, _points_scope_of_brand(work.conn, brand_id), [store_id])
    elif wanted.method is EarningMethod.POINT:
        _keep_scope(work, old, wanted.scope, [store_id])
    last = select(func.max(store_earning.c.version)).where(store_earning.c.store_id == store_id)
    version = (work.conn.execute(last).scalar_one() or 0) + 1
    made = None if wanted is None else replace(wanted, version=version)
    text = None if made is None else _written(made)
    work.conn.execute(
        insert(store_earning).values(store_id=store_id, version=version, program=text, created_ms=work.now_ms)
    )
    work.conn.execute(update(store).where(store.c.store_id == store_id).values(earning=text))
    body = _gone(version) if made is None else told(made, "store")
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.EARNING, body)
    return made


def told_all(conn: Connection, store_id: str, brand_id: str) -> list[dict[str, Any]]:
    """What a counter that has nothing should hold: the brand's programme and the store's own, or that it has none any
    more."""
    brand, own = of_brand(conn, brand_id), of_store(conn, store_id)
    rows = [] if brand is None else [told(brand, "brand")]
    if own is not None:
        return [*rows, told(own, "store")]
    last = conn.execute(select(func.max(store_earning.c.version)).where(store_earning.c.store_id == store_id))
    version = last.scalar_one()
    return rows if version is None else [*rows, _gone(version)]


def _gone(version: int) -> dict[str, Any]:
    return {"of": "store", "version": version, "method": None}


def told(program: EarningProgram, of: str) -> dict[str, Any]:
    """What counters get of it."""
    return to_wire(replace(program, rewards=())) | {"of": of}


def _written(program: EarningProgram) -> str:
    return json.dumps(to_wire(program), ensure_ascii=False, sort_keys=True)


def _stores_of(conn: Connection, brand_id: str) -> Sequence[str]:
    return conn.execute(select(store.c.store_id).where(store.c.brand_id == brand_id)).scalars().all()


def _check(work: Work, wanted: EarningProgram, brand_id: str) -> None:
    problem = program_problem(wanted)
    if problem is not None:
        raise ApiError("earning_refused", extra={"problem": problem.value})
    coupons = {*wanted.rewards, *(grade.coupon for grade in wanted.grades if grade.coupon is not None)}
    known = select(func.count()).where(
        coupon_definition.c.definition_id.in_(coupons), coupon_definition.c.brand_id == brand_id
    )
    if work.conn.execute(known).scalar_one() != len(coupons):
        raise ApiError("definition_unknown")


_GIVES = tuple(kind.value for kind in (PostingKind.EARN, PostingKind.ADJUSTMENT, PostingKind.GRANT, PostingKind.IMPORT))


def _keep_scope(work: Work, old: PointScope | None, new: PointScope | None, store_ids: Sequence[str]) -> None:
    """Where points are good is said before the first one is given: another scope would take what members have out of
    their reach (PNT-03). Raises ApiError ``scope_fixed``."""
    if old == new:
        return
    given = exists().where(posting.c.store_id.in_(store_ids), posting.c.kind.in_(_GIVES))
    if work.conn.execute(select(given)).scalar_one():
        raise ApiError("scope_fixed")


def _day_starts(work: Work, store_id: str, wanted: EarningProgram) -> int:
    """A shop that closes after midnight starts its day when the latest of its nights is over (STP-15)."""
    if wanted.day_starts_minute:
        return wanted.day_starts_minute
    hours = hours_of(work.conn, store_id)
    if hours.always_open:
        return 0
    after_midnight = [day.closes_minute - DAY_MINUTES for day in hours.weekly if day is not None]
    return max([0, *after_midnight])
