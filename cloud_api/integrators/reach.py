"""Whose things a restricted key may touch: everything that a call names must belong to the key's brand or store.

Decided in front of every route, by the names of ids in its path, its query and its body. What is somebody else's is
answered as if it did not exist. A name that is not known here, and a route that names nothing, are refused: whoever
adds one decides about it first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, text

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.integrators.keys import Caller
from cloud_api.integrators.scopes import READ
from cloud_api.stores.models import store

# Routes that name nothing and look after their own borders.
OPEN_ROUTES = frozenset(
    {
        ("POST", "/v1/members"),
        ("POST", "/v1/members/find"),
        ("POST", "/v1/claims"),
        ("GET", "/v1/webhooks"),
        ("POST", "/v1/webhooks"),
    }
)
# Routes that name a member alone, and tell or change nothing that is another brand's.
MEMBER_ROUTES = frozenset({("GET", "/v1/members/{member_id}"), ("GET", "/v1/members/{member_id}/entries")})
# Names inside of what the call itself is about, or of what is looked for among the key's own.
_NO_THINGS = frozenset({"product_id", "group_id", "option_id", "from_event_id"})
_OWN = "endpoint_id"  # a key's own, whatever its brand: its routes look for no other


@dataclass(frozen=True)
class _Thing:
    """Where it stands whose a thing is; ``store_id`` is null for what all stores of the brand have."""

    code: str
    query: str
    used_by_stores: bool = False  # a key of one store may name what all stores have, also to change something


def _owned(table: str, key: str) -> str:
    return f"SELECT brand_id, store_id FROM {table} WHERE {key} = :id"


def _of_store(table: str, key: str) -> str:
    return (
        f"SELECT store.brand_id, store.store_id FROM {table} JOIN store ON store.store_id = {table}.store_id"
        f" WHERE {table}.{key} = :id"
    )


_COUPON = (
    "SELECT coupon_definition.brand_id, coupon_definition.store_id FROM coupon JOIN coupon_definition"
    " ON coupon_definition.definition_id = coupon.definition_id WHERE coupon.coupon_id = :id"
)
_DIRECT_EARN = (
    "SELECT store.brand_id, store.store_id FROM direct_op JOIN store ON store.store_id = direct_op.store_id"
    " WHERE direct_op.op_id = 'api:' || :id"
)
# What head office was told about a store is no store's.
_NOTICE = (
    "SELECT store.brand_id, store.store_id FROM notice JOIN store ON store.store_id = notice.store_id"
    " WHERE notice.notice_id = :id AND notice.audience = 'store'"
)
THINGS = {
    "store_id": _Thing("store_unknown", _owned("store", "store_id")),
    "brand_id": _Thing("brand_unknown", "SELECT brand_id, NULL AS store_id FROM brand WHERE brand_id = :id"),
    "definition_id": _Thing("definition_unknown", _owned("coupon_definition", "definition_id")),
    "rule_id": _Thing("rule_unknown", "SELECT brand_id, NULL AS store_id FROM coupon_rule WHERE rule_id = :id"),
    "coupon_id": _Thing("coupon_unknown", _COUPON, used_by_stores=True),
    "request_id": _Thing("request_unknown", _of_store("request", "request_id")),
    "order_id": _Thing("order_unknown", _of_store("customer_order", "order_id")),
    "adjustment_id": _Thing("adjustment_unknown", _of_store("adjustment", "adjustment_id")),
    "earn_id": _Thing("earn_unknown", _DIRECT_EARN),
    "employee_id": _Thing("employee_unknown", _of_store("employee", "employee_id")),
    "import_id": _Thing("import_unknown", _of_store("member_import", "import_id")),
    "notice_id": _Thing("notice_unknown", _NOTICE),
    "invitation_id": _Thing("invitation_unknown", _of_store("staff_invitation", "invitation_id")),
    "device_id": _Thing("device_unknown", _of_store("device", "device_id")),
    "category_id": _Thing("category_unknown", _owned("menu_category", "category_id")),
    "menu_id": _Thing("menu_unknown", _owned("menu_item", "menu_id"), used_by_stores=True),
}
_MEMBER = "member_id"
_SEEN_HERE = (
    "SELECT 1 FROM member JOIN store ON store.store_id = member.join_store_id"
    " WHERE member.member_id = :id AND {here}"
    " UNION ALL SELECT 1 FROM purse LEFT JOIN store ON store.store_id = purse.place_id"
    " WHERE purse.member_id = :id AND (purse.place_id = :brand_id OR {here})"
    " UNION ALL SELECT 1 FROM integrator_member WHERE member_id = :id AND key_id = :key_id"
    " UNION ALL SELECT 1 FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    " JOIN store ON store.store_id = posting.store_id WHERE entry.account_id = 'member:' || :id AND {here}"
    " UNION ALL SELECT 1 FROM coupon JOIN coupon_definition"
    " ON coupon_definition.definition_id = coupon.definition_id"
    " LEFT JOIN store ON store.store_id = coupon_definition.store_id WHERE coupon.member_id = :id AND {coupon_here}"
    " UNION ALL SELECT 1 FROM purse LEFT JOIN store ON store.store_id = purse.place_id"
    " WHERE purse.member_id = :id AND {purse_here}"
    " LIMIT 1"
)
_IN_BRAND = text(
    _SEEN_HERE.format(
        here="store.brand_id = :brand_id",
        coupon_here="coupon_definition.brand_id = :brand_id",
        purse_here="(store.brand_id = :brand_id OR purse.place_id = :brand_id)",
    )
)
_HERE = "store.store_id = :store_id"
_IN_STORE = text(_SEEN_HERE.format(here=_HERE, coupon_here=_HERE, purse_here=_HERE))


def check(conn: Connection, caller: Caller, call: tuple[str, str], does: str, named: list[tuple[str, Any]]) -> None:
    """``call`` is the route's method and path, ``does`` to read or to write, ``named`` what the call names.

    Raises ApiError: that something does not exist, or ``key_restricted``.
    """
    known = False
    for name, value in named:
        if name == _OWN:
            known = True
        elif name == _MEMBER:
            known = known or call in MEMBER_ROUTES
            if isinstance(value, str) and not _sees(conn, caller, value):
                raise ApiError("member_unknown")
        elif name in THINGS:
            known = True
            if isinstance(value, str) and not _is_theirs(conn, caller, THINGS[name], value, does):
                raise ApiError(THINGS[name].code)
        elif name not in _NO_THINGS:
            raise ApiError("key_restricted")
    if not known and call not in OPEN_ROUTES:
        raise ApiError("key_restricted")


def _is_theirs(conn: Connection, caller: Caller, thing: _Thing, value: str, does: str) -> bool:
    row = conn.execute(text(thing.query), {"id": value}).one_or_none()
    if row is None or row.brand_id != caller.brand_id:
        return False
    if caller.store_id is None or row.store_id == caller.store_id:
        return True
    return row.store_id is None and (does == READ or thing.used_by_stores)


def _sees(conn: Connection, caller: Caller, member_id: str) -> bool:
    """Whether the member has to do with the key's brand or store, or the key knew the number."""
    query = _IN_BRAND if caller.store_id is None else _IN_STORE
    place = {"id": member_id, "key_id": caller.key_id, "brand_id": caller.brand_id, "store_id": caller.store_id}
    wanted = {name: value for name, value in place.items() if f":{name}" in str(query)}
    return conn.execute(query, wanted).first() is not None


