"""Defining and issuing coupons, and their way through a request."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from cloud_api.bulk import insert_rows
from cloud_api.coupons import history, terms
from cloud_api.coupons.history import CouponRef
from cloud_api.coupons.models import coupon, coupon_definition
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.exchange import Asked, Statement
from rules import coupons as rules
from rules.calendar import local_day
from rules.conditions import UseConditions
from rules.coupons import CouponMove, CouponState, IssueKind, RewardKind
from rules.discounts import Benefit


@dataclass(frozen=True)
class NewDefinition:
    """``store_id`` None: valid in every store of the brand."""

    brand_id: str
    store_id: str | None
    name: str
    condition: str
    value_won: int
    pos_discount_won: int
    valid_days: int
    kind: RewardKind = RewardKind.STORE_COUPON
    conditions: UseConditions = field(default_factory=UseConditions)
    benefit: Benefit | None = None  # None: ``pos_discount_won``
    alone: bool = False
    quantity: int | None = None
    take_max: int = 0
    issue_days: tuple[date | None, date | None] = (None, None)  # on which it is issued, both included


def define(work: Work, wanted: NewDefinition) -> str:
    """A new kind of coupon; returns its id."""
    definition_id = work.ids.uuid7()
    work.conn.execute(
        insert(coupon_definition).values(
            definition_id=definition_id,
            brand_id=wanted.brand_id,
            store_id=wanted.store_id,
            name=wanted.name,
            condition=wanted.condition,
            value_won=wanted.value_won,
            pos_discount_won=wanted.pos_discount_won,
            valid_days=wanted.valid_days,
            created_ms=work.now_ms,
            kind=wanted.kind.value,
            conditions=terms.written(wanted.conditions),
            benefit_kind=None if wanted.benefit is None else wanted.benefit.kind.value,
            benefit_value=0 if wanted.benefit is None else wanted.benefit.value,
            benefit_max_won=None if wanted.benefit is None else wanted.benefit.max_won,
            alone=wanted.alone,
            quantity=wanted.quantity,
            issued=0,
            take_max=wanted.take_max,
            issue_first=None if wanted.issue_days[0] is None else wanted.issue_days[0].isoformat(),
            issue_last=None if wanted.issue_days[1] is None else wanted.issue_days[1].isoformat(),
        )
    )
    return definition_id


def find_definition(conn: Connection, definition_id: str) -> Any | None:
    """The definition's row, or None."""
    query = select(coupon_definition).where(coupon_definition.c.definition_id == definition_id)
    return conn.execute(query).one_or_none()


def take(work: Work, member_id: str, definition_id: str) -> dict[str, Any]:
    """A member takes a coupon that is there for everybody (CPN-05). Raises ApiError ``definition_unknown``,
    ``coupon_taken``, ``coupon_sold_out``."""
    found = find_definition(work.conn, definition_id)
    if found is None or found.take_max == 0:
        raise ApiError("definition_unknown")
    given = issue(work, member_id, definition_id, kind=IssueKind.DOWNLOAD)
    # Issuing locks the definition's row: whoever comes second counts the first.
    has = select(func.count()).where(
        coupon.c.member_id == member_id,
        coupon.c.definition_id == definition_id,
        coupon.c.issue_kind == IssueKind.DOWNLOAD.value,
    )
    if work.conn.execute(has).scalar_one() > found.take_max:
        raise ApiError("coupon_taken")
    return shown_issued(given)


def to_take(conn: Connection, brand_id: str, now_ms: int) -> list[dict[str, Any]]:
    """What members can take today and of which some are left: the ten that were defined last (CPN-05)."""
    c, today = coupon_definition.c, local_day(now_ms).isoformat()
    query = (
        select(coupon_definition)
        .where(
            c.brand_id == brand_id,
            c.take_max > 0,
            or_(c.quantity.is_(None), c.issued < c.quantity),
            or_(c.issue_first.is_(None), c.issue_first <= today),
            or_(c.issue_last.is_(None), c.issue_last >= today),
        )
        .order_by(c.definition_id.desc())
        .limit(rules.SHOWN_IN_CAMPAIGN)
    )
    names = ("definition_id", "store_id", "name", "condition", "value_won", "valid_days", "take_max")
    return [
        {name: getattr(row, name) for name in names}
        | {"left": None if row.quantity is None else row.quantity - row.issued}
        for row in conn.execute(query)
    ]


