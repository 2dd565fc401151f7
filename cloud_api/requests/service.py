"""Making requests, and the one way their state changes: compare-and-set, with the effect on what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from cloud_api.coupons import checks
from cloud_api.coupons import service as coupons
from cloud_api.coupons.checks import Using
from cloud_api.coupons.service import HeldCoupon
from cloud_api.database import Work
from cloud_api.devices.printing import printing_device
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds
from cloud_api.ledger import holds
from cloud_api.ledger.holds import HeldPoints
from cloud_api.members import service as members
from cloud_api.members.numbers import wake
from cloud_api.monitors import events
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.orders import states
from cloud_api.requests import limits
from cloud_api.requests.models import Request, request
from cloud_api.stamps import service as stamps
from cloud_api.stamps.back import take_back_requested
from cloud_api.stores.earning import holder_at, spending_at
from cloud_api.stores.service import Profile, policy_of, profile_of
from cloud_api.stores.states import refuse_rewards
from cloud_api.vault import Vault
from rules.calendar import local_day
from rules.conditions import Unmet
from rules.masking import mask_nickname
from rules.membership import MemberStatus
from rules.notices import NoticeKind
from rules.requests import AtZero, Effect, Moved, RequestKind, RequestState, store_unreachable
from rules.stores import StoreKind, orders_on
from sync.protocol import FeedKind

SLIP_CODE_LENGTH = 6
STAMP_TITLE = "스탬프 적립"


@dataclass(frozen=True)
class Caller:
    """Who caused a change: a device's staff with their operation, a consumer, or the clock."""

    actor: str
    op_id: str | None = None


CONSUMER = Caller("consumer")
CLOCK = Caller("cloud:clock")


@dataclass(frozen=True)
class Asking:
    """The store that is asked and, when known, the member who asks."""

    store: Profile
    member_id: str | None
    nickname: str
    asleep: bool = False  # a dormant member, whom asking wakes (MEM-04)


def asking(
    conn: Connection, vault: Vault, store: Profile, member_id: str | None, nickname: str = "", *, done: bool = False
) -> Asking:
    """Who asks, as the store may see it: masked. Raises ApiError ``member_unknown``, and ``member_gone`` unless it is
    about something that is ``done`` already."""
    if member_id is None:
        return Asking(store, None, mask_nickname(nickname) if nickname else "")
    known = members.get(conn, vault, member_id) if done else members.active(conn, vault, member_id)
    if known is None:
        raise ApiError("member_unknown")
    shown = nickname or known.nickname
    asleep = known.status == MemberStatus.DORMANT
    return Asking(store, member_id, mask_nickname(shown) if shown else known.phone_masked, asleep)


def ask_coupon(
    work: Work,
    who: Asking,
    coupon_id: str,
    *,
    sale: dict[str, Any] | None = None,
    payment_ref: str | None = None,
    request_id: str | None = None,
    device_id: str | None = None,
) -> dict[str, Any]:
    """A request to use a coupon; the coupon waits with it (APR-01, 02). A counter that reads a paper gives the id, and
    its own. Its conditions and the store's limits are checked before anybody at the store sees it (APR-35). Raises
    ApiError."""
    refuse_rewards(who.store)
    request_id = request_id or work.ids.uuid7()
    held, discount_won = _hold_coupon(work, who, request_id, coupon_id, sale, payment_ref)
    row = _new(work, who, request_id, RequestKind.COUPON, held.name)
    row.condition = held.condition
    row.amount_won = held.value_won
    row.pos_discount_won = discount_won
    row.coupon_id = coupon_id
    row.payment_ref = payment_ref
    row.device_id = device_id
    if scanned(row):
        row.at_zero = AtZero.EXPIRE.value
    return open_request(work, row)


def scanned(row: Any) -> bool:
    """Whether staff put the request in themselves, from the paper of a coupon."""
    return row.kind == RequestKind.COUPON and row.device_id is not None


