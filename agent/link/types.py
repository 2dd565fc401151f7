"""What the link service answers with."""

from __future__ import annotations

from sync.profile import StoreProfile

__all__ = ["StoreProfile"]