@dataclass(frozen=True)
class Issued:
    """A coupon that somebody got just now."""

    coupon_id: str
    name: str
    condition: str
    value_won: int
    issued_ms: int
    expires_ms: int


def issue(work: Work, member_id: str, definition_id: str, *, kind: IssueKind = IssueKind.API) -> Issued:
    """Gives the member one coupon; of a limited one never more than there are, however many ask at once.

    Raises ApiError ``definition_unknown``, ``coupon_sold_out``, ``coupon_not_issued_now``.
    """
    known = find_definition(work.conn, definition_id)
    if known is None:
        raise ApiError("definition_unknown")
    # Before it is counted: whoever gives a coupon beside something else goes on without it.
    today = local_day(work.now_ms).isoformat()
    if (known.issue_first or today) > today or (known.issue_last or today) < today:
        raise ApiError("coupon_not_issued_now")
    left = or_(coupon_definition.c.quantity.is_(None), coupon_definition.c.issued < coupon_definition.c.quantity)
    found = work.conn.execute(
        update(coupon_definition)
        .where(coupon_definition.c.definition_id == definition_id, left)
        .values(issued=coupon_definition.c.issued + 1)
        .returning(*coupon_definition.c)
    ).one_or_none()
    if found is None:
        raise ApiError("coupon_sold_out")
    coupon_id = work.ids.uuid7()
    expires_ms = rules.expires_ms(work.now_ms, found.valid_days)
    work.conn.execute(
        insert(coupon).values(
            coupon_id=coupon_id,
            definition_id=definition_id,
            member_id=member_id,
            state=CouponState.AVAILABLE.value,
            issued_ms=work.now_ms,
            expires_ms=expires_ms,
            changed_ms=work.now_ms,
            issue_kind=kind.value,
        )
    )
    issued = [CouponRef(coupon_id, definition_id, member_id)]
    history.note(work, history.ISSUE, issued, store_id=found.store_id)
    return Issued(coupon_id, found.name, found.condition, found.value_won, work.now_ms, expires_ms)


def shown_issued(given: Issued) -> dict[str, Any]:
    """As its member sees it."""
    return {
        "coupon_id": given.coupon_id,
        "name": given.name,
        "state": CouponState.AVAILABLE.value,
        "value_won": given.value_won,
        "expires_ms": given.expires_ms,
    }


_COUPON_COLUMNS = (
    "coupon_id",
    "definition_id",
    "member_id",
    "state",
    "issued_ms",
    "expires_ms",
    "changed_ms",
    "issue_kind",
)


# Of one that is not limited, and issued today.
_ISSUE_PLAIN = Statement(
    "UPDATE coupon_definition SET issued = issued + $2 WHERE definition_id = $1 AND quantity IS NULL"
    " AND coalesce(issue_first, $3) <= $3 AND coalesce(issue_last, $3) >= $3"
    " RETURNING valid_days, store_id, name, condition, value_won"
)


