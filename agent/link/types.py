"""What the link service answers with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoreProfile:
    """Whose shop this device belongs to."""

    store_id: str
    name: str
    brand_name: str
    plan: str
    service_type: str
    grade: str
