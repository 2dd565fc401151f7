"""An accepted order that cannot be served: the store says so, and its customer chooses (ORD-07).

The store never cancels alone. Cancelling gives everything back at once; keeping it, or no answer, leaves the order as
it is, and the counter is told to call.
"""

from __future__ import annotations

import json
from typing import Any

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.notices.service import ConsumerNotice, tell_consumer
from cloud_api.orders import states
from cloud_api.orders.facts import SayingSoldOut
from cloud_api.requests import service as requests
from cloud_api.requests.service import CONSUMER
from rules.orders import SoldOutWord, customer_may_cancel, sold_out_message_allowed, taken_back
from rules.requests import Moved, OrderState, RequestState
from sync.protocol import OpStatus

ORDER_UNKNOWN = "order_unknown"
STEP_NOT_ALLOWED = "step_not_allowed"


def say(work: Work, origin: Origin, fact: SayingSoldOut) -> Outcome:
    """Staff tell the customer. Saying it again while the first message stands tells nobody twice."""
    row = states.lock(work, fact.order_id, store_id=origin.store_id)
    if row is None:
        return Outcome(OpStatus.REJECTED, ORDER_UNKNOWN)
    if not sold_out_message_allowed(OrderState(row.state)):
        return Outcome(OpStatus.REJECTED, STEP_NOT_ALLOWED, answer(row))
    if row.sold_out is not None:
        return Outcome(OpStatus.APPLIED, None, answer(row))
    changed = states.change(
        work,
        row,
        sold_out=SoldOutWord.ASKED.value,
        sold_out_ms=min(fact.occurred_ms, work.now_ms),
        sold_out_items=json.dumps(list(fact.menu_ids)),
    )
    assert changed is not None, "the order is locked"
    asked = requests.find(work.conn, row.request_id)
    if asked is not None:
        tell_consumer(work, ConsumerNotice.SOLD_OUT, asked)
    return Outcome(OpStatus.APPLIED, None, answer(changed))


def cancel(work: Work, order_id: str) -> dict[str, Any]:
    """The customer cancels: what the order held or used comes back in this transaction. Doing it twice is fine.

    Raises ApiError ``order_unknown``, ``order_stands``.
    """
    row = states.lock(work, order_id)
    if row is None:
        raise ApiError("order_unknown")
    asked = requests.find(work.conn, row.request_id)
    if asked is not None and asked.state == RequestState.WITHDRAWN:
        return states.projection(row)
    word = None if row.sold_out is None else SoldOutWord(row.sold_out)
    # When the sixty seconds are over the store's silence has accepted it, swept or not.
    late = asked is not None and asked.state == RequestState.SEEN and work.now_ms >= asked.deadline_ms
    if asked is None or late or not customer_may_cancel(OrderState(row.state), word):
        raise ApiError("order_stands", extra={"state": row.state})
    step = taken_back(RequestState(asked.state))
    if not isinstance(step, Moved):
        raise ApiError("order_stands", extra={"state": row.state})
    changes = {"decided_by": CONSUMER.actor, "decided_ms": work.now_ms}
    moved = requests.move(work, asked, step, CONSUMER, **changes)
    assert moved is not None, "the order is locked"
    return _shown(work, order_id)


def keep(work: Work, order_id: str) -> dict[str, Any]:
    """The customer wants it all the same, and settles it at the counter. Raises ApiError ``order_unknown``,
    ``nothing_asked``."""
    row = states.lock(work, order_id)
    if row is None:
        raise ApiError("order_unknown")
    if row.sold_out is None or row.state != OrderState.PREPARING:
        raise ApiError("nothing_asked", extra={"state": row.state})
    if row.sold_out != SoldOutWord.KEPT:
        states.change(work, row, sold_out=SoldOutWord.KEPT.value)
    return _shown(work, order_id)


def _shown(work: Work, order_id: str) -> dict[str, Any]:
    row = states.find(work.conn, order_id)
    assert row is not None
    return states.projection(row)


def answer(row: Any) -> dict[str, Any]:
    """What a device learns of an order from the answer to its operation."""
    return {"order_id": row.order_id, "state": row.state, "version": row.version, "sold_out": row.sold_out}
