"""What the OpenAPI document says beyond the types: examples and which refusals a route may answer with."""

from __future__ import annotations

from typing import Any

from cloud_api import examples
from cloud_api.errors import CATALOGUE
from cloud_api.integrators.scopes import needed

_ID = "0198c5c0-7a11-7000-8000-0000000000a1"

PUSH_BODY: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["protocol", "epoch", "prev_hash", "last_hash", "ops"],
        "properties": {
            "protocol": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
            "epoch": {"type": "integer"},
            "prev_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "last_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "ops": {"type": "array", "maxItems": 500, "items": {"type": "object"}},
        },
    },
    "example": {
        "protocol": 1,
        "epoch": 1,
        "prev_hash": "0" * 64,
        "last_hash": "5f2a" * 16,
        "ops": [
            {
                "op_id": _ID,
                "device": "0198c5c0-7a11-7000-8000-0000000000d1",
                "epoch": 1,
                "seq": 1,
                "kind": "earn",
                "v": 1,
                "store": "0198c5c0-7a11-7000-8000-0000000000b1",
                "actor": "tablet",
                "wall_ms": 1760000000000,
                "mono_ms": 5000,
                "boot_id": "boot-1",
                "seen_cursor": "1.0.1",
                "body": {
                    "earn_id": "0198c5c0-7a11-7000-8000-0000000000e1",
                    "phone": "+821012345678",
                    "receipt": {
                        "fingerprint": "ab" * 32,
                        "approval_tags": ["0f" * 12],
                        "receipt_no": "0001",
                        "till": "1",
                        "kind": "sale",
                    },
                    "paid_won": 4500,
                    "points": 45,
                    "rate_bp": 100,
                    "policy_version": 1,
                    "source": "receipt_auto",
                    "occurred_ms": 1760000000000,
                },
            }
        ],
    },
}

EPOCH_BODY: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["protocol", "after"],
        "properties": {
            "protocol": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
            "after": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        },
    },
    "example": {"protocol": 1, "after": 1},
}

EPOCH_EXAMPLE = {"epoch": 2, "last_seq": 41, "server_time_ms": 1760000000123}

KEY_BODY: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["protocol", "public_key", "proof"],
        "properties": {
            "protocol": {"const": 1},
            "public_key": {"type": "string", "maxLength": 64},
            "proof": {"type": "string", "maxLength": 128},
        },
    },
    "example": {"protocol": 1, "public_key": "Yt6sZ…", "proof": "0P4xk…"},
}

KEY_EXAMPLE = {"old_key_until_ms": 1760000600123, "server_time_ms": 1760000000123}

PUSH_EXAMPLE = {
    "results": [
        {
            "seq": 1,
            "op_id": _ID,
            "status": "applied",
            "code": None,
            "body": {"earn_id": "0198c5c0-7a11-7000-8000-0000000000e1", "status": "posted", "points": 45},
        }
    ],
    "expected_seq": 2,
    "generation": 1,
    "server_time_ms": 1760000000123,
}

REQUEST_EXAMPLE = {
    "request_id": _ID,
    "version": 2,
    "kind": "coupon",
    "state": "seen",
    "title": "아메리카노 1잔",
    "nickname": "민*",
    "condition": "5,000원 이상",
    "amount_won": 4500,
    "pos_discount_won": 4500,
    "created_ms": 1760000000000,
    "remaining_ms": 58000,
    "reason": None,
    "reason_text": None,
    "decided_by": None,
    "decided_ms": None,
    "order_id": None,
    "slip_code": "BCDFGH",
    "print_device": None,
    "at_zero": "approve",
    "recovery_by": None,
}

CONSUMER_VIEW_EXAMPLE = REQUEST_EXAMPLE | {
    "store_unreachable": False,
    "message": {"ko": "죄송해요. 재고가 떨어져 이번에는 사용할 수 없어요.", "en": "We are sorry: it is out of stock."},
}

