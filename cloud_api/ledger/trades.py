"""What head office looks up: trades of a brand, and how points flowed between its stores (PNT-19, PNT-20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from cloud_api.ledger.models import earn
from cloud_api.stores.models import store


@dataclass(frozen=True)
class Search:
    """Times as [since, until); None: all."""

    brand_id: str
    since_ms: int
    until_ms: int
    store_id: str | None = None
    receipt_no: str | None = None
    earn_id: str | None = None


def trades(conn: Connection, wanted: Search, *, limit: int, before: str | None) -> list[dict[str, Any]]:
    """Newest first. ``before`` is an earn id, for paging; it belongs to the same search."""
    query = (
        select(earn, store.c.name.label("store_name"))
        .join(store, store.c.store_id == earn.c.store_id)
        .where(
            store.c.brand_id == wanted.brand_id,
            earn.c.occurred_ms >= wanted.since_ms,
            earn.c.occurred_ms < wanted.until_ms,
        )
        .order_by(earn.c.occurred_ms.desc(), earn.c.earn_id.desc())
        .limit(limit)
    )
    for name in ("store_id", "receipt_no", "earn_id"):
        if getattr(wanted, name) is not None:
            query = query.where(earn.c[name] == getattr(wanted, name))
    if before is not None:
        last = select(earn.c.occurred_ms).where(earn.c.earn_id == before).limit(1).scalar_subquery()
        query = query.where((earn.c.occurred_ms < last) | ((earn.c.occurred_ms == last) & (earn.c.earn_id < before)))
    names = ("earn_id", "store_id", "store_name", "member_id", "receipt_no", "till", "source", "paid_won", "points")
    more = ("rate_bp", "status", "occurred_ms", "booked_ms")
    return [{name: getattr(row, name) for name in (*names, *more)} for row in conn.execute(query)]


# What a store gave, took back and took in, and what lapsed of what it gave; in points, and in stamps.
_FLOWS = text(
    "SELECT store.store_id, store.name,"
    " coalesce(sum(CASE WHEN account.kind = 'store_issuance' AND posting.kind IN ('earn', 'grant')"
    "  THEN -entry.amount END), 0) AS issued,"
    " coalesce(sum(CASE WHEN account.kind = 'store_issuance' AND posting.kind = 'reversal'"
    "  THEN entry.amount END), 0) AS taken_back,"
    " coalesce(sum(CASE WHEN account.kind = 'store_redemption' THEN entry.amount END), 0) AS used,"
    " coalesce(sum(CASE WHEN account.kind = 'breakage' THEN entry.amount END), 0) AS expired,"
    " coalesce(sum(CASE WHEN account.kind = 'stamp_issuance' THEN -entry.amount END), 0) AS stamps"
    " FROM store LEFT JOIN posting ON posting.store_id = store.store_id"
    "  AND posting.booked_ms >= :since_ms AND posting.booked_ms < :until_ms"
    " LEFT JOIN entry ON entry.posting_id = posting.posting_id"
    " LEFT JOIN account ON account.account_id = entry.account_id"
    " WHERE store.brand_id = :brand_id GROUP BY store.store_id, store.name ORDER BY store.name, store.store_id"
)


def settlement(conn: Connection, brand_id: str, since_ms: int, until_ms: int) -> dict[str, Any]:
    """Per store and together. ``net`` is what a store took in of points beyond what it gave: above zero the others owe
    it, below zero it owes them (PNT-20)."""
    rows = conn.execute(_FLOWS, {"brand_id": brand_id, "since_ms": since_ms, "until_ms": until_ms})
    names = ("issued", "taken_back", "used", "expired", "stamps")
    stores = []
    for row in rows:
        figures = {name: int(getattr(row, name)) for name in names}
        net = figures["used"] - (figures["issued"] - figures["taken_back"] - figures["expired"])
        stores.append({"store_id": row.store_id, "name": row.name, **figures, "net": net})
    totals = {name: sum(one[name] for one in stores) for name in (*names, "net")}
    return {"stores": stores, "totals": totals}
