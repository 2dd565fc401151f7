"""What devices report about employees."""

from __future__ import annotations

from dataclasses import dataclass

from rules.recovery import RightChange


@dataclass(frozen=True)
class Right:
    """The owner, with their PIN at a counter, changed what an employee may do (APR-16, APR-25)."""

    employee_id: str
    change: RightChange
    occurred_ms: int
