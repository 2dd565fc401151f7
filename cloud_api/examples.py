"""Examples of the OpenAPI document that no route carries itself: bodies, made from their shapes, and some answers."""

from __future__ import annotations

import re
from typing import Any

_UUID = "0198c5c0-7a11-7000-8000-0000000000"
# What stands for a field wherever it has this name and fits.
_BY_NAME: dict[str, Any] = {
    "store_id": _UUID + "b1",
    "brand_id": _UUID + "b0",
    "member_id": _UUID + "c1",
    "definition_id": _UUID + "f1",
    "coupon_id": _UUID + "f2",
    "category_id": _UUID + "e7",
    "menu_id": _UUID + "e8",
    "product_id": "americano",
    "phone": "010-1234-5678",
    "nickname": "민지",
    "idempotency_key": "till1-20261127-0042",
    "reason": "개업 행사 누락분",
    "name": "아메리카노 1잔",
    "by": "김본사",
    "actor": "본사",
    "pin": "904731",
    "day": "2026-11-26",
    "occurred_ms": 1760000000000,
    "paid_won": 4500,
    "total_won": 4500,
    "payment_won": 9000,
    "amount_won": 4500,
    "value_won": 4500,
    "pos_discount_won": 4500,
    "price_won": 5000,
    "points": 500,
    "valid_days": 30,
    "code": "BCDFGHJK",
    "label": "카운터 PC",
    "public_key": "Yt6sZ0d1mJ8u3b8Y0r5vGk4C2f7q9w1x6e3t5y7u9i0",
    "proof": "0P4xk…",
    "weekly": [[480, 1320]] * 6 + [None],
}
# For a field that has no example of its own: the first one that fits.
_TEXTS = ("…", "cafe", _UUID + "a9", "123456", "12345678", "0123456789", "BCDFGHJKLMNP")
_MEMBER_WALLET = {
    "member_id": _UUID + "c1",
    "phone_masked": "010-****-5678",
    "nickname": "민지",
    "points_balance": 1245,
    "points_held": 0,
    "debt": 0,
    "coupons": [
        {
            "coupon_id": _UUID + "f2",
            "name": "아메리카노 1잔",
            "state": "available",
            "value_won": 4500,
            "expires_ms": 1762592000000,
        }
    ],
}
_ENTRY = {
    "posting_id": _UUID + "e2",
    "kind": "earn",
    "account": "member",
    "amount": 45,
    "at_ms": 1760000000123,
    "store_id": _UUID + "b1",
    "op_id": None,
    "request_id": None,
    "fingerprint": None,
    "reverses_id": None,
    "actor": "app:" + _UUID + "aa",
}
_SUMS = {
    "points_issued": 1345,
    "points_reversed": 45,
    "points_captured": 500,
    "points_returned": 0,
    "offline_loss_points": 0,
    "coupons_used": 3,
    "earns": 31,
    "reversals": 1,
    "ops_by_device": {},
    "entries_sum": 0,
}
_EXPLAINED = {
    "member_id": _UUID + "c1",
    "points_balance": 1245,
    "points_expired": 0,
    "points_held": 0,
    "debt": 0,
    "opening": {},
    "entries": [],
    "sums": {},
    "totals": {},
}
_WELCOME = {
    "device_id": _UUID + "d1",
    "epoch": 1,
    "generation": 1,
    "cursor": "1.0.0",
    "server_time_ms": 1760000000123,
    "store_key": "q83vEjRWeJA…",
    "store": {},
    "policy": {},
}
ANSWERS: dict[tuple[str, str], tuple[str, Any]] = {
    ("get", "/v1/members/{member_id}"): ("200", _MEMBER_WALLET),
    ("get", "/v1/members/{member_id}/entries"): ("200", {"entries": [_ENTRY]}),
    ("get", "/v1/members/{member_id}/explain"): ("200", _EXPLAINED),
    ("get", "/v1/stores/{store_id}/sums"): ("200", _SUMS),
    ("get", "/v1/health"): (
        "200",
        {"status": "ok", "version": "0.1.0", "generation": 1, "database": "postgresql"},
    ),
    ("post", "/v1/enrollments/redeem"): ("201", _WELCOME),
}
_FORM: dict[str, Any] = {
    "business_no": "123-45-67891",
    "name": "가상 카페 연남점",
    "owner": "김하늘",
    "phone": "02-000-0000",
    "address": "서울 마포구 가상로 1",
    "account": "가상은행 000-00-000000",
    "daily_cup_holders": 120,
    "groups": ["office:office", "others:residents"],
    "districts": ["office", "station"],
    "male_percent": 45,
    "female_percent": 55,
    "age_percents": {"10s": 5, "20s": 35, "30s": 30, "40s": 20, "50_up": 10},
    "photos": 3,
    "prices_won": [4500, 5000, 5500],
    "brand_name": "가상 카페",
}
# Bodies whose shape alone does not say what goes together.
_BODIES: dict[str, dict[str, Any]] = {
    "/v1/applications": _FORM,
    "/v1/applications/{application_id}": _FORM,
    "/v1/coupon-definitions": {"store_id": _BY_NAME["store_id"]},
    "/v1/earns": {"phone": "010-1234-5678", "till": "01"},
    "/v1/data-requests/{data_request_id}/answer": {"answer": "요청하신 내역을 등록된 이메일로 보냈습니다"},
    "/v1/members/{member_id}/consents": {"code": "marketing"},
    "/v1/members/{member_id}/merge": {"into": _UUID + "c2", "reason": "번호를 바꾼 손님"},
    "/v1/members/{member_id}/profile": {"items": {"name": "김민지", "birth_date": "1996-02-29"}},
    "/v1/stores/{store_id}/rewards": {
        "rewards": [
            {"name": "아메리카노 1잔", "condition": "음료 5잔", "quantity": 10, "valid_days": 30, "value_won": 4500}
        ]
    },
    "/v1/menu/categories": {"store_id": _BY_NAME["store_id"], "name": "커피"},
    "/v1/menu/categories/{category_id}": {"store_id": _BY_NAME["store_id"], "name": "커피"},
    "/v1/menu/categories/{category_id}/remove": {"brand_id": None},
    "/v1/menu/items": {"store_id": _BY_NAME["store_id"], "name": "카페라떼"},
    "/v1/menu/items/{menu_id}": {"store_id": _BY_NAME["store_id"], "name": "카페라떼"},
    "/v1/menu/items/{menu_id}/remove": {"brand_id": None},
    "/v1/stores/{store_id}/employees": {"name": "이지은", "role": "staff"},
    "/v1/stores/{store_id}/hours": {"weekly": [[480, 1320]] * 6 + [None], "holidays": ["2026-12-25"]},
    "/v1/stores/{store_id}/refusals": {"campaign": "가을 컵홀더"},
    "/v1/stores/{store_id}/reports": {"pieces": 128},
    "/v1/stores/{store_id}/stock/orders": {"pieces": 2000},
    "/v1/stores/{store_id}/stock/rounds/{number}/receive": {"pieces": 2000},
    "/v1/stores/{store_id}/details": {"age_percents": {"10s": 5, "20s": 35, "30s": 30, "40s": 20, "50_up": 10}},
    "/v1/webhooks/{endpoint_id}/replay": {"from_event_id": None, "since_ms": 1760000000000},
}


