"""What the stock service answers with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rules.consumption import DayReport, Oddity, ReportAnswer


@dataclass(frozen=True)
class DayView:
    """A day of the calendar: the cloud's number, and this counter's own unanswered one on top of it.

    ``pieces`` None: nobody has said. ``until_ms``: the last moment at which the number may be changed. ``unsent``: the
    cloud does not know it yet. ``before``: nothing is known of days so early, and nobody says that it is missing."""

    day: date
    stands: DayReport
    pieces: int | None
    until_ms: int
    unsent: bool = False
    before: bool = False


@dataclass(frozen=True)
class Board:
    """The running business day, the business day before it, and the days that were asked for.

    ``fine``: the least and the most that nobody is asked about; None without earlier reports."""

    today: DayView
    before: DayView
    days: tuple[DayView, ...]
    due: tuple[date, ...]
    first: date  # nothing is known of days before
    fine: tuple[int, int] | None = None
    unsent: int = 0


@dataclass(frozen=True)
class RoundView:
    """One order and its delivery. ``number`` None: the cloud does not know of it yet. ``received`` None: on its way."""

    number: int | None
    ordered: int
    ordered_ms: int
    received: int | None = None
    received_ms: int | None = None


@dataclass(frozen=True)
class InUse:
    """The round whose goods came last, and what of it is gone unused: collected again, or soiled (CUP-26)."""

    number: int
    received: int
    collected: int
    soiled: int


@dataclass(frozen=True)
class StockView:
    """The cup holders of the store, with what was typed here and is not answered yet. In pieces.

    ``daily_average`` and ``expected_days`` None: nothing to compute them from. ``quick``: percent and pieces."""

    received: int
    used: int
    stock: int
    stock_rate_bp: int
    daily_average: int | None
    expected_days: int | None
    low: bool
    over_reported: int
    proposed: int
    quick: tuple[tuple[int, int], ...]
    rounds: tuple[RoundView, ...]  # the newest first
    may_order: bool  # whether the store works at all (STO-07)
    in_use: InUse | None = None  # None before the first delivery


@dataclass(frozen=True)
class Refused:
    """What the cloud did not take, and why. ``day`` None: an order, or what ``kind`` names."""

    op_id: str
    day: date | None
    pieces: int
    code: str
    at_ms: int
    kind: str = ""


@dataclass(frozen=True)
class Reported:
    """It stands so here, and is on its way. ``late``: it does not count as a reported day."""

    day: date
    pieces: int
    late: bool = False


@dataclass(frozen=True)
class Unchanged:
    """That number stands already."""

    day: date
    pieces: int


@dataclass(frozen=True)
class Odd:
    """Nothing was kept: somebody should look again. The same with ``sure`` is kept."""

    day: date
    pieces: int
    oddities: tuple[Oddity, ...]
    day_before: int | None


@dataclass(frozen=True)
class NotReported:
    """Nothing was kept, and would not be in the cloud. ``until_ms``: when the window ended."""

    day: date
    answer: ReportAnswer
    until_ms: int


ReportOutcome = Reported | Unchanged | Odd | NotReported


@dataclass(frozen=True)
class Ordered:
    order_id: str
    pieces: int


@dataclass(frozen=True)
class NotOrdered:
    """Nothing was kept. ``code`` is what the cloud would say."""

    code: str


OrderOutcome = Ordered | NotOrdered


@dataclass(frozen=True)
class TakenOff:
    """It stands so here, and is on its way."""

    in_use: InUse


@dataclass(frozen=True)
class NotTakenOff:
    """Nothing was kept: more than came, or nothing has come yet. ``most``: how many came."""

    most: int


TakeOffOutcome = TakenOff | NotTakenOff