EMPLOYEE_EXAMPLE = {
    "employee_id": "0198c5c0-7a11-7000-8000-0000000000f1",
    "name": "이지은",
    "role": "staff",
    "may_recover": True,
    "suspended_ms": None,
    "suspended_for": None,
    "removed_ms": None,
}

PRODUCT_EXAMPLE: dict[str, Any] = {
    "code": "LATTE-01",
    "composition": "single",
    "services": ["in_store", "pickup"],
    "sale_first": "2025-03-01",
    "sale_last": None,
    "stopped": False,
}

MENU_ITEM_EXAMPLE: dict[str, Any] = {
    "menu_id": "0198c5c0-7a11-7000-8000-0000000000e8",
    "category_id": "0198c5c0-7a11-7000-8000-0000000000e7",
    "name": "카페라떼",
    "name_en": "Caffe latte",
    "description": "",
    "price_won": 5000,
    "visible": True,
    "position": 1,
    "version": 1,
    "options": [
        {"group_id": "우유", "least": 1, "most": 1, "options": [{"option_id": "오트", "extra_won": 600}]},
    ],
    "sale_times": {"weekdays": [0, 1, 2, 3, 4], "times": [[690, 840]]},
    "rewards": ["coupon", "point", "stamp"],
    **PRODUCT_EXAMPLE,
    "removed": False,
}

MENU_HERE_EXAMPLE: dict[str, Any] = {
    "menu_id": "0198c5c0-7a11-7000-8000-0000000000e8",
    "available": True,
    "sold_out": "today",
    "sold_out_ms": 1760000000000,
    "version": 2,
}

MENU_EXAMPLE: dict[str, Any] = {
    "categories": [
        {"category_id": "0198c5c0-7a11-7000-8000-0000000000e7", "name": "커피", "visible": True, "position": 1}
    ],
    "items": [
        MENU_ITEM_EXAMPLE
        | {"available": True, "sold_out": "today", "sold_out_until_ms": 1760022000000, "not_on_sale": "sold_out"}
    ],
    "summary": {
        "all": 24,
        "on_sale": 20,
        "hidden": 2,
        "reward_eligible": 23,
        "reward_excluded": 1,
        "with_times": 3,
    },
}

HOURS_EXAMPLE: dict[str, Any] = {
    "always_open": False,
    "weekly": [[480, 1320], [480, 1320], [480, 1320], [480, 1320], [480, 1560], [600, 1560], None],
    "holidays": ["2026-12-25"],
}

REPORT_EXAMPLE = {
    "day": "2026-11-26",
    "pieces": 128,
    "late": False,
    "version": 1,
    "written_ms": 1760000000000,
    "actor": "staff:0198c5c0-7a11-7000-8000-0000000000f1",
    "editable_until_ms": 1760040000000,
}

STOCK_EXAMPLE: dict[str, Any] = {
    "version": 3,
    "contracted": 10000,
    "received": 2000,
    "reported": 1260,
    "stock": 740,
    "over_reported": 0,
    "consumption_rate_bp": 5700,
    "stock_rate_bp": 3700,
    "daily_average": 140,
    "expected_days": 5,
    "threshold_percent": 30,
    "stock_after_receipt": 2000,
    "expected_daily": 100,
    "cycle_days": 14,
    "rounding": "half_up",
    "low": False,
    "proposed_order": 2000,
    "quick_orders": [2000, 3000, 4000],
    "rounds": [
        {
            "number": 1,
            "order_id": "0198c5c0-7a11-7000-8000-0000000000d7",
            "ordered": 2000,
            "ordered_by": "owner:0198c5c0-7a11-7000-8000-0000000000f1",
            "ordered_ms": 1759000000000,
            "received": 2000,
            "received_ms": 1759200000000,
            "collected": 0,
            "soiled": 0,
        }
    ],
}

