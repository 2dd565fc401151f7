"""Bulk uploads: material that nothing waits for, kept by id as it came, outside of the chain of operations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from cloud_api import strict_json
from cloud_api.database import Work
from cloud_api.devices import health
from cloud_api.devices.auth import DeviceCall, claim_nonce
from cloud_api.errors import ApiError
from cloud_api.http import read_json
from cloud_api.vault import Vault

ITEMS_MAX = 200
ITEM_BYTES_MAX = 16 * 1024
HEALTH = "health"  # the kind of what a device says about itself
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_KEEP = text(
    "INSERT INTO bulk_item (device_id, item_id, store_id, kind, sealed, received_ms)"
    " VALUES (:device_id, :item_id, :store_id, :kind, :sealed, :received_ms)"
    " ON CONFLICT (device_id, item_id) DO NOTHING"
)


@dataclass(frozen=True)
class Upload:
    """One thing to keep; ``raw`` is its JSON."""

    item_id: str
    kind: str
    raw: bytes


def read_uploads(raw: bytes) -> list[Upload]:
    """``{"items": [{"id", "kind", "body"}]}``. Raises ApiError; of a body that is wrong nothing is kept."""
    body = read_json(raw)
    items = body.get("items") if isinstance(body, dict) and set(body) == {"items"} else None
    if not isinstance(items, list):
        raise ApiError("invalid", extra={"detail": "items are needed"})
    if len(items) > ITEMS_MAX:
        raise ApiError("too_large")
    return [_upload(item) for item in items]


def _upload(item: Any) -> Upload:
    if not isinstance(item, dict) or set(item) != {"id", "kind", "body"}:
        raise ApiError("invalid", extra={"detail": "an item has id, kind and body"})
    for name in ("id", "kind"):
        if not isinstance(item[name], str) or not _ID.fullmatch(item[name]):
            raise ApiError("invalid", extra={"detail": f"{name} is 1 to 64 of A-Z a-z 0-9 _ . : -"})
    written = strict_json.dumps(item["body"]).encode("utf-8", "surrogatepass")
    if len(written) > ITEM_BYTES_MAX:
        raise ApiError("too_large")
    return Upload(item["id"], item["kind"], written)


def keep(work: Work, vault: Vault, call: DeviceCall, uploads: list[Upload]) -> int:
    """Keeps what is not known yet and returns how many those were; the first one with an id stays.

    Takes no lock that a push of the same store would wait for, but for the device's own row with its last statements.
    """
    claim_nonce(work, call)
    kept = 0
    for upload in uploads:
        row = {
            "device_id": call.device_id,
            "item_id": upload.item_id,
            "store_id": call.store_id,
            "kind": upload.kind,
            "sealed": vault.seal(upload.raw, place=place(call.device_id, upload.item_id)),
            "received_ms": work.now_ms,
        }
        kept += work.conn.execute(_KEEP, row).rowcount
    for upload in uploads:
        if upload.kind == HEALTH:
            health.note(work, call.device_id, strict_json.loads(upload.raw))
    health.seen(work, call)
    return kept


def place(device_id: str, item_id: str) -> str:
    """What a sealed item is bound to."""
    return f"bulk/{device_id}/{item_id}"
