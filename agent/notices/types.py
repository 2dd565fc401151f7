"""Owns the shapes of what the store was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rules.notices import Priority


@dataclass(frozen=True)
class Told:
    """One notice. ``kind`` may be one of a later version; ``details`` are the figures of its kind; ``count`` is how
    often it happened, ``at_ms`` when it did last, by the cloud's clock (NTF-02)."""

    notice_id: str
    kind: str
    priority: Priority
    count: int
    at_ms: int
    details: dict[str, Any] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """A figure; 0 when this notice does not say it."""
        value = self.details.get(name)
        return value if isinstance(value, int) else 0

    def text(self, name: str) -> str:
        """A word; empty when this notice does not say it."""
        value = self.details.get(name)
        return value if isinstance(value, str) else ""