def _hold_coupon(
    work: Work, who: Asking, request_id: str, coupon_id: str, sale: dict[str, Any] | None, payment_ref: str | None
) -> tuple[HeldCoupon, int]:
    """The coupon, out of its member's hands, and what it takes off."""
    assert who.member_id is not None
    place = {"member_id": who.member_id, "store_id": who.store.store_id, "brand_id": who.store.brand_id}
    terms = coupons.find_of(work, coupon_id, **place)
    discount_won = checks.check(work, Using(who.member_id, who.store.store_id, sale, payment_ref), terms)
    return coupons.hold(work, coupon_id, request_id=request_id, **place), discount_won


def ask_points(
    work: Work,
    who: Asking,
    points: int,
    payment_won: int,
    *,
    request_id: str | None = None,
    device_id: str | None = None,
) -> dict[str, Any]:
    """A request to pay with points; the points wait with it (PNT-15). A counter that asks for a customer
    gives the id, and its own. The store's limits come before the card (APR-35, PNT-12). Raises ApiError."""
    refuse_rewards(who.store)
    row = new_points_request(work, who, points, request_id=request_id)
    _hold_points(work, who, row.request_id, points, payment_won)
    row.amount_won = payment_won
    row.device_id = device_id
    return open_request(work, row)


def _hold_points(work: Work, who: Asking, request_id: str, points: int, payment_won: int) -> None:
    assert who.member_id is not None
    if points > payment_won:
        raise ApiError("points_exceed_payment")
    policy, member_day = spending_at(work.conn, who.store.store_id, policy_of(work.conn, who.store.brand_id))
    limits.check(work, who.store.store_id, policy, points, payment_won)
    limits.check_member(work, who.store.store_id, who.member_id, member_day, points)
    holder = holder_at(work.conn, who.member_id, who.store.store_id)
    held = HeldPoints(request_id, who.store.store_id, holder, points)
    if not holds.hold(work, held, actor=CONSUMER.actor):
        raise ApiError("insufficient_points")


def ask_stamp(work: Work, who: Asking, payment_won: int | None) -> dict[str, Any]:
    """A request for the stamps of a payment, at a store that takes no orders by itself (STP-17); nothing is held. Its
    minute is that of every request (Ambiguity A5). Raises ApiError ``no_stamps_here``, ``stamps_by_payment``,
    ``conditions_unmet``."""
    assert who.member_id is not None
    refuse_rewards(who.store)
    terms = stamps.card_terms(work.conn, who.store.store_id)
    if who.store.service_type in {kind.value for kind in StoreKind if orders_on(kind)}:
        raise ApiError("stamps_by_payment")
    rules = terms.program.stamps
    assert rules is not None, "a programme of stamps has rules"
    if payment_won is not None and payment_won < max(rules.minimum_won, rules.per_won):
        raise ApiError("conditions_unmet", extra={"unmet": [Unmet.MIN_AMOUNT.value]})
    row = _new(work, who, work.ids.uuid7(), RequestKind.STAMP, STAMP_TITLE)
    row.amount_won = payment_won
    return open_request(work, row)


def new_points_request(work: Work, who: Asking, points: int, *, request_id: str | None = None) -> Request:
    """A request to pay with points that is not stored yet."""
    row = _new(work, who, request_id or work.ids.uuid7(), RequestKind.POINTS, points_title(points))
    row.pos_discount_won = points
    row.points = points
    return row


def points_title(points: int) -> str:
    """What staff see that they approve."""
    return f"{points:,}P 사용"


def _new(work: Work, who: Asking, request_id: str, kind: RequestKind, title: str) -> Request:
    if who.asleep and who.member_id is not None:
        wake(work, [who.member_id])
    return Request(
        request_id=request_id,
        store_id=who.store.store_id,
        member_id=who.member_id,
        kind=kind.value,
        state=RequestState.REQUESTED.value,
        version=1,
        title=title,
        nickname=who.nickname,
        condition="",
        slip_code=work.ids.code(SLIP_CODE_LENGTH),
        created_ms=work.now_ms,
    )


