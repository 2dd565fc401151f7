"""The wire between agent and cloud: shapes, names, canonical bytes and the hash chain. Shared by both sides.

docs/protocol.md describes the same in prose. Nothing here does I/O or imports anything heavy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

PROTOCOL_VERSION = 1
OPS_PER_PUSH_MAX = 500
PUSH_BYTES_MAX = 256 * 1024  # before gzip
PULL_ROWS_MAX = 500
SKEW_MAX_S = 300
CHAIN_START = "0" * 64  # the hash "before" the first operation of an epoch
STREAM_KEEPALIVE_S = 10
STREAM_READ_TIMEOUT_S = 25
DEVICE_SUSPENDED = "device_suspended"  # two copies of it were seen; no word of its about value is believed
JWT_AUDIENCE = "withfom-cloud"
AUTH_SCHEME = "WithFoM-Device"  # Authorization: WithFoM-Device <EdDSA JWT>
ENROLL_PROOF_PREFIX = b"withfom-enroll-v1"
KEY_PROOF_PREFIX = b"withfom-key-v1"
# RFC 8628's twenty letters without vowels: no word can appear, no letter looks like a digit.
ENROLL_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
ENROLL_CODE_LENGTH = 8


class OpKind(StrEnum):
    """What a device may report. Bodies are described beside each kind; every amount is a whole number."""

    # {earn_id, phone (E.164), receipt: {fingerprint, approval_tags[], receipt_no, till, kind} | null,
    #  paid_won, points (provisional), rate_bp, policy_version, source: "receipt_auto"|"claim", occurred_ms,
    #  points_spent_won (only when points were spent on the sale and its receipt does not show it),
    #  stamps (provisional; only where the store gives stamps),
    #  sale: {means, service, channel, coupon_used, items: [{product_id, quantity, by_coupon, reward_excluded}]}
    #  (only what is known of it)}
    EARN = "earn"
    # {reversal_id, cancel_fingerprint, sale_fingerprint|null, approval_tags[], amount_won, earn_id|null, occurred_ms}
    EARN_REVERSE = "earn.reverse"
    # {request_id}
    REQUEST_SEEN = "request.seen"
    # {request_id, decision: "approve"|"reject"|"withdraw", reason|null, reason_text|null, remaining_ms|null,
    #  occurred_ms}
    # remaining_ms is what the countdown showed at the tap; null when no countdown was known.
    REQUEST_DECIDE = "request.decide"
    # {request_id, occurred_ms}
    REQUEST_RECOVER = "request.recover"
    # {request_id, occurred_ms}: the owner refuses a recovery that staff asked for
    REQUEST_KEEP = "request.keep"
    # {employee_id, change: "lift"|"allow"|"forbid", occurred_ms}: the owner about somebody's right to take back
    EMPLOYEE_RIGHT = "employee.right"
    # {spend_id, phone (E.164), points, payment_won, decided_by_default, occurred_ms, snapshot_ms}
    # Points spent while the counter had no line, decided there; spend_id is the request's id.
    POINTS_SPEND = "points.spend"
    # {order_id, to: OrderState, occurred_ms}
    ORDER_ADVANCE = "order.advance"
    # {order_id, menu_ids[], occurred_ms}: the customer of an accepted order is told, and may cancel or keep it
    ORDER_SOLD_OUT = "order.sold_out"
    # {day: "2026-11-27", pieces, written_ms}: cup holders used that day; a later number replaces an earlier one
    REPORT_SUBMIT = "report.submit"
    # {menu_id, kind: "today"|"until_released"|null (on sale again), occurred_ms}: the later word stands
    MENU_SOLD_OUT = "menu.sold_out"
    # {order_id, pieces, occurred_ms}: the owner orders cup holders
    STOCK_ORDER = "stock.order"
    # {number, collected, soiled, written_ms}: pieces of a round that are gone unused, in all; the last word stands
    STOCK_TAKE_OFF = "stock.take_off"
    # {notice_id, count, occurred_ms}: somebody has seen what had happened ``count`` times by then
    NOTICE_ACK = "notice.ack"


class OpStatus(StrEnum):
    APPLIED = "applied"
    ADJUSTED = "adjusted"  # booked, with another figure than the provisional one; body says which
    REJECTED = "rejected"
    PARKED = "parked"
    FORKED = "forked"  # same position, other content
    RETRY = "retry"


FINAL_STATUSES = frozenset({OpStatus.APPLIED, OpStatus.ADJUSTED, OpStatus.REJECTED, OpStatus.PARKED})


class FeedKind(StrEnum):
    """Rows that the cloud sends. Bodies carry full projections, so that applying one twice changes nothing."""

    # {request_id, version, kind, state, title, nickname, condition, amount_won, pos_discount_won, created_ms,
    #  remaining_ms|null (computed when the row is served), reason|null, reason_text|null, decided_by|null,
    #  decided_ms|null, order_id|null, slip_code, print_device|null (the one device that prints the slip),
    #  at_zero: "approve"|"expire" (what becomes of it when nobody answers),
    #  recovery_by|null (who asked to take it back; the owner confirms or it happens by itself)}
    REQUEST = "request"
    # {order_id, version, number, state, channel, take_out, items: [{menu_id, category_id,
    #  name, qty, amount_won, options[], rewards[]}],
    #  total_won, coupon_won, points, paid_won, refund_won, payment: "prepaid"|"postpaid", nickname, note, created_ms,
    #  request_id|null, sold_out: "asked"|"kept"|null, sold_out_ms|null, sold_out_items[],
    #  due_ms|null (when its customer comes for it; `note` says it in words)}
    ORDER = "order"
    # {earn_id, op_id, status: "posted"|"reversed"|"rejected", points, code|null,
    #  stamps (only where the store gives stamps)}
    EARN = "earn"
    # {version, rate_bp, minimum_payment_won, request_timeout_ms, lot_valid_days, use_unit, offline_store_day_won,
    #  offline_member_won, offline_snapshot_max_ms, auto_approve_max_won,
    #  payment_max_percent, store_day_max_points}
    POLICY = "policy"
    # {of: "brand"|"store", version, method: "point"|"stamp"|null (the store has none of its own any more), scope,
    #  rate_bp, bonus_bp, grades[], stamps, card, rewards[], limits, day_starts_minute}: rules.programs
    EARNING = "earning"
    # {store_id, name, brand_name, service_type, plan, grade, opens_minute|null, state, state_reason, alert_mode,
    #  hours: {always_open, weekly: [[opens, closes]|null ×7], holidays[]} (absent until somebody has set them)}
    STORE = "store"
    # {device_id, epoch, seq, op_id, status, code, body}: the final result of an operation that was parked
    OP = "op"
    # {employee_id, version, name, role: "owner"|"staff", pin_salt, pin_verifier, may_recover, suspended,
    #  counted_from_ms, removed}
    EMPLOYEE = "employee"
    # {category_id, name, visible, position, version, removed}; of the brand in the brand's feed
    MENU_CATEGORY = "menu_category"
    # {menu_id, category_id, name, name_en, description, price_won, visible, position, version, options[], sale_times,
    #  rewards[], code, composition, services[], sale_first|null, sale_last|null, stopped, removed};
    #  of the brand in the brand's feed
    MENU = "menu"
    # {menu_id, available, sold_out: "today"|"until_released"|null, sold_out_ms|null, version}: as this store has it
    MENU_HERE = "menu_here"
    # {label, meaning|null (withdrawn), pos_model, version}: a label on receipts, in the brand's feed
    LAYOUT = "layout"
    # {coupon_id, name, condition, expires_ms, issued_ms, why: "stamp_tier"|"staff", earn_id|null,
    #  print_device|null (the one device that may print it by itself)}: a coupon of a member, to be given on paper
    COUPON = "coupon"
    # {day, pieces, late, version, written_ms, actor, editable_until_ms}
    REPORT = "report"
    # {version, contracted, received, reported, stock, over_reported, stock_rate_bp, consumption_rate_bp,
    #  daily_average|null, expected_days|null, threshold_percent, stock_after_receipt, expected_daily, cycle_days,
    #  rounding: "half_up"|"ceil", low, proposed_order, quick_orders[],
    #  rounds: [{number, order_id, ordered, ordered_by, ordered_ms, received|null, received_ms|null, collected,
    #  soiled}]}
    STOCK = "stock"
    # {lookup, masked, points, at_ms, grade and stamps where a store has them}: what the member of this number has now;
    # the lookup is made with the store's key
    MEMBER = "member"
    # {lookup, until_ms, at_ms}: nobody's number; up to until_ms nothing is promised to whoever types it
    WITHDRAWN = "withdrawn"
    # For a store: {notice_id, version, kind, priority: "high"|"medium"|"low", for_owner, count, created_ms, at_ms,
    # expires_ms, read_ms|null, acked_ms|null, acked_by|null} and the figures of its kind beside them.
    # For consumers: {kind, request_id|null, store_id, member_id|null, state|null, created_ms}; their apps read them at
    # GET /v1/notices
    NOTICE = "notice"
    # {version, switched_off[], advance_orders}: what the store does not want in its bell
    NOTICE_SETTING = "notice_setting"


def canonical_json(value: Any) -> bytes:
    """One spelling for one value: sorted keys, no blanks, UTF-8, integers only (a float is a bug and raises)."""
    _refuse_what_is_no_json(value)
    return _encode()(value)


def json_text(value: Any) -> str:
    """The same spelling as text, nothing refused: for what a column of ours keeps, and for what lies in a value that
    ``canonical_json`` writes whole."""
    return _encode()(value).decode()


@cache
def _encode() -> Callable[[Any], bytes]:
    import msgspec  # what it brings along is not needed to start

    return msgspec.json.Encoder(order="sorted").encode


_SCALARS = frozenset({str, int, bool, type(None)})  # nearly all that is written


def _refuse_what_is_no_json(value: Any) -> None:
    """Raises TypeError for a float, and for what the encoder would find a spelling of its own for."""
    if isinstance(value, dict):
        inner: Iterable[Any] = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    elif isinstance(value, float):
        raise TypeError("the wire carries integers only")
    elif value is None or isinstance(value, str | int):
        return
    else:
        raise TypeError(f"the wire carries no {type(value).__name__}")
    for item in inner:
        if type(item) not in _SCALARS:
            _refuse_what_is_no_json(item)


@dataclass(frozen=True)
class Operation:
    """One thing a device says happened. ``seq`` is gapless from 1 within (device, epoch)."""

    op_id: str
    device: str
    epoch: int
    seq: int
    kind: str
    v: int
    store: str
    actor: str
    wall_ms: int
    mono_ms: int
    boot_id: str
    seen_cursor: str
    body: dict[str, Any]

    def to_wire(self) -> dict[str, Any]:
        return {
            "op_id": self.op_id,
            "device": self.device,
            "epoch": self.epoch,
            "seq": self.seq,
            "kind": self.kind,
            "v": self.v,
            "store": self.store,
            "actor": self.actor,
            "wall_ms": self.wall_ms,
            "mono_ms": self.mono_ms,
            "boot_id": self.boot_id,
            "seen_cursor": self.seen_cursor,
            "body": self.body,
        }

    @staticmethod
    def from_wire(raw: dict[str, Any]) -> Operation:
        """Raises KeyError or TypeError when a field is missing or has the wrong type."""
        op = Operation(**{name: raw[name] for name in _OPERATION_FIELDS})
        for name, kind in _OPERATION_FIELDS.items():
            value = getattr(op, name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise TypeError(f"operation field {name} must be {kind.__name__}")
        return op


_OPERATION_FIELDS: dict[str, type] = {
    "op_id": str,
    "device": str,
    "epoch": int,
    "seq": int,
    "kind": str,
    "v": int,
    "store": str,
    "actor": str,
    "wall_ms": int,
    "mono_ms": int,
    "boot_id": str,
    "seen_cursor": str,
    "body": dict,
}


def chain_hash(previous_hash: str, op: Operation) -> str:
    """SHA-256 over the hash before it and the operation's canonical bytes, as lower-case hex."""
    return chain_hash_of(previous_hash, canonical_json(op.to_wire()))


