"""What devices report about notices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Acknowledge:
    """Somebody at a counter has seen a notice; ``count`` is how often it had happened by then."""

    notice_id: str
    count: int
    occurred_ms: int