@dataclass(frozen=True)
class OrderTerms:
    """What an order is paid with beside money (ORD-15). ``sale`` is the order as the coupon's conditions see it,
    ``content`` what the store's card says of it (APR-05)."""

    coupon_id: str | None = None
    points: int = 0
    sale: dict[str, Any] | None = None
    content: str = ""


def new_order_request(
    work: Work, who: Asking, order_id: str, title: str, total_won: int, terms: OrderTerms
) -> tuple[dict[str, Any], int]:
    """A request to accept an order, and what its coupon takes off. The rewards wait with it and share its end: nobody
    decides about them alone. Raises ApiError."""
    row = _new(work, who, work.ids.uuid7(), RequestKind.ORDER, title)
    coupon_won = 0
    told = []
    if terms.coupon_id is not None:
        held, coupon_won = _hold_coupon(work, who, row.request_id, terms.coupon_id, terms.sale, None)
        row.coupon_id = terms.coupon_id
        told.append(f"{held.name} {coupon_won:,}원")
    if terms.points:
        _hold_points(work, who, row.request_id, terms.points, total_won - coupon_won)
        row.points = terms.points
        told.append(points_title(terms.points))
    row.condition = " · ".join([*told, terms.content] if terms.content else told)
    row.amount_won = total_won
    row.order_id = order_id
    return open_request(work, row), coupon_won


def open_request(work: Work, row: Request) -> dict[str, Any]:
    """Stores the request and sends it to the store's devices."""
    row.print_device = row.print_device or printing_device(work.conn, row.store_id)
    work.conn.execute(insert(request), [row.model_dump()])
    stored = find(work.conn, row.request_id)
    events.opened(work, stored)
    publish(work, stored)
    return projection(stored, work.now_ms)


_FIND = select(request).where(request.c.request_id == bindparam("which"))
_FIND_IN_STORE = _FIND.where(request.c.store_id == bindparam("store"))


def find(conn: Connection, request_id: str, *, store_id: str | None = None) -> Any | None:
    """The request's row, or None; with ``store_id`` only when it is that store's."""
    if store_id is None:
        return conn.execute(_FIND, {"which": request_id}).one_or_none()
    return conn.execute(_FIND_IN_STORE, {"which": request_id, "store": store_id}).one_or_none()


def lock(conn: Connection, request_id: str) -> Any | None:
    """The same, and nobody else moves it until the transaction ends."""
    return conn.execute(_FIND.with_for_update(), {"which": request_id}).one_or_none()


def projection(row: Any, now_ms: int) -> dict[str, Any]:
    """The whole request as it goes on the wire; the deadline leaves only as the time that remains (APR-07)."""
    running = row.state == RequestState.SEEN
    return {
        "request_id": row.request_id,
        "version": row.version,
        "kind": row.kind,
        "state": row.state,
        "title": row.title,
        "nickname": row.nickname,
        "condition": row.condition,
        "amount_won": row.amount_won,
        "pos_discount_won": row.pos_discount_won,
        "created_ms": row.created_ms,
        "remaining_ms": max(row.deadline_ms - now_ms, 0) if running else None,
        "reason": row.reason,
        "reason_text": row.reason_text,
        "decided_by": row.decided_by,
        "decided_ms": row.decided_ms,
        "order_id": row.order_id,
        "slip_code": row.slip_code,
        "print_device": row.print_device,
        "at_zero": row.at_zero,
        "recovery_by": row.recovery_by,
    }


def consumer_view(row: Any, now_ms: int) -> dict[str, Any]:
    """The request as its consumer's app shows it: also whether anybody at the store can see it."""
    unreachable = store_unreachable(RequestState(row.state), row.created_ms, now_ms)
    return projection(row, now_ms) | {"store_unreachable": unreachable}


