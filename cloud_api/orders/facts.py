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
