"""How many cup holders a store has, needs and orders (CUP-15 to 30). Everything is in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ORDER_UNIT = 1_000  # CUP-15
THRESHOLD_MIN_PERCENT, THRESHOLD_DEFAULT_PERCENT, THRESHOLD_MAX_PERCENT = 20, 30, 40  # CUP-20
QUICK_PERCENTS = (100, 150, 200)  # CUP-19


class OrderRounding(StrEnum):
    """``order_rounding`` (Ambiguity A1)."""

    HALF_UP = "half_up"
    CEIL = "ceil"


def round_order(pieces: int, rounding: OrderRounding = OrderRounding.HALF_UP) -> int:
    """To whole thousands, one at least (CUP-16, CUP-17; Ambiguity A1)."""
    add = ORDER_UNIT // 2 if rounding is OrderRounding.HALF_UP else ORDER_UNIT - 1
    return max((pieces + add) // ORDER_UNIT, 1) * ORDER_UNIT


def proposed_order(daily: int, cycle_days: int, rounding: OrderRounding = OrderRounding.HALF_UP) -> int:
    """What one cycle needs: of the expected daily use for the first order, of the average after it (CUP-16, CUP-17)."""
    return round_order(daily * cycle_days, rounding)


def quick_order(base: int, percent: int) -> int:
    """The three buttons: the base quantity, one and a half times, twice (CUP-19, Ambiguity A3).

    Raises ValueError for another percentage: there is no such button.
    """
    if percent not in QUICK_PERCENTS:
        raise ValueError(percent)
    return round_order(base * percent // 100)


def order_quantity_valid(pieces: int) -> bool:
    """CUP-18: a store may type any other multiple of a thousand."""
    return pieces > 0 and pieces % ORDER_UNIT == 0


class Pace(StrEnum):
    """How fast a store uses its stock; what CUP-20 advises for the threshold."""

    FAST = "fast"
    NORMAL = "normal"
    SLOW = "slow"


ADVISED_PERCENT = {Pace.FAST: 40, Pace.NORMAL: 30, Pace.SLOW: 20}


def taken_off_valid(received: int, collected: int, soiled: int) -> bool:
    """CUP-26: of a round no more comes back or gets dirty than came."""
    return collected >= 0 and soiled >= 0 and collected + soiled <= received


def threshold_valid(percent: int) -> bool:
    """CUP-20."""
    return THRESHOLD_MIN_PERCENT <= percent <= THRESHOLD_MAX_PERCENT


def threshold_reached(stock: int, stock_after_receipt: int, percent: int) -> bool:
    """CUP-20, CUP-21: the share is of the stock right after the last receipt of goods (Ambiguity A9), inclusive."""
    return stock_after_receipt > 0 and stock * 100 <= stock_after_receipt * percent


def average_at_threshold(stock_after_receipt: int, percent: int, days: int) -> int | None:
    """CUP-22: what was used a day from the receipt to the threshold, cut to whole pieces (Ambiguities A2, A10).
    None before a day has passed."""
    return stock_after_receipt * (100 - percent) // (100 * days) if days > 0 else None


@dataclass(frozen=True)
class Round:
    """One round of distribution (CUP-23, CUP-24, CUP-26). Collected and soiled pieces are gone without being used."""

    contracted: int
    received: int
    reported: int
    collected: int = 0
    soiled: int = 0

    @property
    def stock(self) -> int:
        """Never below zero; what was reported beyond the stock is ``over_reported``."""
        return max(self._rest, 0)

    @property
    def over_reported(self) -> int:
        """Pieces that reports name and nobody received: for people to look at."""
        return max(-self._rest, 0)

    @property
    def stock_rate_bp(self) -> int:
        """Stock of what was received, in basis points."""
        return self.stock * 10_000 // self.received if self.received > 0 else 0

    @property
    def settled_pieces(self) -> int:
        """CUP-26: what counts in a settlement; collected and soiled pieces do not."""
        return max(self.received - self.collected - self.soiled, 0)

    @property
    def _rest(self) -> int:
        return self.received - self.reported - self.collected - self.soiled


def expected_days(stock: int, daily_average: int) -> int | None:
    """Whole days that the stock lasts (CUP-24); None without an average."""
    return stock // daily_average if daily_average > 0 else None


def advance_notice_due(stock: int, daily_average: int, notice_days: int) -> bool:
    """CUP-28: the stock ends within so many days."""
    days = expected_days(stock, daily_average)
    return days is not None and days <= notice_days


class StoreGrade(StrEnum):
    """Grades of stores, lowest first (CUP-29)."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"


@dataclass(frozen=True)
class HolderCost:
    """What a store pays for a delivery, the discount on media it may buy, and what it is paid for each piece."""

    cost_won: int
    media_discount_percent: int
    bonus_won: int


def holder_cost(grade: StoreGrade, pieces: int, unit_price_won: int) -> HolderCost:
    """CUP-29."""
    cost_won = pieces * unit_price_won // 2 if grade is StoreGrade.BRONZE else 0
    media_percent = 30 if grade in (StoreGrade.GOLD, StoreGrade.PLATINUM) else 0
    return HolderCost(cost_won, media_percent, pieces * 10 if grade is StoreGrade.PLATINUM else 0)
