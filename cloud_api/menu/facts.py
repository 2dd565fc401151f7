"""What devices report about the menu."""

from __future__ import annotations

from dataclasses import dataclass

from rules.menu import SoldOutKind


@dataclass(frozen=True)
class MarkSoldOut:
    """``kind`` None: on sale again."""

    menu_id: str
    kind: SoldOutKind | None
    occurred_ms: int