def chain_hash_of(previous_hash: str, written: bytes) -> str:
    """``chain_hash`` of an operation whose canonical bytes are at hand."""
    return hashlib.sha256(previous_hash.encode() + b"\n" + written).hexdigest()


def body_digest(body: bytes) -> str:
    """The ``bdg`` claim of a signed request: lower-case hex SHA-256 of the body as sent (empty body included)."""
    return hashlib.sha256(body).hexdigest()


def tally_digest(items: Iterable[tuple[str, str, int]]) -> str:
    """What somebody holds in one number, whatever its order: (kind, id, version) each; GET /v1/sync/tally.

    The sum of their SHA-256 modulo 2**256, as 64 hexadecimal digits.
    """
    total = 0
    for kind, ident, version in items:
        total += int.from_bytes(hashlib.sha256(f"{kind}\n{ident}\n{version}".encode()).digest())
    return f"{total % 2**256:064x}"


def enroll_proof_message(code: str, public_key_b64: str) -> bytes:
    """What a device signs to prove that it holds the private half of the key it enrolls with."""
    return b"\n".join([ENROLL_PROOF_PREFIX, code.encode(), public_key_b64.encode()])


def key_proof_message(device_id: str, public_key_b64: str) -> bytes:
    """What a device signs with a new key to prove that it holds the private half."""
    return b"\n".join([KEY_PROOF_PREFIX, device_id.encode(), public_key_b64.encode()])