def answer_of(method: str, path: str, status: str) -> Any:
    """The example of an answer that its route does not carry; None where there is none."""
    found = ANSWERS.get((method, path))
    return found[1] if found is not None and found[0] == status else None


def body_of(path: str, schema: dict[str, Any], schemas: dict[str, Any], *answers: dict[str, Any]) -> Any:
    """A small body of this shape: what is needed, and what has an example of its own. What its answers tell again, they
    tell as it was sent."""
    made = _made(schema, schemas, "")
    for known in answers:
        same = {name: known[name] for name, value in made.items() if type(known.get(name)) is type(value)}
        made |= {name: value for name, value in same.items() if not _has_objects(value)}
    return {name: value for name, value in (made | _BODIES.get(path, {})).items() if value is not None}


def _has_objects(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value))


def _made(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> Any:
    if "$ref" in schema:
        return _made(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return _made(next(one for one in schema[choice] if one.get("type") != "null"), schemas, name)
    if schema.get("type") == "object":
        return _object(schema, schemas)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("examples"):
        return schema["examples"][0]
    if name in _BY_NAME and _fits(_BY_NAME[name], schema):
        return _BY_NAME[name]
    return _plain(schema, schemas, name)


def _object(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    needed = schema.get("required", [])
    fields = schema.get("properties", {})
    return {
        name: _made(inner, schemas, name)
        for name, inner in fields.items()
        if name in needed or inner.get("examples") or (not needed and "default" not in inner)
    }


def _plain(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> Any:
    if "default" in schema and schema["default"] is not None:
        return schema["default"]
    kind = schema.get("type")
    if kind == "array":
        if "prefixItems" in schema:
            return [_made(one, schemas, name) for one in schema["prefixItems"]]
        return [_made(schema.get("items", {}), schemas, name.removesuffix("s"))]
    if kind == "integer":
        return max(int(schema.get("minimum", 1)), int("minimum" not in schema))
    if kind == "boolean":
        return True
    return next((text for text in _TEXTS if _fits(text, schema)), "…") if kind == "string" else {}


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    if not isinstance(value, {"string": str, "integer": int, "array": list}.get(str(schema.get("type")), ())):
        return False
    return not isinstance(value, str) or (
        schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1_000)
        and re.search(schema.get("pattern", ""), value) is not None
    )
