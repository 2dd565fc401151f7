"""The answer of the reader: what one document is, as the agent and `withfom decode` get it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Payment:
    method: str
    amount: int
    approval_no: str | None = None


@dataclass(frozen=True)
class ReadItem:
    name: str
    qty: int
    amount: int | None
    options: tuple[ReadItem, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "qty": self.qty, "amount": self.amount}
        if self.options:
            found["options"] = [option.to_dict() for option in self.options]
        return found


@dataclass(frozen=True)
class Reading:
    """`total` and `paid` are signed won, None when not known. `details` has only what was found on the paper."""

    kind: str
    total: int | None = None
    paid: int | None = None
    payments: tuple[Payment, ...] = ()
    approval_numbers: tuple[str, ...] = ()
    receipt_no: str | None = None
    time: str | None = None
    items: tuple[ReadItem, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    witnesses: tuple[str, ...] = ()

    @property
    def till(self) -> str | None:
        found = self.details.get("till")
        return found if isinstance(found, str) else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in a stable order."""
        return {
            "kind": self.kind,
            "total": self.total,
            "paid": self.paid,
            "payments": [_payment(payment) for payment in self.payments],
            "approval_numbers": list(self.approval_numbers),
            "receipt_no": self.receipt_no,
            "time": self.time,
            "items": [item.to_dict() for item in self.items],
            **self.details,
        }


def _payment(payment: Payment) -> dict[str, Any]:
    found: dict[str, Any] = {"method": payment.method, "amount": payment.amount}
    if payment.approval_no:
        found["approval_no"] = payment.approval_no
    return found