def normalise_enroll_code(text: str) -> str:
    """Upper case, blanks and hyphens removed."""
    return "".join(ch for ch in text.upper() if ch not in " -")


@dataclass(frozen=True)
class OpResult:
    """The stored answer to one operation; a repeated operation gets the same words again."""

    seq: int
    op_id: str
    status: str
    code: str | None = None
    body: dict[str, Any] | None = None

    def to_wire(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "op_id": self.op_id,
            "status": self.status,
            "code": self.code,
            "body": self.body,
        }

    @staticmethod
    def from_wire(raw: dict[str, Any]) -> OpResult:
        return OpResult(raw["seq"], raw["op_id"], raw["status"], raw.get("code"), raw.get("body"))


@dataclass(frozen=True)
class FeedRow:
    """Row ``n`` of one feed (``store`` or ``brand``); numbers are gapless within a server generation."""

    feed: str
    n: int
    kind: str
    body: dict[str, Any]
    written_ms: int = field(default=0, compare=False)  # 0: the cloud did not say

    @staticmethod
    def from_wire(raw: dict[str, Any]) -> FeedRow:
        row = FeedRow(raw["feed"], raw["n"], raw["kind"], raw["body"], raw.get("written_ms", 0))
        if row.feed not in ("store", "brand") or not isinstance(row.n, int) or not isinstance(row.body, dict):
            raise TypeError("not a feed row")
        if not isinstance(row.written_ms, int):
            raise TypeError("not a feed row")
        return row