OPERATION_LOG_EXAMPLE = {
    "log_id": "0198c5c0-7a11-7000-8000-0000000000f2",
    "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
    "action": "coupon_recover",
    "actor_type": "partner_staff",
    "actor_id": "0198c5c0-7a11-7000-8000-0000000000f1",
    "actor_name": "이지은",
    "request_id": _ID,
    "device_id": "0198c5c0-7a11-7000-8000-0000000000d1",
    "op_id": _ID,
    "detail": {"title": "아메리카노 1잔", "state": "recovered", "confirmed_by": None},
    "at_ms": 1760000000000,
}

NOTICES_EXAMPLE = {
    "notices": [
        {
            "kind": "store_unreachable",
            "request_id": _ID,
            "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
            "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
            "state": "requested",
            "created_ms": 1760000010000,
        },
        {
            "kind": "points_earned",
            "request_id": None,
            "store_id": "0198c5c0-7a11-7000-8000-0000000000b1",
            "member_id": "0198c5c0-7a11-7000-8000-0000000000c1",
            "state": None,
            "points": 45,
            "channel": "push",
            "happened_ms": 1760000010000,
            "created_ms": 1760000070000,
        },
    ],
    "cursor": "1.7",
    "has_more": False,
}

ORDER_EXAMPLE = {
    "order_id": _ID,
    "version": 1,
    "number": "101",
    "state": "new",
    "channel": "take_out",
    "take_out": True,
    "items": [
        {
            "menu_id": "0198c5c0-7a11-7000-8000-0000000000e8",
            "category_id": "0198c5c0-7a11-7000-8000-0000000000e7",
            "name": "카페라떼",
            "qty": 2,
            "amount_won": 10000,
            "options": ["오트"],
            "rewards": ["coupon", "point", "stamp"],
        }
    ],
    "total_won": 10000,
    "coupon_won": 0,
    "points": 0,
    "paid_won": 10000,
    "refund_won": 0,
    "payment": "prepaid",
    "nickname": "민*",
    "note": "",
    "created_ms": 1760000000000,
    "request_id": _ID,
    "sold_out": None,
    "sold_out_ms": None,
    "due_ms": None,
    "sold_out_items": [],
}

ORDER_FIGURES_EXAMPLE: dict[str, Any] = {
    "first": "2026-11-26",
    "last": "2026-11-26",
    "total": {
        "completed": 4,
        "take_out": 3,
        "take_out_rate_bp": 7500,
        "order_won": 68210,
        "coupon_won": 3000,
        "sales_won": 65210,
        "points": 500,
        "cancelled": 1,
        "cancelled_won": 43700,
    },
    "before": {"sales_won": 22500, "difference_won": 42710, "rate_bp": 18982},
    "by": "menu",
    "parts": [{"key": "0198c5c0-7a11-7000-8000-0000000000e8", "name": "카페라떼", "quantity": 7, "amount_won": 35000}],
    "open": 1,
}

PULL_EXAMPLE = {
    "rows": [{"feed": "store", "n": 7, "kind": "request", "body": REQUEST_EXAMPLE, "written_ms": 1760000000100}],
    "cursor": "1.7.1",
    "has_more": False,
    "generation": 1,
    "server_time_ms": 1760000000123,
}

SNAPSHOT_EXAMPLE = (
    '{"kind":"begin","body":{"cursor":"1.7.1","marked":"1.7.1.1760000000100.1759999000000",'
    '"generation":1,"server_time_ms":1760000000123,"after":""}}\n'
    '{"kind":"store","body":{"store_id":"…","name":"합정점","brand_name":"커피","service_type":"composite",'
    '"plan":"free","grade":"normal"}}\n'
    '{"kind":"policy","body":{"version":1,"rate_bp":100,"minimum_payment_won":0,"request_timeout_ms":60000,'
    '"lot_valid_days":1827,"use_unit":1,"offline_store_day_won":30000,"offline_member_won":5000,'
    '"offline_snapshot_max_ms":86400000,"auto_approve_max_won":0,'
    '"payment_max_percent":100,"store_day_max_points":0}}\n'
    '{"kind":"member","body":{"lookup":"5f2a…","masked":"010-****-5678","points":1200}}\n'
    '{"kind":"end","body":{"rows":3}}\n'
)

