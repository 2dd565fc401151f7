"""Taking orders in and moving them from new to ready."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text

from cloud_api.clock import korean_day
from cloud_api.database import Work
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.orders import states
from cloud_api.orders.facts import Advance
from cloud_api.orders.models import customer_order
from cloud_api.requests import decisions
from cloud_api.requests import service as requests
from cloud_api.requests.facts import Decide
from cloud_api.requests.service import Asking
from rules.requests import OPEN_STATES, Move, OrderState, RejectReason, RequestState, order_step_allowed
from sync.protocol import OpStatus

ORDER_UNKNOWN = "order_unknown"
STEP_NOT_ALLOWED = "step_not_allowed"
FIRST_NUMBER = 101  # three digits from the first order of a day on

_NEXT_NUMBER = text(
    "INSERT INTO order_counter (store_id, day, n) VALUES (:store_id, :day, 1)"
    " ON CONFLICT (store_id, day) DO UPDATE SET n = order_counter.n + 1 RETURNING n"
)


@dataclass(frozen=True)
class NewOrder:
    channel: str
    items: list[dict[str, Any]]
    total_won: int
    payment: str
    note: str


def take_in(work: Work, who: Asking, wanted: NewOrder) -> dict[str, Any]:
    """A new order and the request that asks the store to accept it."""
    order_id = work.ids.uuid7()
    title = wanted.items[0]["name"]
    if len(wanted.items) > 1:
        title = f"{title} 외 {len(wanted.items) - 1}건"
    asked = requests.new_order_request(work, who, order_id, title, wanted.total_won)
    work.conn.execute(
        insert(customer_order).values(
            order_id=order_id,
            store_id=who.store.store_id,
            member_id=who.member_id,
            version=1,
            number=_number(work, who.store.store_id),
            state=OrderState.NEW.value,
            channel=wanted.channel,
            items=json.dumps(wanted.items, ensure_ascii=False),
            total_won=wanted.total_won,
            payment=wanted.payment,
            nickname=who.nickname,
            note=wanted.note,
            created_ms=work.now_ms,
            request_id=asked["request_id"],
        )
    )
    row = states.find(work.conn, order_id)
    assert row is not None
    states.publish(work, row)
    return {"order": states.projection(row), "request": asked}


def _number(work: Work, store_id: str) -> str:
    day = korean_day(work.now_ms)
    n: int = work.conn.execute(_NEXT_NUMBER, {"store_id": store_id, "day": day}).scalar_one()
    return str(FIRST_NUMBER - 1 + n)


def advance(work: Work, origin: Origin, fact: Advance) -> Outcome:
    """Staff moved the order (ORD-04). Accepting or cancelling a new one is the same as deciding its request."""
    row = states.find(work.conn, fact.order_id, store_id=origin.store_id)
    if row is None:
        return Outcome(OpStatus.REJECTED, ORDER_UNKNOWN)
    if row.state == OrderState.NEW and fact.to in (OrderState.PREPARING, OrderState.CANCELLED):
        decided = _decide_its_request(work, origin, fact, row)
        if decided is not None:
            return decided
    return _step(work, origin, fact)


def _decide_its_request(work: Work, origin: Origin, fact: Advance, row: Any) -> Outcome | None:
    asked = requests.find(work.conn, row.request_id)
    if asked is None or RequestState(asked.state) not in OPEN_STATES:
        return None
    approve = fact.to is OrderState.PREPARING
    tap = Decide(
        request_id=row.request_id,
        move=Move.APPROVE if approve else Move.REJECT,
        # The order list asks for no reason; what staff cancelled there is booked as what it is.
        reason=None if approve else RejectReason.OTHER,
        reason_text=None if approve else "주문 목록에서 취소",
        remaining_ms=None,
        occurred_ms=fact.occurred_ms,
    )
    outcome = decisions.decide(work, origin, tap)
    now = states.find(work.conn, fact.order_id)
    assert now is not None
    if now.state == fact.to:
        return Outcome(OpStatus.APPLIED, None, _state(now))
    return Outcome(OpStatus.REJECTED, outcome.code or STEP_NOT_ALLOWED, _state(now))


def _step(work: Work, origin: Origin, fact: Advance) -> Outcome:
    while True:
        row = states.find(work.conn, fact.order_id, store_id=origin.store_id)
        assert row is not None
        if row.state == fact.to:
            return Outcome(OpStatus.APPLIED, None, _state(row))
        if not order_step_allowed(OrderState(row.state), fact.to):
            return Outcome(OpStatus.REJECTED, STEP_NOT_ALLOWED, _state(row))
        moved = states.set_state(work, row, fact.to)
        if moved is not None:
            return Outcome(OpStatus.APPLIED, None, _state(moved))


def _state(row: Any) -> dict[str, Any]:
    return {"order_id": row.order_id, "state": row.state, "version": row.version}
