"""What devices report about orders."""

from __future__ import annotations

from dataclasses import dataclass

from rules.requests import OrderState


@dataclass(frozen=True)
class Advance:
    """Staff moved the order to its next state."""

    order_id: str
    to: OrderState
    occurred_ms: int


@dataclass(frozen=True)
class SayingSoldOut:
    """Staff tell the customer of an accepted order that it cannot be made (ORD-07). ``menu_ids``: of what, as far as
    the counter knows."""

    order_id: str
    menu_ids: tuple[str, ...]
    occurred_ms: int