@dataclass(frozen=True)
class Cursor:
    """How far a device has read: opaque text on the wire, ``generation.store_n.brand_n``.

    When the two rows were written tells them from others that a cloud from a backup gave the same numbers; 0: unknown.
    """

    generation: int
    store_n: int
    brand_n: int
    store_ms: int = field(default=0, compare=False)
    brand_ms: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.generation}.{self.store_n}.{self.brand_n}"

    def marked(self) -> str:
        """The text with what is known of the rows, by which a cloud finds out that it has lost them."""
        return f"{self}.{self.store_ms}.{self.brand_ms}" if self.store_ms or self.brand_ms else str(self)

    @staticmethod
    def parse(text: str) -> Cursor:
        """Raises ValueError when the text is not a cursor."""
        parts = [int(part) for part in text.split(".")]
        if len(parts) not in (3, 5):
            raise ValueError("a cursor has three parts, or five")
        if min(parts) < 0:
            raise ValueError("a cursor has no negative part")
        return Cursor(*parts)


@dataclass(frozen=True)
class PushResponse:
    """Answer to POST /v1/sync/push. ``expected_seq`` is the next sequence number the server will take."""

    results: tuple[OpResult, ...]
    expected_seq: int
    generation: int
    server_time_ms: int

    @staticmethod
    def from_wire(raw: dict[str, Any]) -> PushResponse:
        return PushResponse(
            tuple(OpResult.from_wire(item) for item in raw["results"]),
            int(raw["expected_seq"]),
            int(raw["generation"]),
            int(raw["server_time_ms"]),
        )


@dataclass(frozen=True)
class PullPage:
    """Answer to GET /v1/sync/pull."""

    rows: tuple[FeedRow, ...]
    cursor: str
    has_more: bool
    server_time_ms: int

    @staticmethod
    def from_wire(raw: dict[str, Any]) -> PullPage:
        return PullPage(
            tuple(FeedRow.from_wire(item) for item in raw["rows"]),
            str(raw["cursor"]),
            bool(raw["has_more"]),
            int(raw["server_time_ms"]),
        )
