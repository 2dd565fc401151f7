"""What the LAN API offers: status, requests, orders, receipts and the tablet, all through the agent's services."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any, TypeVar

from agent.approval.service import ApprovalService
from agent.approval.types import (
    AlreadyDecided,
    Decided,
    DecisionOutcome,
    ReasonMissing,
    RejectReason,
    TooLate,
)
from agent.lan.http import ApiError, Guard, Reply, Request, Route, invalid, not_found, text_field
from agent.orders.service import OrdersService
from agent.orders.types import Advanced
from agent.receipts.service import ReceiptsService
from agent.receipts.types import ReceiptFilter
from rules.recovery import read_actor
from rules.requests import OrderState

LIST_LIMIT_MAX = 500
LAN_ACTOR = "lan"


@dataclass(frozen=True)
class ApiServices:
    """What the routes call."""

    approval: ApprovalService
    orders: OrdersService
    receipts: ReceiptsService
    status: Callable[[], dict[str, Any]]


def counter_routes(services: ApiServices, guard: Guard) -> Iterable[Route]:
    """The routes for tools of the shop: they need the token of lan.json."""
    api = _CounterApi(services)
    yield Route("GET", "/v1/status", api.status, guard)
    yield Route("GET", "/v1/requests", api.requests, guard)
    yield Route("POST", "/v1/requests/{request_id}/decision", api.decide, guard)
    yield Route("GET", "/v1/orders", api.orders, guard)
    yield Route("POST", "/v1/orders/{order_id}/advance", api.advance, guard)
    yield Route("GET", "/v1/receipts", api.receipts, guard)
    yield Route("GET", "/v1/receipts/{document_id}", api.receipt, guard)


class _CounterApi:
    def __init__(self, services: ApiServices) -> None:
        self._services = services

    def status(self, _request: Request) -> Reply:
        return Reply(self._services.status())

    # --- requests --------------------------------------------------------------------------------------------------

    def requests(self, _request: Request) -> Reply:
        approval = self._services.approval
        return Reply({"requests": to_json(approval.pending()), "recent": to_json(approval.recent())})

    def decide(self, request: Request) -> Reply:
        decision = text_field(request.body, "decision")
        request_id, actor = request.parts["request_id"], _actor(request)
        if decision == "approve":
            outcome = self._services.approval.approve(request_id, actor)
        elif decision == "reject":
            reason = _enum(RejectReason, text_field(request.body, "reason"), "reason")
            text = text_field(request.body, "text", required=False)
            outcome = self._services.approval.reject(request_id, reason, text, actor)
        else:
            raise invalid("invalid_field", "'decision' 값을 확인해 주세요.", "'decision' is approve or reject.")
        return _decision_reply(outcome)

    # --- orders ----------------------------------------------------------------------------------------------------

    def orders(self, request: Request) -> Reply:
        state = request.query.get("state")
        found = self._services.orders.list(
            state=_enum(OrderState, state, "state") if state else None,
            channel=request.query.get("channel") or None,
            search=request.query.get("search", ""),
        )
        return Reply({"orders": to_json(found), "counts": to_json(self._services.orders.counts())})

    def advance(self, request: Request) -> Reply:
        to = _enum(OrderState, text_field(request.body, "to"), "to")
        outcome = self._services.orders.advance(request.parts["order_id"], to, _actor(request))
        if isinstance(outcome, Advanced):
            return Reply({"order_id": outcome.order_id, "state": outcome.state})
        if outcome.state is None:
            raise not_found()
        raise ApiError(
            HTTPStatus.CONFLICT,
            "not_allowed",
            "지금 상태에서는 할 수 없어요.",
            "Not possible from this state.",
            extra={"state": outcome.state},
        )

    # --- receipts --------------------------------------------------------------------------------------------------

    def receipts(self, request: Request) -> Reply:
        wanted = _enum(ReceiptFilter, request.query.get("filter", "all"), "filter")
        rows = self._services.receipts.list(_limit(request), wanted)
        return Reply({"receipts": to_json(rows)})

    def receipt(self, request: Request) -> Reply:
        found = self._services.receipts.get(request.parts["document_id"])
        if found is None:
            raise not_found()
        return Reply(to_json(found))


def _decision_reply(outcome: DecisionOutcome) -> Reply:
    if isinstance(outcome, Decided):
        return Reply(to_json(outcome))
    if isinstance(outcome, AlreadyDecided):
        raise ApiError(
            HTTPStatus.CONFLICT,
            "already_done",
            "이미 처리됐어요.",
            "This was already decided.",
            extra={"state": outcome.state, "decided_by": outcome.decided_by},
        )
    if isinstance(outcome, TooLate):
        raise ApiError(
            HTTPStatus.CONFLICT,
            "too_late",
            "시간이 지나 처리 중이에요. 결과가 곧 표시돼요.",
            "The time is over; the outcome will be shown soon.",
        )
    if isinstance(outcome, ReasonMissing):
        raise invalid("reason_missing", "거절 사유를 적어 주세요.", "Write the reason for the rejection.")
    raise not_found()


def _actor(request: Request) -> str:
    actor = text_field(request.body, "actor", required=False, longest=60) or LAN_ACTOR
    if read_actor(actor).employee_id is not None:
        # Only a PIN at the counter's own screen makes somebody the owner or an employee.
        raise invalid("invalid_field", "'actor' 값을 확인해 주세요.", "'actor' must not name a person of the roster.")
    return actor


def _limit(request: Request) -> int:
    text = request.query.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LIST_LIMIT_MAX):
        raise invalid("invalid_field", "'limit'는 1부터 500까지예요.", "'limit' is 1 to 500.")
    return int(text)


_E = TypeVar("_E", bound=Enum)


def _enum(kind: type[_E], value: str, name: str) -> _E:
    try:
        return kind(value)
    except ValueError:
        raise invalid("invalid_field", f"'{name}' 값을 확인해 주세요.", f"Check the value of '{name}'.") from None


def earned_json(value: Any) -> Any:
    """An earn or an offer; stamps are named only where the shop gives them."""
    shown = to_json(value)
    if isinstance(shown, dict) and shown.get("stamps") is None:
        shown.pop("stamps", None)
    return shown


def to_json(value: Any) -> Any:
    """Dataclasses, enums and tuples as plain JSON values."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {to_json(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    return value