TALLY_EXAMPLE = {
    "requests": 1,
    "orders": 4,
    "policy_version": 1,
    "digest": "5f2a" * 16,
    "orders_from_ms": 1759935600000,
    "cursor": "1.7.1",
    "generation": 1,
    "epoch": 1,
    "last_seq": 41,
    "server_time_ms": 1760000000123,
}

BULK_BODY: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {
                "type": "array",
                "maxItems": 200,
                "items": {
                    "type": "object",
                    "required": ["id", "kind", "body"],
                    "properties": {
                        "id": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"},
                        "kind": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$"},
                        "body": {},
                    },
                },
            }
        },
    },
    "example": {"items": [{"id": _ID, "kind": "receipt.text", "body": {"text": "아메리카노 4,500"}}]},
}

ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["code", "message", "request_id"],
    "properties": {
        "code": {"type": "string", "enum": sorted(CATALOGUE)},
        "message": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


def errors(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, by status, with one example for each code."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        problem = CATALOGUE[code]
        found = by_status.setdefault(
            problem.status,
            {
                "description": "",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "examples": {}}},
            },
        )
        found["description"] = ", ".join(filter(None, [found["description"], code]))
        example = {"code": code, "message": problem.korean, "request_id": "5f1c0a9be2d34c77"}
        found["content"]["application/json"]["examples"][code] = {"value": example}
    return by_status


_NULL = "\x00"  # FastAPI drops nulls from a document; in its hands they are called this


CSV: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}}


def answer(example: Any, description: str, *, or_csv: bool = False) -> dict[str, Any]:
    """One good answer with its example; whether a caller can have a table instead."""
    content = {"application/json": {"example": _swapped(example, None, _NULL)}} | (CSV if or_csv else {})
    return {"description": description, "content": content}


def _swapped(example: Any, one: Any, other: Any) -> Any:
    """The example with ``other`` wherever it has ``one``."""
    if isinstance(example, dict):
        return {name: _swapped(value, one, other) for name, value in example.items()}
    if isinstance(example, list):
        return [_swapped(value, one, other) for value in example]
    return other if example == one else example


# Fields that an answer always has and whose value may be null, whatever the example shows; some only inside another.
_MAY_BE_NULL = frozenset(
    {
        "actor_id",
        "amount_won",
        "code",
        "condition",
        "decided_by",
        "decided_ms",
        "order_id",
        "pos_discount_won",
        "reason",
    }
    | {"reason_text", "remaining_ms", "request_id", "slip_code"}
    | {
        "bought",
        "merged_into",
        "next",
        "till",
        "points_expiring_ms",
        "join_store_id",
        "join_detail",
        "store_id",
        "answered_ms",
        "answered_by",
        "answer",
    }
    | {"sold_out", "sold_out_ms", "sold_out_until_ms", "not_on_sale"}
    | {"till", "receipt_no", "join_store_id", "place", "reward", "program", "stamps", "card"}
    | {"succeeded_ms", "old_until_ms", "failing_since_ms", "answered"}
    | {"daily_average", "expected_days", "received", "received_ms"}
    | {
        "read_ms",
        "acked_ms",
        "acked_by",
        "decision",
        "note",
        "message",
        "store_id",
        "count",
        "value_won",
        "definition_id",
    }
    | {"day_max", "valid_days", "medium", "menu", "cause", "since_ms", "next_expiry_ms", "coupon_id", "posting_id"}
    | {"meaning", "before.rate_bp", "notices[].member_id", "grades[].grade", "brand", "left", "sale_first", "sale_last"}
    | {"day_count", "day_value_won", "payment_count", "payment_value_won", "member_day_count"}
)
_TYPES = {bool: "boolean", int: "integer", str: "string"}