def named_in(path: dict[str, Any], query: dict[str, Any], body: Any) -> list[tuple[str, Any]]:
    """Every id that a call names, wherever it stands."""
    return [*_ids(path), *_ids(query), *_ids(body)]


def _ids(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("_id") and inner is not None:
                yield name, inner
            yield from _ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner)


def stores_of(caller: Caller) -> Select[Any] | None:
    """The stores whose things the key may see; None: all."""
    if not caller.restricted:
        return None
    if caller.store_id is not None:
        return select(store.c.store_id).where(store.c.store_id == caller.store_id)
    return select(store.c.store_id).where(store.c.brand_id == caller.brand_id)


def sees_member(conn: Connection, caller: Caller, member_id: str) -> bool:
    """Whether a member has to do with the key's brand or store, or the key knew the number."""
    return not caller.restricted or _sees(conn, caller, member_id)


def sees_store(conn: Connection, caller: Caller, store_id: str) -> bool:
    """Whether a store is the key's."""
    within = stores_of(caller)
    return within is None or conn.execute(within.where(store.c.store_id == store_id)).first() is not None


_MEET = text(
    "INSERT INTO integrator_member (key_id, member_id, since_ms) VALUES (:key_id, :member_id, :since_ms)"
    " ON CONFLICT (key_id, member_id) DO NOTHING"
)


def meet(work: Work, caller: Caller, member_id: str) -> None:
    """The key knew the member's number, so it may go on with the member."""
    if caller.restricted:
        work.conn.execute(_MEET, {"key_id": caller.key_id, "member_id": member_id, "since_ms": work.now_ms})
