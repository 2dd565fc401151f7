"""Moving orders from new to ready (ORD-04)."""

from __future__ import annotations

from typing import Any

from cloud_api.database import Work
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.orders import earning, states
from cloud_api.orders.facts import Advance
from cloud_api.orders.sold_out import ORDER_UNKNOWN, STEP_NOT_ALLOWED, answer
from cloud_api.requests import decisions
from cloud_api.requests import service as requests
from cloud_api.requests.facts import Decide
from cloud_api.stores.earning import Terms
from cloud_api.stores.service import Policy
from cloud_api.vault import Vault
from rules.requests import OPEN_STATES, Move, OrderState, RejectReason, RequestState, order_step_allowed
from sync.protocol import OpStatus


def advance(work: Work, vault: Vault, policy: Policy, terms: Terms | None, origin: Origin, fact: Advance) -> Outcome:
    """Staff moved the order (ORD-04). Accepting or cancelling a new one is the same as deciding its request."""
    row = states.lock(work, fact.order_id, store_id=origin.store_id)
    if row is None:
        return Outcome(OpStatus.REJECTED, ORDER_UNKNOWN)
    if row.state == OrderState.NEW and fact.to in (OrderState.PREPARING, OrderState.CANCELLED):
        decided = _decide_its_request(work, origin, fact, row)
        if decided is not None:
            return decided
    outcome, moved = _step(work, origin, fact)
    if moved is not None and moved.state == OrderState.READY:
        earning.earn(work, vault, policy, terms, origin, moved)
    return outcome


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
        return Outcome(OpStatus.APPLIED, None, answer(now))
    return Outcome(OpStatus.REJECTED, outcome.code or STEP_NOT_ALLOWED, answer(now))


def _step(work: Work, origin: Origin, fact: Advance) -> tuple[Outcome, Any | None]:
    """The answer, and the order where this moved it."""
    row = states.find(work.conn, fact.order_id, store_id=origin.store_id)
    assert row is not None
    if row.state == fact.to:
        return Outcome(OpStatus.APPLIED, None, answer(row)), None
    if not order_step_allowed(OrderState(row.state), fact.to):
        return Outcome(OpStatus.REJECTED, STEP_NOT_ALLOWED, answer(row)), None
    moved = states.set_state(work, row, fact.to)
    assert moved is not None, "the order is locked"
    return Outcome(OpStatus.APPLIED, None, answer(moved)), moved
