"""What devices report about cup holders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Report:
    """A number for a day. ``written_ms`` is when somebody wrote it, by the device's corrected clock (CUP-04)."""

    day: date
    pieces: int
    written_ms: int


@dataclass(frozen=True)
class TakenOff:
    """Pieces of a round that are gone without having been used, in all so far (CUP-26)."""

    number: int
    collected: int
    soiled: int


@dataclass(frozen=True)
class StockOrder:
    """The owner ordered; ``order_id`` is the device's, so that sending it twice orders once."""

    order_id: str
    pieces: int
    occurred_ms: int
