"""What a coupon definition says, as it is kept and as callers write it (CPN-04, CPN-06, CPN-07, CPN-09)."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any

from rules.conditions import TimeRange, Unmet, UseConditions
from rules.discounts import Benefit, BenefitKind
from rules.sale import CustomerKind, Item, PayMeans, Sale, SaleChannel, ServiceType

_ENUMS: dict[str, type[StrEnum]] = {
    "channels": SaleChannel,
    "services": ServiceType,
    "means": PayMeans,
    "customers": CustomerKind,
}
# What only a sale can tell. A caller that does not know it leaves these to the people at the counter.
OF_A_SALE = frozenset(
    {Unmet.MIN_AMOUNT, Unmet.MAX_AMOUNT, Unmet.MENU, Unmet.CHANNEL, Unmet.SERVICE, Unmet.MEANS, Unmet.REGION}
)


def read_conditions(written: str) -> UseConditions:
    """The conditions as they are kept."""
    return conditions_of(json.loads(written))


def conditions_of(raw: dict[str, Any]) -> UseConditions:
    """From JSON whose types were checked by whoever took it in."""
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if value is None:
            continue
        if name in ("first_day", "last_day"):
            values[name] = date.fromisoformat(value)
        elif name == "times":
            values[name] = tuple(TimeRange(*span) for span in value)
        elif name in _ENUMS:
            values[name] = frozenset(_ENUMS[name](one) for one in value)
        elif isinstance(value, list | tuple):
            values[name] = frozenset(value)
        else:
            values[name] = value
    return UseConditions(**values)


def written(conditions: UseConditions) -> str:
    """The same as JSON; what restricts nothing is left out."""
    return json.dumps(to_wire(conditions), ensure_ascii=False, sort_keys=True)


def to_wire(conditions: UseConditions) -> dict[str, Any]:
    """What callers get back."""
    shown: dict[str, Any] = {}
    for field in fields(UseConditions):
        value = getattr(conditions, field.name)
        if value is None or value == ():
            continue
        if isinstance(value, date):
            shown[field.name] = value.isoformat()
        elif field.name == "times":
            shown[field.name] = [[span.from_minute, span.until_minute] for span in value]
        elif isinstance(value, frozenset):
            shown[field.name] = sorted(value)
        else:
            shown[field.name] = value
    return shown


def read_benefit(row: Any) -> Benefit:
    """What a definition takes off; one of before there were rates takes off its amount (CPN-09)."""
    if row.benefit_kind is None:
        return Benefit(BenefitKind.AMOUNT, row.pos_discount_won)
    return Benefit(BenefitKind(row.benefit_kind), row.benefit_value, row.benefit_max_won)


def sale_of(raw: dict[str, Any] | None, store_id: str, at_ms: int, kinds: frozenset[CustomerKind]) -> Sale:
    """The sale that a request is about, as far as its caller knows it."""
    known = raw or {}
    return Sale(
        known.get("payment_won") or 0,
        at_ms,
        store_id,
        tuple(Item(one["product_id"], one["quantity"], one.get("category_id")) for one in known.get("items", ())),
        PayMeans(known.get("means", PayMeans.CARD)),
        ServiceType(known.get("service", ServiceType.IN_STORE)),
        SaleChannel(known.get("channel", SaleChannel.OFFLINE)),
        kinds=kinds,
    )