def publish(work: Work, row: Any) -> None:
    """Tells the store's devices how the request stands."""
    body = projection(row, work.now_ms) | {"remaining_ms": None}
    deadline_ms = row.deadline_ms if row.state == RequestState.SEEN else None
    feeds.publish(work, feeds.store_feed(row.store_id), FeedKind.REQUEST, body, deadline_ms=deadline_ms)


def tell_auto_approved(work: Work, row: Any) -> None:
    """Owner and staff are told; those of one day are one line until somebody has seen it (APR-07, APR-28)."""
    day = local_day(work.now_ms).isoformat()
    centre.tell(work, row.store_id, News(NoticeKind.AUTO_APPROVED, day, {"day": day, "title": row.title}))


def move(work: Work, row: Any, moved: Moved, caller: Caller, **changes: Any) -> Any | None:
    """Changes the state if nobody else did since ``row`` was read; returns the new row, or None for the loser."""
    if row.order_id is not None:
        states.lock(work, row.order_id)
    changed = work.conn.execute(
        update(request)
        .where(request.c.request_id == row.request_id, request.c.version == row.version)
        .values(state=moved.state.value, version=row.version + 1, **changes)
        .returning(*request.c)
    ).one_or_none()
    if changed is None:
        return None
    _take_effect(work, changed, moved.effect, caller)
    if changed.state != row.state:
        events.came_to(work, changed, row.state)
    if changed.order_id is not None:
        states.follow_request(work, changed.order_id, moved.state)
    publish(work, changed)
    return changed


def retake(work: Work, row: Any, caller: Caller) -> bool:
    """Holds once more what had gone back when the time ran out; False when it is no longer there. An order that was
    cancelled stays so: its consumer was told, and has the payment back."""
    if row.kind == RequestKind.ORDER:
        return False
    store = profile_of(work.conn, row.store_id)
    assert store is not None
    if row.kind == RequestKind.COUPON:
        try:
            coupons.hold(
                work,
                row.coupon_id,
                member_id=row.member_id,
                request_id=row.request_id,
                store_id=store.store_id,
                brand_id=store.brand_id,
            )
        except ApiError:
            return False
    elif row.kind == RequestKind.POINTS:
        holder = holder_at(work.conn, row.member_id, row.store_id)
        held = HeldPoints(row.request_id, row.store_id, holder, row.points)
        return holds.hold(work, held, actor=caller.actor)
    return True


def _take_effect(work: Work, row: Any, effect: Effect, caller: Caller) -> None:
    if row.coupon_id is not None:
        match effect:
            case Effect.CAPTURE:
                coupons.capture(work, row.request_id, row.store_id)
            case Effect.RELEASE:
                coupons.release(work, row.request_id, row.store_id)
            case Effect.RETURN:
                coupons.give_back(work, row.request_id, row.store_id)
    if row.kind == RequestKind.STAMP:
        match effect:
            case Effect.CAPTURE:
                stamps.give_requested(
                    work,
                    request_id=row.request_id,
                    store_id=row.store_id,
                    member_id=row.member_id,
                    paid_won=row.amount_won,
                    actor=caller.actor,
                    op_id=caller.op_id,
                )
            case Effect.RETURN:
                take_back_requested(work, row.request_id, actor=caller.actor, op_id=caller.op_id)
    if row.points and effect is not Effect.NONE:
        holder = holds.holder_of(work.conn, row.request_id)
        held = HeldPoints(row.request_id, row.store_id, holder, row.points, row.loss_points)
        match effect:
            case Effect.CAPTURE:
                holds.capture(work, held, actor=caller.actor, op_id=caller.op_id)
            case Effect.RELEASE:
                holds.release(work, held, actor=caller.actor, op_id=caller.op_id)
            case Effect.RETURN:
                holds.give_back(work, held, actor=caller.actor, op_id=caller.op_id)
