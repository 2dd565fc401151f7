"""What a brand wants of memberships: when they sleep and how soon one may be back (MEM-04, MEM-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.members.models import member_terms
from cloud_api.stores.models import brand, store
from rules.membership import DORMANT_MONTHS, REJOIN_BLOCK_DAYS


@dataclass(frozen=True)
class Terms:
    """``dormant_months`` 0: nobody becomes dormant. ``rejoin_block_days`` never above the days until a purge, because
    then nobody knows the number any more."""

    dormant_months: int = DORMANT_MONTHS
    rejoin_block_days: int = REJOIN_BLOCK_DAYS

    def to_wire(self) -> dict[str, Any]:
        return {"dormant_months": self.dormant_months, "rejoin_block_days": self.rejoin_block_days}


PRODUCT_TERMS = Terms()


def set_terms(work: Work, brand_id: str, terms: Terms) -> Terms:
    """Raises ApiError ``brand_unknown``."""
    if work.conn.execute(select(brand.c.brand_id).where(brand.c.brand_id == brand_id)).one_or_none() is None:
        raise ApiError("brand_unknown")
    work.conn.execute(delete(member_terms).where(member_terms.c.brand_id == brand_id))
    work.conn.execute(insert(member_terms).values(brand_id=brand_id, changed_ms=work.now_ms, **terms.to_wire()))
    return terms


def of_store(conn: Connection, store_id: str | None) -> Terms:
    """Of the brand whose store made the member; the product's own for who joined nowhere."""
    if store_id is None:
        return PRODUCT_TERMS
    query = (
        select(member_terms.c.dormant_months, member_terms.c.rejoin_block_days)
        .join(store, store.c.brand_id == member_terms.c.brand_id)
        .where(store.c.store_id == store_id)
    )
    found = conn.execute(query).one_or_none()
    return PRODUCT_TERMS if found is None else Terms(found.dormant_months, found.rejoin_block_days)
