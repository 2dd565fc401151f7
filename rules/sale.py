"""A sale as the rules of stamps and coupons see it: what was bought, how it was paid, by whom, when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PayMeans(StrEnum):
    """STP-11."""

    CARD = "card"  # also easy pay
    PREPAID = "prepaid"
    CASH = "cash"
    PAYCO = "payco"
    MOBILE_VOUCHER = "mobile_voucher"
    LOCAL_CURRENCY = "local_currency"
    OTHER = "other"


class ServiceType(StrEnum):
    """STP-12, CPN-07: how the customer gets it."""

    IN_STORE = "in_store"
    PICKUP = "pickup"
    DELIVERY = "delivery"
    PARCEL = "parcel"
    OTHER = "other"


class SaleChannel(StrEnum):
    """STP-07, CPN-07: where it was bought."""

    OFFLINE = "offline"
    WEB = "web"
    APP = "app"


class CustomerKind(StrEnum):
    """CPN-04."""

    NEW = "new"
    REGULAR = "regular"


@dataclass(frozen=True)
class Item:
    """One line. ``reward_excluded``: the menu counts for no reward (MNU-14)."""

    product_id: str
    quantity: int = 1
    category_id: str | None = None
    by_coupon: bool = False
    reward_excluded: bool = False


@dataclass(frozen=True)
class Sale:
    """``paid_won`` is what was really paid, after coupons and points (STP-02). ``items`` is empty when the receipt has
    none. ``kinds``: what the customer is to this store; both may hold, and neither."""

    paid_won: int
    at_ms: int
    store_id: str = ""
    items: tuple[Item, ...] = ()
    means: PayMeans = PayMeans.CARD
    service: ServiceType = ServiceType.IN_STORE
    channel: SaleChannel = SaleChannel.OFFLINE
    grade: str | None = None
    kinds: frozenset[CustomerKind] = frozenset()
    coupon_used: bool = False


REGULAR_VISITS = 8
REGULAR_MONTHS = 3


def customer_kinds(earlier_visits: int, visits_in_three_months: int, *, designated: bool) -> frozenset[CustomerKind]:
    """New: never here before. Regular: said so (MEM-31), or came eight times in three months (CPN Ambiguity A7)."""
    kinds = set()
    if earlier_visits == 0:
        kinds.add(CustomerKind.NEW)
    if designated or visits_in_three_months >= REGULAR_VISITS:
        kinds.add(CustomerKind.REGULAR)
    return frozenset(kinds)
