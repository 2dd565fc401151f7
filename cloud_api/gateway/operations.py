"""Reading pushed operations: the envelope, the hash chain and the bodies; what cannot be read is parked whole."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from cloud_api import strict_json
from cloud_api.gateway.spelled import Spelled, SpelledEarn, SpelledOp
from cloud_api.ledger.facts import EarnFact, Origin, ReversalFact, SaleSeen
from cloud_api.menu.facts import MarkSoldOut
from cloud_api.notices.facts import Acknowledge
from cloud_api.orders.facts import Advance, SayingSoldOut
from cloud_api.requests.facts import Decide, Keep, Recover, Seen, Spend
from cloud_api.staff.facts import Right
from cloud_api.stock.facts import Report, StockOrder, TakenOff
from rules.menu import SoldOutKind
from rules.phone import Phone, parse_phone
from rules.recovery import RightChange
from rules.requests import Move, OrderState, RejectReason
from rules.sale import Item, PayMeans, SaleChannel, ServiceType
from sync.protocol import Operation, OpKind, canonical_json

INT64_MAX = 2**63 - 1
WON_MAX = 1_000_000_000_000  # more is not an amount of a shop
PIECES_MAX = 10_000_000  # nor a delivery
TIME_MS_MAX = 2**47  # fits every database; far beyond any real clock
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_NOT_PLAIN = re.compile("[\x00\ud800-\udfff]")
_PRINTABLE_MAX = 200
_PHONE_MAX = 20
_ID_MAX = 128
_TAGS_MAX = 50
_ITEMS_MAX = 200
_DECISIONS = {move.value: move for move in (Move.APPROVE, Move.REJECT, Move.WITHDRAW)}

UNREADABLE = "unreadable"
UNKNOWN_KIND = "unknown_kind"
UNKNOWN_VERSION = "unknown_version"
FOREIGN = "foreign_origin"


@dataclass(slots=True)
class ReadOp:
    """One pushed operation: its place, its hash and, when readable, its content; else why it is parked."""

    seq: int
    op_id: str
    kind: str
    hash: str
    raw: bytes
    op: Operation | SpelledOp | None
    problem: str | None


class _Unreadable(Exception):
    pass


def read_op(
    raw: Any, seq: int, previous_hash: str, *, device_id: str, store_id: str, epoch: int, no_floats: bool = False
) -> ReadOp:
    """Never raises for anything a client can send. ``no_floats``: the caller knows that there are none in it."""
    spelled, strict = _spell(raw, no_floats)
    digest = hashlib.sha256(previous_hash.encode() + b"\n" + spelled).hexdigest()
    op_id = raw.get("op_id") if isinstance(raw, dict) else None
    kind = raw.get("kind") if isinstance(raw, dict) else None
    safe_id = op_id if isinstance(op_id, str) and _ID.fullmatch(op_id) else ""
    safe_kind = kind if isinstance(kind, str) and _ID.fullmatch(kind) else ""
    op, problem = _envelope(raw, safe_id) if strict else (None, UNREADABLE)
    if op is not None and (op.device, op.store, op.epoch, op.seq) != (device_id, store_id, epoch, seq):
        op, problem = None, FOREIGN
    return ReadOp(seq, safe_id, safe_kind, digest, spelled, op, problem)


def read_spelled(
    found: Spelled, seq: int, previous_hash: str, *, device_id: str, store_id: str, epoch: int, no_floats: bool = False
) -> ReadOp:
    """The same for an operation whose bytes need no spelling."""
    op = found.op
    if (
        not _ID.fullmatch(op.op_id)
        or max(op.wall_ms, op.mono_ms) > INT64_MAX
        or min(op.wall_ms, op.mono_ms) < -INT64_MAX
    ):
        raw = strict_json.loads(found.raw)
        return read_op(
            raw, seq, previous_hash, device_id=device_id, store_id=store_id, epoch=epoch, no_floats=no_floats
        )
    digest = hashlib.sha256(b"%b\n%b" % (previous_hash.encode(), found.raw)).hexdigest()
    if (op.device, op.store, op.epoch, op.seq) != (device_id, store_id, epoch, seq):
        return ReadOp(seq, op.op_id, op.kind, digest, found.raw, None, FOREIGN)
    return ReadOp(seq, op.op_id, op.kind, digest, found.raw, op, None)


def _spell(raw: Any, no_floats: bool) -> tuple[bytes, bool]:
    """The bytes that the chain covers, and whether they are what the wire allows; a spelling is found for anything."""
    try:
        return (strict_json.dumps_sorted(raw).encode() if no_floats else canonical_json(raw)), True
    except (TypeError, ValueError):
        loose = json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return loose.encode("utf-8", "surrogatepass"), False


def _envelope(raw: Any, safe_id: str) -> tuple[Operation | None, str | None]:
    if not isinstance(raw, dict) or not safe_id:
        return None, UNREADABLE
    try:
        op = Operation.from_wire(raw)
    except (KeyError, TypeError):
        return None, UNREADABLE
    if max(op.seq, op.epoch, op.v, op.wall_ms, op.mono_ms) > INT64_MAX:
        return None, UNREADABLE
    if min(op.seq, op.epoch, op.v, op.wall_ms, op.mono_ms) < -INT64_MAX:
        return None, UNREADABLE
    if not _plain(op.actor):
        return None, UNREADABLE
    if op.kind not in _READERS:
        return None, UNKNOWN_KIND
    if op.v != 1:
        return None, UNKNOWN_VERSION
    return op, None


Fact = (
    EarnFact
    | ReversalFact
    | Seen
    | Decide
    | Recover
    | Keep
    | Spend
    | Right
    | Advance
    | SayingSoldOut
    | Report
    | StockOrder
    | TakenOff
    | MarkSoldOut
    | Acknowledge
)


def read_fact(op: Operation | SpelledOp, origin: Origin) -> Fact | None:
    """The body as a typed fact; None when a field is missing or out of range."""
    if type(op) is SpelledOp:
        return _spelled_earn(op.body, origin)
    assert isinstance(op, Operation)
    try:
        return _READERS[op.kind](op.body, origin)
    except _Unreadable:
        return None


def _earn(body: Mapping[str, Any], origin: Origin) -> EarnFact:
    receipt = body.get("receipt")
    if receipt is not None and not isinstance(receipt, dict):
        raise _Unreadable
    receipt = receipt or {}
    return EarnFact(
        origin=origin,
        earn_id=_id(body, "earn_id"),
        phone=_phone(body),
        fingerprint=_id(receipt, "fingerprint") if receipt else None,
        approval_tags=_tags(receipt),
        receipt_no=_optional_text(receipt, "receipt_no"),
        till=_optional_text(receipt, "till"),
        paid_won=_int(body, "paid_won", 0, WON_MAX),
        points=_int(body, "points", 0, WON_MAX),
        source=_id(body, "source"),
        occurred_ms=_int(body, "occurred_ms", 0, TIME_MS_MAX),
        points_spent_won=_int(body, "points_spent_won", 0, WON_MAX) if "points_spent_won" in body else 0,
        stamps=_int(body, "stamps", 0, PIECES_MAX) if "stamps" in body else 0,
        sale=None if body.get("sale") is None else _sale(body["sale"]),
    )


def _sale(raw: Any) -> SaleSeen:
    items = raw.get("items", []) if isinstance(raw, dict) else None
    if not isinstance(items, list) or len(items) > _ITEMS_MAX or not all(isinstance(item, dict) for item in items):
        raise _Unreadable
    try:
        return SaleSeen(
            means=None if raw.get("means") is None else PayMeans(raw["means"]),
            service=None if raw.get("service") is None else ServiceType(raw["service"]),
            channel=None if raw.get("channel") is None else SaleChannel(raw["channel"]),
            coupon_used=raw.get("coupon_used") is True,
            items=tuple(map(_item, items)),
        )
    except ValueError:
        raise _Unreadable from None


def _item(raw: Mapping[str, Any]) -> Item:
    return Item(
        _id(raw, "product_id"),
        _int(raw, "quantity", 1, PIECES_MAX) if "quantity" in raw else 1,
        by_coupon=raw.get("by_coupon") is True,
        reward_excluded=raw.get("reward_excluded") is True,
    )


_NO_TAGS: tuple[str, ...] = ()


def _spelled_earn(body: SpelledEarn, origin: Origin) -> EarnFact | None:
    """``_earn`` for a body whose types are known; texts without escapes are plain by themselves."""
    receipt = body.receipt
    phone = parse_phone(body.phone) if len(body.phone) <= _PHONE_MAX else None
    if not (
        isinstance(phone, Phone)
        and _is_id(body.earn_id)
        and _is_id(body.source)
        and 0 <= body.paid_won <= WON_MAX
        and 0 <= body.points <= WON_MAX
        and 0 <= body.occurred_ms <= TIME_MS_MAX
        and 0 <= body.stamps <= PIECES_MAX
    ):
        return None
    if receipt is None:
        fingerprint, tags, receipt_no, till = None, _NO_TAGS, None, None
    else:
        fingerprint, receipt_no, till = receipt.fingerprint, receipt.receipt_no, receipt.till
        tags = tuple(receipt.approval_tags)
        if not (
            _is_id(fingerprint)
            and len(tags) <= _TAGS_MAX
            and all(map(_is_id, tags))
            and (receipt_no is None or len(receipt_no) <= _PRINTABLE_MAX)
            and (till is None or len(till) <= _PRINTABLE_MAX)
        ):
            return None
    return EarnFact(
        origin,
        body.earn_id,
        phone,
        fingerprint,
        tags,
        receipt_no,
        till,
        body.paid_won,
        body.points,
        body.source,
        body.occurred_ms,
        stamps=body.stamps,
    )


def _reversal(body: Mapping[str, Any], origin: Origin) -> ReversalFact:
    return ReversalFact(
        origin=origin,
        reversal_id=_id(body, "reversal_id"),
        cancel_fingerprint=_id(body, "cancel_fingerprint"),
        sale_fingerprint=_optional(body, "sale_fingerprint", _id),
        approval_tags=_tags(body),
        amount_won=_int(body, "amount_won", -WON_MAX, WON_MAX),
        earn_id=_optional(body, "earn_id", _id),
        occurred_ms=_int(body, "occurred_ms", 0, TIME_MS_MAX),
    )


def _seen(body: Mapping[str, Any], _origin: Origin) -> Seen:
    return Seen(_id(body, "request_id"))


def _decide(body: Mapping[str, Any], _origin: Origin) -> Decide:
    move = _DECISIONS.get(_text(body, "decision", _ID_MAX))
    if move is None:
        raise _Unreadable
    reason = body.get("reason")
    if reason is not None and reason not in list(RejectReason):
        raise _Unreadable
    remaining = body.get("remaining_ms")
    return Decide(
        request_id=_id(body, "request_id"),
        move=move,
        reason=None if reason is None else RejectReason(reason),
        reason_text=_optional_text(body, "reason_text"),
        remaining_ms=None if remaining is None else _int(body, "remaining_ms", -INT64_MAX, INT64_MAX),
        occurred_ms=_int(body, "occurred_ms", 0, TIME_MS_MAX),
    )


def _recover(body: Mapping[str, Any], _origin: Origin) -> Recover:
    return Recover(_id(body, "request_id"), _int(body, "occurred_ms", 0, TIME_MS_MAX))


def _spend(body: Mapping[str, Any], _origin: Origin) -> Spend:
    by_default = body.get("decided_by_default")
    if not isinstance(by_default, bool):
        raise _Unreadable
    return Spend(
        spend_id=_id(body, "spend_id"),
        phone=_phone(body),
        points=_int(body, "points", 1, WON_MAX),
        payment_won=_int(body, "payment_won", 0, WON_MAX),
        by_default=by_default,
        occurred_ms=_int(body, "occurred_ms", 0, TIME_MS_MAX),
        snapshot_ms=_int(body, "snapshot_ms", 0, TIME_MS_MAX),
    )


def _keep(body: Mapping[str, Any], _origin: Origin) -> Keep:
    return Keep(_id(body, "request_id"), _int(body, "occurred_ms", 0, TIME_MS_MAX))


def _right(body: Mapping[str, Any], _origin: Origin) -> Right:
    wanted = body.get("change")
    if wanted not in list(RightChange):
        raise _Unreadable
    return Right(_id(body, "employee_id"), RightChange(wanted), _int(body, "occurred_ms", 0, TIME_MS_MAX))


def _advance(body: Mapping[str, Any], _origin: Origin) -> Advance:
    wanted = body.get("to")
    if wanted not in list(OrderState):
        raise _Unreadable
    return Advance(_id(body, "order_id"), OrderState(wanted), _int(body, "occurred_ms", 0, TIME_MS_MAX))


def _saying_sold_out(body: Mapping[str, Any], _origin: Origin) -> SayingSoldOut:
    ids = body.get("menu_ids")
    if not isinstance(ids, list) or len(ids) > _ITEMS_MAX:
        raise _Unreadable
    menu_ids = tuple(_id({"menu_id": one}, "menu_id") for one in ids)
    return SayingSoldOut(_id(body, "order_id"), menu_ids, _int(body, "occurred_ms", 0, TIME_MS_MAX))


def _report(body: Mapping[str, Any], _origin: Origin) -> Report:
    try:
        day = date.fromisoformat(_id(body, "day"))
    except ValueError:
        raise _Unreadable from None
    return Report(day, _int(body, "pieces", 0, WON_MAX), _int(body, "written_ms", 0, TIME_MS_MAX))


def _stock_order(body: Mapping[str, Any], _origin: Origin) -> StockOrder:
    return StockOrder(
        _id(body, "order_id"), _int(body, "pieces", 1, PIECES_MAX), _int(body, "occurred_ms", 0, TIME_MS_MAX)
    )


def _taken_off(body: Mapping[str, Any], _origin: Origin) -> TakenOff:
    _int(body, "written_ms", 0, TIME_MS_MAX)
    number = _int(body, "number", 1, PIECES_MAX)
    return TakenOff(number, _int(body, "collected", 0, PIECES_MAX), _int(body, "soiled", 0, PIECES_MAX))


def _sold_out(body: Mapping[str, Any], _origin: Origin) -> MarkSoldOut:
    kind = body.get("kind")
    if kind is not None and kind not in list(SoldOutKind):
        raise _Unreadable
    return MarkSoldOut(
        _id(body, "menu_id"),
        None if kind is None else SoldOutKind(kind),
        _int(body, "occurred_ms", 0, TIME_MS_MAX),
    )


def _acknowledge(body: Mapping[str, Any], _origin: Origin) -> Acknowledge:
    return Acknowledge(
        _id(body, "notice_id"), _int(body, "count", 1, PIECES_MAX), _int(body, "occurred_ms", 0, TIME_MS_MAX)
    )


_READERS: dict[str, Callable[[Mapping[str, Any], Origin], Fact]] = {
    OpKind.EARN: _earn,
    OpKind.EARN_REVERSE: _reversal,
    OpKind.REQUEST_SEEN: _seen,
    OpKind.REQUEST_DECIDE: _decide,
    OpKind.REQUEST_RECOVER: _recover,
    OpKind.REQUEST_KEEP: _keep,
    OpKind.EMPLOYEE_RIGHT: _right,
    OpKind.POINTS_SPEND: _spend,
    OpKind.ORDER_ADVANCE: _advance,
    OpKind.ORDER_SOLD_OUT: _saying_sold_out,
    OpKind.REPORT_SUBMIT: _report,
    OpKind.STOCK_ORDER: _stock_order,
    OpKind.STOCK_TAKE_OFF: _taken_off,
    OpKind.MENU_SOLD_OUT: _sold_out,
    OpKind.NOTICE_ACK: _acknowledge,
}

T = TypeVar("T")


def _phone(body: Mapping[str, Any]) -> Phone:
    phone = parse_phone(_text(body, "phone", _PHONE_MAX))
    if not isinstance(phone, Phone):
        raise _Unreadable
    return phone


def _optional(body: Mapping[str, Any], name: str, reader: Callable[[Mapping[str, Any], str], T]) -> T | None:
    return None if body.get(name) is None else reader(body, name)


def _id(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _is_id(value):
        raise _Unreadable
    return value


def _is_id(value: str) -> bool:
    return 0 < len(value) <= _ID_MAX and value.isascii() and value.isprintable()


def _text(body: Mapping[str, Any], name: str, length_max: int = _PRINTABLE_MAX) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > length_max or not _plain(value):
        raise _Unreadable
    return value


def _optional_text(body: Mapping[str, Any], name: str) -> str | None:
    return _optional(body, name, _text)


def _plain(value: str) -> bool:
    """No NUL (PostgreSQL cannot keep it) and no half characters; anything else a till may print is kept."""
    return _NOT_PLAIN.search(value) is None


def _int(body: Mapping[str, Any], name: str, lowest: int, highest: int) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise _Unreadable
    return value


def _tags(body: Mapping[str, Any]) -> tuple[str, ...]:
    value = body.get("approval_tags", [])
    if not isinstance(value, list) or len(value) > _TAGS_MAX:
        raise _Unreadable
    return tuple(_id({"tag": tag}, "tag") for tag in value)