def issue_many(work: Work, wanted: Sequence[tuple[str, str]], *, kind: IssueKind) -> list[Issued | None]:
    """One coupon for each (member, definition), in few statements, in the same order; None where none was left."""
    counts = Counter(definition_id for _, definition_id in wanted)
    today = local_day(work.now_ms).isoformat()
    definitions = sorted(counts)
    answers = work.exchange(*(Asked(_ISSUE_PLAIN, (one, counts[one], today)) for one in definitions))
    plain = {one: answer.rows[0] for one, answer in zip(definitions, answers, strict=True) if answer.rows}
    given: list[Issued | None] = []
    rows: list[tuple[Any, ...]] = []
    issued: dict[str | None, list[CouponRef]] = defaultdict(list)
    available, now_ms = CouponState.AVAILABLE.value, work.now_ms
    for member_id, definition_id in wanted:
        if definition_id not in plain:  # of a limited one, each by itself
            try:
                given.append(issue(work, member_id, definition_id, kind=kind))
            except ApiError:
                given.append(None)
            continue
        valid_days, store_id, name, condition, value_won = plain[definition_id]
        coupon_id, until_ms = work.ids.uuid7(), rules.expires_ms(now_ms, valid_days)
        rows.append((coupon_id, definition_id, member_id, available, now_ms, until_ms, now_ms, kind.value))
        given.append(Issued(coupon_id, name, condition, value_won, now_ms, until_ms))
        issued[store_id].append(CouponRef(coupon_id, definition_id, member_id))
    insert_rows(work, coupon, _COUPON_COLUMNS, rows)
    for store_id, refs in issued.items():
        history.note(work, history.ISSUE, refs, store_id=store_id)
    return given


def of_member(conn: Connection, member_id: str, now_ms: int, *, brand_id: str | None = None) -> list[dict[str, Any]]:
    """The member's coupons, soonest expiry first; of one brand, or of all."""
    wanted = (
        select(coupon, coupon_definition.c.name, coupon_definition.c.value_won)
        .join(coupon_definition, coupon_definition.c.definition_id == coupon.c.definition_id)
        .where(coupon.c.member_id == member_id)
        .order_by(coupon.c.expires_ms, coupon.c.coupon_id)
    )
    if brand_id is not None:
        wanted = wanted.where(coupon_definition.c.brand_id == brand_id)
    return [_shown(row, now_ms) for row in conn.execute(wanted)]


def shown_coupon(conn: Connection, coupon_id: str, now_ms: int) -> dict[str, Any]:
    """One coupon as its member sees it."""
    row = conn.execute(
        select(coupon, coupon_definition.c.name, coupon_definition.c.value_won)
        .join(coupon_definition, coupon_definition.c.definition_id == coupon.c.definition_id)
        .where(coupon.c.coupon_id == coupon_id)
    ).one()
    return _shown(row, now_ms)


def _shown(row: Any, now_ms: int) -> dict[str, Any]:
    return {
        "coupon_id": row.coupon_id,
        "name": row.name,
        "state": _shown_state(row, now_ms),
        "value_won": row.value_won,
        "expires_ms": row.expires_ms,
    }


def _shown_state(row: Any, now_ms: int) -> str:
    """A coupon is expired the moment its time is over, also before the sweeper wrote it down."""
    over = row.state == CouponState.AVAILABLE and row.expires_ms <= now_ms
    return CouponState.EXPIRED.value if over else str(row.state)


@dataclass(frozen=True)
class HeldCoupon:
    """What the store is told about a coupon that a member wants to use."""

    name: str
    condition: str
    value_won: int
    pos_discount_won: int


def find_of(work: Work, coupon_id: str, *, member_id: str, store_id: str, brand_id: str) -> Any:
    """What a member's coupon gives, where it may be used. Raises ApiError ``coupon_unknown``, ``coupon_not_here``."""
    found = work.conn.execute(
        select(coupon_definition)
        .join(coupon, coupon.c.definition_id == coupon_definition.c.definition_id)
        .where(coupon.c.coupon_id == coupon_id, coupon.c.member_id == member_id)
    ).one_or_none()
    if found is None:
        raise ApiError("coupon_unknown")
    elsewhere = found.brand_id != brand_id or found.store_id not in (None, store_id)
    if elsewhere or not rules.needs_approval(RewardKind(found.kind)):  # an advertiser's reward: CPN-01
        raise ApiError("coupon_not_here")
    return found


