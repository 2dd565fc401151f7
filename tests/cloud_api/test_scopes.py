"""What a key may do: scopes of every route, keys of one brand or store, and how keys come and go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.integrators import reach, scopes
from cloud_api.integrators.keys import Grant, create_key, list_keys, revoke_key, rotate_key
from cloud_api.stores.service import Profile
from tests.cloud_api.world import OTHER_PHONE, PHONE, World, new_id

KEYED: list[dict[str, list[str]]] = [{"integrator": []}]


def key_of(world: World, *granted: str, **whose: Any) -> str:
    """The text of a new key."""
    grant = Grant(granted or (scopes.ALL,), **whose)
    return world.cloud.database.transact(lambda work: create_key(work, "a vendor", grant)).key


def call(world: World, key: str, method: str, path: str, body: Any = None) -> httpx.Response:
    return world.call(method, path, body, authorization=f"Bearer {key}")


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def routes(world: World) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every route that wants a key."""
    for path, operations in world.app.openapi()["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") == KEYED:
                yield method.upper(), path, operation


def filled(path: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    return path.replace("{number}", "1").replace("{name}", "retention")


@pytest.mark.thorough
def test_every_route_has_a_scope_and_no_other_scope_opens_it(front: World) -> None:
    """The noun is the first of the path, to read is what changes nothing."""
    nothing = key_of(front, "nothing:read")
    seen = set()
    for method, path, operation in routes(front):
        scope = operation["x-scope"]
        assert scope == scopes.needed(method, path)
        refused = call(front, nothing, method, filled(path, {}).replace("{", "").replace("}", ""))
        assert code(refused) == (403, "scope_missing"), (method, path)
        assert refused.json()["scope"] == scope
        seen.add(scope)
    assert {"members:read", "members:write", "requests:write", "stores:read", "orders:read"} <= seen
    assert scopes.needed("POST", "/v1/members/find") == "members:read"
    assert scopes.needed("POST", "/v1/members") == "members:write"


def test_a_scope_opens_what_it_names(front: World) -> None:
    member = front.member()
    reads = key_of(front, "members:read")
    writes = key_of(front, "members:write")
    assert call(front, reads, "GET", f"/v1/members/{member}").status_code == 200
    assert call(front, reads, "POST", "/v1/members/find", {"phone": PHONE}).status_code == 200
    assert code(call(front, reads, "POST", "/v1/members", {"phone": PHONE})) == (403, "scope_missing")
    assert call(front, writes, "POST", "/v1/members", {"phone": PHONE}).status_code == 200
    assert code(call(front, writes, "GET", f"/v1/members/{member}")) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("granted", "scope", "opens"),
    [
        ("*", "members:write", True),
        ("*:read", "members:read", True),
        ("*:read", "members:write", False),
        ("members:*", "members:write", True),
        ("members:*", "orders:write", False),
        ("members:write", "members:read", False),
    ],
)
def test_wildcards(granted: str, scope: str, opens: bool) -> None:
    assert scopes.covers(scopes.parse([granted]), scope) is opens


