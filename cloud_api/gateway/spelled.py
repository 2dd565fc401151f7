"""Reading a push whose bytes are already the canonical spelling, without making a tree of it.

What our own agent sends is spelled as the chain covers it: sorted keys, no blanks, no escapes. Such a body, and each
earn in it, is decoded into typed records and written again; only when that gives the same bytes it counts as read. Then
no key came twice, no number had a fraction and nothing is there that the record does not hold, so the chain covers the
bytes as they came. Everything else goes the general way (strict_json, operations.read_op), which comes to the same.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cloud_api import strict_json

# Fields stand in the order of their names: that is the order in which the encoder writes them.


class SpelledReceipt(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    approval_tags: list[str]
    fingerprint: str
    kind: str
    receipt_no: str | None
    till: str | None


class SpelledEarn(msgspec.Struct, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    earn_id: str
    occurred_ms: int
    paid_won: int
    phone: str
    points: int
    policy_version: int
    rate_bp: int
    receipt: SpelledReceipt | None
    source: str
    # As our agent writes them: only where the store gives stamps, and then always above zero.
    stamps: int = 0


class SpelledOp(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An earn of version 1, the only kind that comes by the hundred."""

    actor: str
    body: SpelledEarn
    boot_id: str
    device: str
    epoch: int
    kind: Literal["earn"]
    mono_ms: int
    op_id: str
    seen_cursor: str
    seq: int
    store: str
    v: Literal[1]
    wall_ms: int


class Spelled(msgspec.Struct, gc=False):
    """An operation and its canonical bytes."""

    op: SpelledOp
    raw: bytes


class _Push(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    epoch: int
    last_hash: str
    ops: list[msgspec.Raw]
    prev_hash: str
    protocol: int


_DEPTH_OF_OPS = 2  # a push is an object with a list
_encoder = msgspec.json.Encoder()
_push_of = msgspec.json.Decoder(_Push).decode
_op_of = msgspec.json.Decoder(SpelledOp).decode


def loads_push(raw: bytes) -> tuple[Any, bool]:
    """The body of a push, its operations as ``Spelled`` where they may be, and whether a float is in the others.

    Raises strict_json.BadJson for what is not strict JSON.
    """
    push = _read(_push_of, raw)
    if push is None:
        return strict_json.loads_telling_floats(raw)
    ops: list[Any] = []
    floats = False
    for item in push.ops:
        written = bytes(item)
        # An escape has several spellings, and the two encoders need not agree on one.
        op = None if b"\\" in written else _read(_op_of, written)
        if op is not None:
            ops.append(Spelled(op, written))
            continue
        value, has_floats = strict_json.loads_telling_floats(written, depth_max=strict_json.DEPTH_MAX - _DEPTH_OF_OPS)
        ops.append(value)
        floats = floats or has_floats
    body = {"protocol": push.protocol, "epoch": push.epoch, "ops": ops}
    return body | {"prev_hash": push.prev_hash, "last_hash": push.last_hash}, floats


def _read(decode: Any, raw: bytes) -> Any | None:
    """The record, when nothing but itself is written in ``raw``."""
    try:
        found = decode(raw)
        return found if _encoder.encode(found) == raw else None
    except (ValueError, OverflowError, RecursionError):
        return None