def hold(work: Work, coupon_id: str, *, member_id: str, request_id: str, store_id: str, brand_id: str) -> HeldCoupon:
    """Takes the coupon out of the member's hands until the store decided. Raises ApiError; one taker wins."""
    found = find_of(work, coupon_id, member_id=member_id, store_id=store_id, brand_id=brand_id)
    free = (coupon.c.coupon_id == coupon_id) & (coupon.c.expires_ms > work.now_ms)
    held = CouponState.AVAILABLE, CouponMove.REQUEST
    if not _move(work, *held, free, store_id, request_id, request_id=request_id):
        raise ApiError("coupon_not_available")
    return HeldCoupon(found.name, found.condition, found.value_won, found.pos_discount_won)


def _move(
    work: Work,
    state: CouponState,
    move: CouponMove,
    where: Any,
    store_id: str | None = None,
    of_request: str | None = None,
    **values: Any,
) -> int:
    """The only way a coupon's state changes: where the rule says the move leads (CPN-15), with its line in the
    history. Returns how many were in that state."""
    after = rules.coupon_after(state, move)
    assert after is not None, f"{state} has no {move}"
    changed = work.conn.execute(
        update(coupon)
        .where(where, coupon.c.state == state.value)
        .values(state=after.value, changed_ms=work.now_ms, **values)
        .returning(coupon.c.coupon_id, coupon.c.definition_id, coupon.c.member_id)
    ).all()
    refs = [CouponRef(*row) for row in changed]
    history.note(work, move.value, refs, store_id=store_id, request_id=of_request)
    return len(changed)


def use_at_once(work: Work, coupon_id: str) -> None:
    """AVAILABLE → USED without a counter (CPN-01, CPN-12). Raises ApiError ``coupon_not_available``."""
    free = (coupon.c.coupon_id == coupon_id) & (coupon.c.expires_ms > work.now_ms)
    if not _move(work, CouponState.AVAILABLE, CouponMove.REQUEST, free):
        raise ApiError("coupon_not_available")
    _move(work, CouponState.PENDING, CouponMove.APPROVE, coupon.c.coupon_id == coupon_id)


def capture(work: Work, request_id: str, store_id: str) -> None:
    """PENDING → USED."""
    mine = coupon.c.request_id == request_id
    moved = _move(work, CouponState.PENDING, CouponMove.APPROVE, mine, store_id, request_id, used_store_id=store_id)
    assert moved == 1, f"request {request_id} holds no coupon"


def release(work: Work, request_id: str, store_id: str) -> None:
    """PENDING → AVAILABLE within the original validity (APR-10)."""
    _back(work, request_id, store_id, CouponState.PENDING, CouponMove.REJECT)


def give_back(work: Work, request_id: str, store_id: str) -> None:
    """USED → AVAILABLE within the original validity (APR-15)."""
    _back(work, request_id, store_id, CouponState.USED, CouponMove.RECOVER)


def _back(work: Work, request_id: str, store_id: str, held_as: CouponState, move: CouponMove) -> None:
    mine = coupon.c.request_id == request_id
    which = work.conn.execute(select(coupon.c.coupon_id).where(mine, coupon.c.state == held_as.value)).scalar_one()
    _move(work, held_as, move, mine, store_id, request_id, request_id=None, used_store_id=None)
    over = (coupon.c.coupon_id == which) & (coupon.c.expires_ms <= work.now_ms)
    _move(work, CouponState.AVAILABLE, CouponMove.EXPIRE, over)


def valid_until(conn: Connection, coupon_id: str) -> int:
    """The end of its validity, which a recovery never extends (APR-10)."""
    found = conn.execute(select(coupon.c.expires_ms).where(coupon.c.coupon_id == coupon_id))
    return int(found.scalar_one())


def end_all(work: Work, member_id: str) -> int:
    """The member leaves: what could still be used is over now (MEM-05). Returns how many."""
    return _move(work, CouponState.AVAILABLE, CouponMove.EXPIRE, coupon.c.member_id == member_id)


def expire_due(work: Work) -> int:
    """Writes down which coupons are over; returns how many."""
    return _move(work, CouponState.AVAILABLE, CouponMove.EXPIRE, coupon.c.expires_ms <= work.now_ms)
