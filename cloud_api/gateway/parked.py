"""Operations that were put aside: listing them, and applying parked ones again after the server learned how.

Rules: AGT-15.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text, update

from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.gateway.apply import Applier
from cloud_api.gateway.models import device_op, forked_op
from cloud_api.gateway.operations import read_op
from cloud_api.gateway.push import apply_run, earlier_use, op_place, result_text
from cloud_api.ledger.facts import Outcome
from cloud_api.stores.earning import terms_at
from cloud_api.stores.service import lock_store, policy_of
from cloud_api.vault import SealBroken, Vault
from sync.protocol import CHAIN_START, FeedKind, OpResult, OpStatus


@dataclass(frozen=True)
class SetAside:
    """Where an operation stands and why it was not booked. ``status`` is parked or forked."""

    device_id: str
    epoch: int
    seq: int
    op_id: str
    kind: str
    status: str
    code: str
    received_ms: int

    def __str__(self) -> str:
        name = f"{self.kind or '?'} {self.op_id}".rstrip()
        return f"{self.status} {self.code} {self.device_id} {self.epoch} {self.seq} {name}"


def list_aside(conn: Connection) -> list[SetAside]:
    """Oldest first. Forked ones are only shown: their device sends them again when it enrolls anew."""
    parked = [
        SetAside(
            row.device_id,
            row.epoch,
            row.seq,
            row.op_id,
            row.kind,
            row.status,
            json.loads(row.result).get("code") or "",
            row.received_ms,
        )
        for row in conn.execute(select(device_op).where(text("status = 'parked'")))
    ]
    forked = [
        SetAside(row.device_id, row.epoch, row.seq, "", "", OpStatus.FORKED.value, row.code, row.received_ms)
        for row in conn.execute(select(forked_op))
    ]
    return sorted(parked + forked, key=lambda found: (found.received_ms, found.device_id, found.epoch, found.seq))


def replay(work: Work, vault: Vault, aside: SetAside) -> str | None:
    """Applies a parked operation through the code that pushes take; its new result, which is stored and sent to the
    store's devices, or None when it stays parked."""
    owner = work.conn.execute(_OWNER, {"device_id": aside.device_id}).one()
    here = (
        (device_op.c.device_id == aside.device_id) & (device_op.c.epoch == aside.epoch) & (device_op.c.seq == aside.seq)
    )
    # As in a push: the store first, so that its receipts and cancels are taken in turns.
    lock_store(work, owner.store_id)
    row = work.conn.execute(select(device_op).where(here).with_for_update()).one()
    if row.status != OpStatus.PARKED:
        return None
    outcome = _apply(work, vault, row, owner)
    if outcome is None or outcome.status is OpStatus.PARKED:
        return None
    result = OpResult(row.seq, row.op_id, outcome.status.value, outcome.code, outcome.body)
    work.conn.execute(update(device_op).where(here).values(status=outcome.status.value, result=result_text(result)))
    body = {"device_id": row.device_id, "epoch": row.epoch} | result.to_wire()
    feeds.publish(work, feeds.store_feed(owner.store_id), FeedKind.OP, body)
    return outcome.status.value


_OWNER = text(
    "SELECT device.store_id, device.suspended_ms, store.brand_id FROM device"
    " JOIN store ON store.store_id = device.store_id WHERE device.device_id = :device_id"
)


def _apply(work: Work, vault: Vault, row: Any, owner: Any) -> Outcome | None:
    try:
        raw = json.loads(vault.open(row.sealed, place=op_place(row.device_id, row.epoch, row.seq)))
    except (SealBroken, ValueError):
        return None
    op = read_op(raw, row.seq, CHAIN_START, device_id=row.device_id, store_id=owner.store_id, epoch=row.epoch)
    if op.op is None:
        return None
    before = earlier_use(work, vault, [op], but=(row.device_id, row.epoch, row.seq))
    if op.op_id in before:
        return before[op.op_id]
    policy = policy_of(work.conn, owner.brand_id)
    suspended = owner.suspended_ms is not None
    here = terms_at(work.conn, owner.store_id)
    return apply_run(work, Applier(work, vault, policy, row.device_id, owner.store_id, suspended, here), [op])[0]
