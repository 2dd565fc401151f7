"""Ratios between stores and head office, and what the rewards used in a period come to by them (SET-19, STP-24)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, text

from cloud_api.database import Work
from cloud_api.ids import first_uuid7_of
from cloud_api.shares.models import reward_share
from cloud_api.stores.models import store
from rules.coupons import IssueKind
from rules.shares import Ratio, SharedGood, SharedUse, ratio_at, shared_good, shared_sum


@dataclass(frozen=True)
class Ratios:
    """All that was ever said in a brand, in its order."""

    of_brand: list[Ratio] = field(default_factory=list)
    of_stores: dict[str, list[Ratio]] = field(default_factory=lambda: defaultdict(list))

    def at(self, at_ms: int, store_id: str) -> Ratio:
        return ratio_at(at_ms, self.of_stores.get(store_id, ()), self.of_brand)


def ratios_of(conn: Connection, brand_id: str) -> Ratios:
    """Of the brand and of those of its stores that have their own."""
    found = Ratios()
    query = select(reward_share).where(reward_share.c.brand_id == brand_id).order_by(reward_share.c.share_id)
    for row in conn.execute(query):
        said = found.of_brand if row.store_id is None else found.of_stores[row.store_id]
        said.append(Ratio(row.from_ms, row.coupon_bp, row.stamp_bp))
    return found


def say(work: Work, brand_id: str, store_id: str | None, coupon_bp: int, stamp_bp: int) -> dict[str, Any]:
    """From now on; what was used before stays shared as it was."""
    work.conn.execute(
        insert(reward_share).values(
            share_id=work.ids.uuid7(),
            brand_id=brand_id,
            store_id=store_id,
            coupon_bp=coupon_bp,
            stamp_bp=stamp_bp,
            from_ms=work.now_ms,
        )
    )
    return _shown(Ratio(work.now_ms, coupon_bp, stamp_bp))


def now(conn: Connection, brand_id: str) -> dict[str, Any]:
    """What holds today: of the brand, and of the stores that have their own."""
    found = ratios_of(conn, brand_id)
    return {
        "brand": _shown(found.of_brand[-1]) if found.of_brand else None,
        "stores": [{"store_id": one} | _shown(said[-1]) for one, said in sorted(found.of_stores.items())],
    }


def _shown(ratio: Ratio) -> dict[str, Any]:
    return {"coupon_bp": ratio.coupon_bp, "stamp_bp": ratio.stamp_bp, "from_ms": ratio.from_ms}


# What was really taken off counts; a thing that is handed over without a discount is worth what its coupon says. What
# was taken back is shared as it was when it was used, whatever has been said since.
_USES = (
    "SELECT line.store_id, line.what, line.at_ms, line.definition_id, coupon_definition.name, coupon.issue_kind,"
    " coupon_definition.store_id AS only_store,"
    " coalesce(nullif(request.pos_discount_won, 0), nullif(customer_order.coupon_won, 0),"
    "  coupon_definition.value_won) AS value_won,"
    " (SELECT max(used.at_ms) FROM coupon_event AS used WHERE used.coupon_id = line.coupon_id"
    "  AND used.request_id = line.request_id AND used.what = 'approve') AS used_ms"
    " FROM coupon_event AS line JOIN coupon ON coupon.coupon_id = line.coupon_id"
    " JOIN coupon_definition ON coupon_definition.definition_id = line.definition_id"
    " LEFT JOIN request ON request.request_id = line.request_id"
    " LEFT JOIN customer_order ON customer_order.order_id = request.order_id"
    " WHERE line.store_id = :store_id AND line.event_id >= :first"
    " AND line.at_ms >= :since_ms AND line.at_ms < :until_ms"
    " AND line.what IN ('approve', 'recover') ORDER BY line.event_id"
)
_OF_STORE = text(_USES)


@dataclass(frozen=True)
class _Line:
    definition_id: str
    name: str
    use: SharedUse


def _lines(conn: Connection, ratios: Ratios, store_id: str, since_ms: int, until_ms: int) -> Iterator[_Line]:
    # Ids are never behind their time, so that those of a period are one range of the index.
    span = {"store_id": store_id, "first": first_uuid7_of(since_ms), "since_ms": since_ms, "until_ms": until_ms}
    for row in conn.execute(_OF_STORE, span):
        good = shared_good(IssueKind(row.issue_kind), of_one_store=row.only_store is not None)
        if good is None:
            continue
        back = row.what == "recover"
        used_ms = row.at_ms if row.used_ms is None else row.used_ms
        store_bp = ratios.at(used_ms if back else row.at_ms, store_id).of(good)
        yield _Line(row.definition_id, row.name, SharedUse(good, int(row.value_won), store_bp, back))


def of_store(conn: Connection, brand_id: str, store_id: str, since_ms: int, until_ms: int) -> dict[str, Any]:
    """What a store's rewards of the period come to, by kind and by reward. ``hq_won`` is what head office credits."""
    lines = list(_lines(conn, ratios_of(conn, brand_id), store_id, since_ms, until_ms))
    by_reward: dict[tuple[str, SharedGood], list[_Line]] = defaultdict(list)
    for line in lines:
        by_reward[line.definition_id, line.use.good].append(line)
    return _sums(lines) | {
        "rewards": [
            {"definition_id": definition_id, "name": found[0].name, "good": good.value}
            | asdict(shared_sum(one.use for one in found))
            for (definition_id, good), found in sorted(by_reward.items())
        ]
    }


def of_brand(conn: Connection, brand_id: str, since_ms: int, until_ms: int) -> dict[str, Any]:
    """The same for each store of the brand, and together."""
    ratios = ratios_of(conn, brand_id)
    query = select(store.c.store_id, store.c.name).where(store.c.brand_id == brand_id)
    stores, everything = [], []
    for row in conn.execute(query.order_by(store.c.name, store.c.store_id)).all():
        lines = list(_lines(conn, ratios, row.store_id, since_ms, until_ms))
        everything.extend(lines)
        stores.append({"store_id": row.store_id, "name": row.name} | _sums(lines))
    return {"stores": stores, "totals": _sums(everything)}


def _sums(lines: Sequence[_Line]) -> dict[str, Any]:
    found = {good.value: asdict(shared_sum(line.use for line in lines if line.use.good is good)) for good in SharedGood}
    return found | {"hq_won": sum(one["hq_won"] for one in found.values())}