@pytest.mark.parametrize(
    "text", ["", "members", "members:", ":read", "members:delete", "Members:read", "a b:read", "**"]
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no scope"):
        scopes.parse([text])


def things_of(world: World, store: Profile) -> dict[str, str]:
    """One of each thing that a store and its brand have."""
    own = {"store_id": store.store_id}
    member = world.member(OTHER_PHONE, "박준호")
    terms = {"name": "쿠폰", "value_won": 100, "pos_discount_won": 100, "valid_days": 30} | own
    definition = world.ok("POST", "/v1/coupon-definitions", terms)["definition_id"]
    issue = {"definition_id": definition, "idempotency_key": new_id("issue")}
    coupon = world.ok("POST", f"/v1/members/{member}/coupons", issue)["coupon_id"]
    ordered = world.order(store_id=store.store_id)
    menu = own | {"idempotency_key": new_id("menu")}
    category = world.ok("POST", "/v1/menu/categories", menu | {"name": "커피"})["category_id"]
    item = menu | {"category_id": category, "name": "카페라떼", "price_won": 5_000}
    person = {"name": "이지은", "role": "owner", "pin": "904731", "idempotency_key": new_id("employee")}
    guest = {"name": "박서준", "phone": "010-5555-0002"}
    correction = {"member_id": member, "points": 5, "reason": "누락", "by": "김본사", "idempotency_key": new_id("adj")}
    sale = {"member_id": member, "paid_won": 4_500, "receipt_no": "1", "occurred_ms": world.clock()}
    told = {"url": "https://pos.example.com/x", "kinds": ["*"]}
    sale |= {"idempotency_key": new_id("earn")}
    headers = {"authorization": f"Bearer {world.key}", "content-type": "text/csv"}
    target = f"/v1/imports?store_id={store.store_id}"
    return {
        "import_id": world.http.post(target, content=b"01012345678", headers=headers).json()["import_id"],
        "store_id": store.store_id,
        "brand_id": store.brand_id,
        "member_id": member,
        "definition_id": definition,
        "coupon_id": coupon,
        "order_id": ordered["order"]["order_id"],
        "request_id": ordered["request"]["request_id"],
        "category_id": category,
        "menu_id": world.ok("POST", "/v1/menu/items", item)["menu_id"],
        "employee_id": world.ok("POST", f"/v1/stores/{store.store_id}/employees", person)["employee_id"],
        "endpoint_id": world.ok("POST", "/v1/webhooks", told)["endpoint_id"],
        "invitation_id": world.ok("POST", f"/v1/stores/{store.store_id}/invitations", guest)["invitation_id"],
        "device_id": world.device(store).device_id,
        "earn_id": world.ok("POST", "/v1/earns", sale | own)["earn_id"],
        "adjustment_id": world.ok("POST", "/v1/adjustments", correction | own)["adjustment_id"],
    }


def body_ids(world: World, operation: dict[str, Any]) -> set[str]:
    """Names of ids anywhere in what a route takes."""
    schemas = world.app.openapi()["components"]["schemas"]
    found: set[str] = set()
    seen: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                look(schemas[name])
            for key, inner in value.items():
                if key == "properties":
                    found.update(field for field in inner if field.endswith("_id"))
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(operation.get("requestBody", {}))
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("by_store", [False, True])
def test_a_key_of_one_brand_touches_nothing_of_another(world: World, by_store: bool) -> None:
    """Every route: what is somebody else's is answered like what does not exist, and nothing changes."""
    mine = world.store
    whose = {"store_id": mine.store_id} if by_store else {"brand_id": mine.brand_id}
    key = key_of(world, **whose)
    theirs = things_of(world, world.new_store("강남점", "다른 커피"))
    missing = {name: new_id("nobody") for name in theirs}
    before = sorted(world.cloud.database.transact(_count_all).items())
    walked = 0
    for method, path, operation in routes(world):
        named = {name for name in theirs if "{" + name + "}" in path} | body_ids(world, operation)
        answers = [
            call(world, key, method, filled(path, things), {name: things.get(name) for name in named} or None)
            for things in (theirs, missing)
            if (method, path) not in reach.OPEN_ROUTES
        ]
        # A webhook is its key's own: its routes read the body before they look for it, for everybody alike.
        refused = (403, 404, 422) if "{endpoint_id}" in path else (403, 404)
        assert all(answer.status_code in refused for answer in answers), (method, path, answers[0].text)
        assert len({code(answer) for answer in answers}) <= 1, (method, path)
        walked += len(answers)
    assert walked > 80
    assert sorted(world.cloud.database.transact(_count_all).items()) == before


def _count_all(work: Work) -> dict[str, int]:
    """Rows of everything that a call might add to."""
    names = ("request", "customer_order", "coupon", "coupon_code", "posting", "employee", "menu_item", "feed_row")
    return {
        name: int(work.conn.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())
        for name in (*names, "idempotent_call", "stock_round", "adjustment")
    }


def test_a_key_of_one_brand_does_its_own_work(world: World) -> None:
    mine = things_of(world, world.store)
    brand = key_of(world, brand_id=world.store.brand_id)
    store = key_of(world, store_id=world.store.store_id)
    for key in (brand, store):
        assert call(world, key, "GET", f"/v1/orders/{mine['order_id']}").status_code == 200
        assert call(world, key, "GET", f"/v1/requests/{mine['request_id']}").status_code == 200
        assert call(world, key, "GET", f"/v1/stores/{mine['store_id']}/menu").status_code == 200
        assert call(world, key, "GET", f"/v1/members/{mine['member_id']}").status_code == 200
        assert code(call(world, key, "GET", "/v1/jobs")) == (403, "key_restricted")
        assert code(call(world, key, "GET", f"/v1/members/{mine['member_id']}/explain")) == (403, "key_restricted")


def test_a_key_of_one_store_does_not_write_for_its_whole_brand(front: World) -> None:
    sister = front.new_store("망원점", "테스트 커피")
    store = key_of(front, store_id=front.store.store_id)
    terms = {"name": "쿠폰", "value_won": 100, "pos_discount_won": 100, "valid_days": 30}

    def define(**where: str) -> httpx.Response:
        return call(front, store, "POST", "/v1/coupon-definitions", terms | where)

    assert define(store_id=front.store.store_id).status_code == 201
    assert code(define(store_id=sister.store_id)) == (404, "store_unknown")
    assert code(define(brand_id=front.store.brand_id)) == (404, "brand_unknown")


def test_a_restricted_key_knows_a_member_whose_number_it_knew_and_sees_what_is_its_own(world: World) -> None:
    """MEM-01: one person, one wallet; what happened elsewhere stays there."""
    elsewhere = world.new_store("강남점", "다른 커피")
    other = world.device(elsewhere)
    other.push(other.earn(phone=PHONE))
    member = world.ok("POST", "/v1/members/find", {"phone": PHONE})["member_id"]
    terms = {"name": "남의 쿠폰", "value_won": 100, "pos_discount_won": 100, "store_id": elsewhere.store_id}
    definition = world.ok("POST", "/v1/coupon-definitions", terms)["definition_id"]
    issue = {"definition_id": definition, "idempotency_key": new_id("issue")}
    world.ok("POST", f"/v1/members/{member}/coupons", issue)
    key = key_of(world, brand_id=world.store.brand_id)

    assert code(call(world, key, "GET", f"/v1/members/{member}")) == (404, "member_unknown")
    assert call(world, key, "POST", "/v1/members/find", {"phone": PHONE}).status_code == 200
    found = call(world, key, "GET", f"/v1/members/{member}").json()
    assert (found["points_balance"], found["coupons"]) == (45, [])
    assert call(world, key, "GET", f"/v1/members/{member}/entries").json() == {"entries": []}
    assert len(world.ok("GET", f"/v1/members/{member}/entries")["entries"]) == 1
    mine = world.device()
    mine.push(mine.earn(phone=PHONE))
    (entry,) = call(world, key, "GET", f"/v1/members/{member}/entries").json()["entries"]
    assert entry["store_id"] == world.store.store_id


def test_a_new_text_for_a_key_and_the_old_one_for_a_while(world: World) -> None:
    made = world.cloud.database.transact(lambda work: create_key(work, "vendor", Grant(("members:*",))))
    member = {"phone": PHONE, "nickname": "민지"}
    fresh = world.cloud.database.transact(lambda work: rotate_key(work, made.key_id, old_for_ms=1_000))

    assert (fresh.key_id, fresh.key != made.key) == (made.key_id, True)
    assert call(world, made.key, "POST", "/v1/members", member).status_code == 201
    assert call(world, fresh.key, "POST", "/v1/members", member).status_code == 200
    world.clock.advance(1_000)
    assert code(call(world, made.key, "POST", "/v1/members", member)) == (401, "unauthorized")
    assert call(world, fresh.key, "POST", "/v1/members", member).status_code == 200
    world.cloud.database.transact(lambda work: revoke_key(work, made.key_id))
    assert code(call(world, fresh.key, "POST", "/v1/members", member)) == (401, "unauthorized")
    with pytest.raises(ApiError, match="key_unknown"):
        world.cloud.database.transact(lambda work: rotate_key(work, made.key_id))
    with world.cloud.database.read() as conn:
        (found,) = [one for one in list_keys(conn) if one["key_id"] == made.key_id]
    assert (found["label"], found["scopes"], found["revoked_ms"]) == ("vendor", ["members:*"], world.clock())
    assert fresh.key not in json.dumps(found)


def test_a_key_is_of_a_store_that_exists_and_of_that_stores_brand(front: World) -> None:
    with pytest.raises(ApiError, match="store_unknown"):
        key_of(front, store_id="nope")
    with pytest.raises(ApiError, match="brand_unknown"):
        key_of(front, brand_id="nope")
    other = front.new_store("강남점", "다른 커피")
    with pytest.raises(ApiError, match="store_unknown"):
        key_of(front, store_id=front.store.store_id, brand_id=other.brand_id)