def schema_of(example: Any, name: str = "", within: str = "") -> dict[str, Any]:
    """The shape of an example: its fields are there in every answer, and more may come."""
    # Of a result, a feed row, a notice, a line of a log: each kind has its own (docs/protocol.md).
    if name in ("body", "detail", "details"):
        return {}
    if isinstance(example, dict):
        fields = {key: schema_of(value, key, name) for key, value in example.items()}
        shape: dict[str, Any] = {"type": "object", "required": sorted(fields), "properties": fields}
    elif isinstance(example, list):
        items = schema_of(example[0], f"{name}[]") if example else {}
        shape = {"type": "array", "items": {"anyOf": [items, {"type": "null"}]} if None in example else items}
    elif example is None:
        return {}
    else:
        shape = {"type": _TYPES[type(example)]}
    return {"anyOf": [shape, {"type": "null"}]} if {name, f"{within}.{name}"} & _MAY_BE_NULL else shape


_EVERYWHERE = ("busy",)
_WITH_A_BODY = ("bad_json", "bad_encoding", "too_large", "wrong_content_type", "invalid")
_KEYED = ("unauthorized", "scope_missing", "key_restricted", "rate_limited")
_OPEN = ("/v1/health", "/v1/enrollments/redeem")
_SIGNED = ("unauthorized", "bad_signature", "unknown_device", "device_revoked", "skew", "replayed")


def _door(path: str) -> tuple[str, ...]:
    """How the door of a route may refuse."""
    if path.startswith("/v1/sync/"):
        return _SIGNED
    return () if path in _OPEN else _KEYED


def _complete_answers(path: str, operation: dict[str, Any]) -> None:
    """What the gate in front of every route may answer, and the shapes of good answers."""
    answers = operation["responses"]
    body = _WITH_A_BODY if "requestBody" in operation else ()
    common = errors(*_EVERYWHERE, *body, *_door(path))
    if "422" in answers:  # FastAPI's own shape of it is not ours
        common |= {status: made for status, made in errors("invalid").items() if status not in common}
    for status, made in common.items():
        kept = answers.get(str(status), {}).get("content", {}).get("application/json", {})
        made["content"]["application/json"]["examples"] |= kept.get("examples", {})
        made["description"] = ", ".join(made["content"]["application/json"]["examples"])
        answers[str(status)] = made
    for status, made in answers.items():
        content = made.get("content", {}).get("application/json", {})
        if status.startswith("2") and "example" in content:
            content["example"] = _swapped(content["example"], _NULL, None)
            content["schema"] = schema_of(content["example"])


def _add_examples(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Of bodies and answers that their route has none for."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and "example" not in body:
        good = (made for status, made in operation["responses"].items() if status.startswith("2"))
        answers = [made.get("content", {}).get("application/json", {}).get("example") for made in good]
        known = [_swapped(one, _NULL, None) for one in answers if isinstance(one, dict)]
        body["example"] = examples.body_of(path, body["schema"], schemas, *known)
    for status, made in operation["responses"].items():
        example = examples.answer_of(method, path, status)
        if example is not None:
            made["content"]["application/json"]["example"] = example


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Adds the error shape, the whole catalogue and the two ways to authenticate."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR_SCHEMA
    components["securitySchemes"] = {
        "integrator": {"type": "http", "scheme": "bearer"},
        "device": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "WithFoM-Device <EdDSA JWT over method, path, body digest, time and nonce>",
        },
    }
    document["x-error-catalogue"] = {
        code: {"status": problem.status, "ko": problem.korean, "en": problem.english}
        for code, problem in sorted(CATALOGUE.items())
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _add_examples(method, path, operation, components["schemas"])
            _complete_answers(path, operation)
            if path.startswith("/v1/sync/"):
                operation["security"] = [{"device": []}]
            elif path not in _OPEN:
                operation["security"] = [{"integrator": []}]
                operation["x-scope"] = needed(method.upper(), path)
    return document
