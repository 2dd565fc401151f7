"""What a device of a store should hold: the snapshot that gives it all, and the tally that proves it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select, text

from cloud_api import strict_json
from cloud_api.clock import DAY_MS, KST_OFFSET_MS, korean_day
from cloud_api.devices.auth import DeviceCall
from cloud_api.devices.models import device
from cloud_api.gateway import feeds
from cloud_api.layouts import service as layouts
from cloud_api.ledger.models import EarnStatus, earn
from cloud_api.ledger.purses import points_holder
from cloud_api.ledger.service import spendable
from cloud_api.members.models import NumberStands
from cloud_api.members.service import Number, merged_into, numbers_of
from cloud_api.members.told import SEEN_MS, device_lookup
from cloud_api.menu import service as menu
from cloud_api.notices import centre
from cloud_api.notices.settings import setting_of
from cloud_api.orders import states
from cloud_api.orders.models import customer_order
from cloud_api.requests.models import request
from cloud_api.requests.service import projection
from cloud_api.staff import service as staff
from cloud_api.stamps.history import standings
from cloud_api.stock import reports, rounds
from cloud_api.stores.earning import points_scope, terms_at, told_all
from cloud_api.stores.service import policy_of, profile_of, store_key
from cloud_api.vault import Vault
from rules.requests import OPEN_STATES, OrderState
from sync.protocol import FeedKind, tally_digest

MEMBERS_MAX = 20_000
EARNS_BACK_MS = 90 * DAY_MS  # as long as feed rows are kept
_CHUNK_BYTES = 64 * 1024
_UNFINISHED = (OrderState.NEW.value, OrderState.PREPARING.value)


def day_start_ms(now_ms: int) -> int:
    """Midnight in Korea."""
    return korean_day(now_ms) * DAY_MS - KST_OFFSET_MS


def open_requests(conn: Connection, store_id: str) -> list[Any]:
    """Requests that still want an answer, oldest first."""
    names = [state.value for state in OPEN_STATES]
    query = select(request).where(request.c.store_id == store_id, request.c.state.in_(names))
    return list(conn.execute(query.order_by(request.c.created_ms, request.c.request_id)))


def requests_held(conn: Connection, store_id: str, now_ms: int) -> list[Any]:
    """Open requests, and those of today: a device that missed how one of them ended learns it from here."""
    names = [state.value for state in OPEN_STATES]
    query = select(request).where(
        request.c.store_id == store_id,
        or_(request.c.created_ms >= day_start_ms(now_ms), request.c.state.in_(names)),
    )
    return list(conn.execute(query.order_by(request.c.created_ms, request.c.request_id)))


def earns_taken_back(conn: Connection, store_id: str, now_ms: int) -> list[Any]:
    """Earns of the last weeks that were reversed, maybe by another counter than the one that made them.

    How an earn was booked its device learns from the answer to its operation; this it would learn from nowhere else.
    """
    query = select(earn.c.earn_id, earn.c.op_id, earn.c.points).where(
        earn.c.store_id == store_id,
        earn.c.status == EarnStatus.REVERSED.value,
        earn.c.booked_ms >= now_ms - EARNS_BACK_MS,
    )
    return list(conn.execute(query.order_by(earn.c.earn_id)))


def orders_held(conn: Connection, store_id: str, now_ms: int) -> list[Any]:
    """Orders of today, and those of earlier days that are not finished."""
    query = select(customer_order).where(
        customer_order.c.store_id == store_id,
        or_(customer_order.c.created_ms >= day_start_ms(now_ms), customer_order.c.state.in_(_UNFINISHED)),
    )
    return list(conn.execute(query.order_by(customer_order.c.created_ms, customer_order.c.order_id)))


def tally(conn: Connection, call: DeviceCall, now_ms: int) -> dict[str, Any]:
    """Counts and a digest that does not depend on the order; a device that differs takes a snapshot."""
    requests, orders = open_requests(conn, call.store_id), orders_held(conn, call.store_id, now_ms)
    policy = policy_of(conn, call.brand_id)
    items = [(FeedKind.REQUEST.value, row.request_id, row.version) for row in requests]
    items += [(FeedKind.ORDER.value, row.order_id, row.version) for row in orders]
    items.append((FeedKind.POLICY.value, "policy", policy.version))
    cursor = feeds.cursor_now(conn, feeds.store_feed(call.store_id), feeds.brand_feed(call.brand_id))
    chain = conn.execute(select(device.c.epoch, device.c.last_seq).where(device.c.device_id == call.device_id)).one()
    return {
        "requests": len(requests),
        "orders": len(orders),
        "policy_version": policy.version,
        "digest": tally_digest(items),
        "orders_from_ms": day_start_ms(now_ms),
        "cursor": str(cursor),
        "generation": cursor.generation,
        "epoch": chain.epoch,
        "last_seq": chain.last_seq,
        "server_time_ms": now_ms,
    }


def snapshot_lines(conn: Connection, vault: Vault, call: DeviceCall, after: str, now_ms: int) -> Iterator[bytes]:
    """One JSON text a line: ``begin`` with the cursor to go on from, the holdings, the members, ``end``.

    ``after`` is the look-up of the last member that arrived of an earlier try; what comes before them is always sent.
    The caller's connection decides that all of it is of one moment.
    """
    cursor = feeds.cursor_now(conn, feeds.store_feed(call.store_id), feeds.brand_feed(call.brand_id))
    yield _line(
        "begin",
        {
            "cursor": str(cursor),
            "marked": cursor.marked(),
            "generation": cursor.generation,
            "server_time_ms": now_ms,
            "after": after,
        },
    )
    count = 0
    for kind, body in _holdings(conn, call, now_ms):
        count += 1
        yield _line(kind, body)
    here = terms_at(conn, call.store_id)
    seen = members_seen(conn, vault, call.store_id, now_ms)
    for body in seen.left:
        count += 1
        yield _line(FeedKind.WITHDRAWN.value, body)
    ids = [one.member_id for one in seen.members]
    more = {} if here is None else standings(conn, here, call.store_id, ids, now_ms)
    for one in seen.members:
        if one.lookup > after:
            count += 1
            line = {"lookup": one.lookup, "masked": one.masked, "points": one.points}
            yield _line("member", line | more.get(one.member_id, {}))
    yield _line("end", {"rows": count})


def _holdings(conn: Connection, call: DeviceCall, now_ms: int) -> Iterator[tuple[str, dict[str, Any]]]:
    profile = profile_of(conn, call.store_id)
    assert profile is not None
    yield FeedKind.STORE.value, profile.to_wire()
    yield FeedKind.POLICY.value, policy_of(conn, call.brand_id).to_wire()
    for body in told_all(conn, call.store_id, call.brand_id):
        yield FeedKind.EARNING.value, body
    for row in staff.roster(conn, call.store_id):
        yield FeedKind.EMPLOYEE.value, staff.projection(row)
    yield from menu.held(conn, call.brand_id, call.store_id)
    yield from layouts.held(conn, call.brand_id)
    for body in reports.held(conn, call.store_id, now_ms):
        yield FeedKind.REPORT.value, body
    yield FeedKind.STOCK.value, rounds.overview(conn, call.store_id, now_ms)
    for row in requests_held(conn, call.store_id, now_ms):
        yield FeedKind.REQUEST.value, projection(row, now_ms)
    for row in orders_held(conn, call.store_id, now_ms):
        yield FeedKind.ORDER.value, states.projection(row)
    yield FeedKind.NOTICE_SETTING.value, setting_of(conn, call.store_id)
    for row in centre.held(conn, call.store_id, now_ms):
        yield FeedKind.NOTICE.value, centre.projection(row)
    for row in earns_taken_back(conn, call.store_id, now_ms):
        yield FeedKind.EARN.value, {**row._mapping, "status": EarnStatus.REVERSED.value, "code": None}


_SEEN = text(
    "SELECT member_id FROM"
    " (SELECT member_id, max(booked_ms) AS seen_ms FROM earn WHERE store_id = :store_id AND booked_ms >= :since"
    "  GROUP BY member_id"
    "  UNION ALL SELECT member_id, max(created_ms) FROM request"
    "  WHERE store_id = :store_id AND created_ms >= :since AND member_id IS NOT NULL GROUP BY member_id) AS seen"
    " GROUP BY member_id ORDER BY max(seen_ms) DESC, member_id LIMIT :most"
)


class SeenMember(NamedTuple):
    """A member as a store's devices know one, by one of the member's numbers."""

    lookup: str
    masked: str
    points: int
    member_id: str


@dataclass(frozen=True)
class Seen:
    """Members by rising look-up; ``left``: who may not be back yet (MEM-05)."""

    members: list[SeenMember]
    left: list[dict[str, Any]]


def members_seen(conn: Connection, vault: Vault, store_id: str, now_ms: int) -> Seen:
    """Who earned or asked here in thirteen months, the newest 20,000, by every number they have.

    The look-up is the one that the store's devices compute themselves; with the cloud's own they could do nothing.
    """
    since = {"store_id": store_id, "since": now_ms - SEEN_MS, "most": MEMBERS_MAX}
    ids = {str(row.member_id) for row in conn.execute(_SEEN, since)}
    others = merged_into(conn, ids)
    ids = {others.get(member_id, member_id) for member_id in ids}
    here = terms_at(conn, store_id)
    scope = points_scope(conn, here, store_id)
    holders = {one: points_holder(one, scope, here.brand_id if here else "", store_id) for one in ids}
    points = spendable(conn, list(holders.values()), now_ms)
    key = store_key(conn, vault, store_id)
    members, left = [], []
    for number in numbers_of(conn, vault, ids):
        lookup = device_lookup(key, number.phone)
        if number.stands is not NumberStands.WITHDRAWN:
            has = points.get(holders[number.member_id], 0)
            members.append(SeenMember(lookup, number.phone.masked, has, number.member_id))
        elif number.until_ms > now_ms:
            left.append(_left(lookup, number, now_ms))
    return Seen(sorted(members), left)


def _left(lookup: str, number: Number, now_ms: int) -> dict[str, Any]:
    return {"lookup": lookup, "until_ms": number.until_ms, "at_ms": now_ms}


def _line(kind: str, body: dict[str, Any]) -> bytes:
    return strict_json.dumps({"kind": kind, "body": body}).encode() + b"\n"


def packed(lines: Iterable[bytes], *, gzip: bool) -> list[bytes]:
    """The lines in chunks to send. Nothing of it needs the database any more, however slowly somebody reads."""
    writer = zlib.compressobj(6, wbits=31) if gzip else None
    chunks: list[bytes] = []
    waiting = bytearray()
    for line in lines:
        waiting += line if writer is None else writer.compress(line)
        if len(waiting) >= _CHUNK_BYTES:
            chunks.append(bytes(waiting))
            waiting.clear()
    if writer is not None:
        waiting += writer.flush()
    return [*chunks, bytes(waiting)]
