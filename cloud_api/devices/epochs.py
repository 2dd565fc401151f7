"""How a device whose store was restored from a backup begins a new chain, so that no number means two things."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import func, select, update

from cloud_api.database import Work
from cloud_api.devices.auth import DeviceCall, claim_nonce, refusal
from cloud_api.devices.models import device
from cloud_api.gateway.models import device_op
from sync.protocol import CHAIN_START

log = logging.getLogger("sync")

EPOCH_MAX = 1_000_000  # one a minute for two years


@dataclass(frozen=True)
class NewEpoch:
    """``last_seq`` is the last number that was taken of the epoch asked about; what came after it is not here."""

    epoch: int
    last_seq: int
    server_time_ms: int


def renew(work: Work, call: DeviceCall, after: int) -> NewEpoch:
    """An epoch above ``after`` in which nothing was reported yet. Asked again, because the answer got lost, it is the
    same one. A suspended device stays suspended. Raises ApiError 401."""
    claim_nonce(work, call)
    row = work.conn.execute(
        select(device).where(device.c.device_id == call.device_id).with_for_update(key_share=True)
    ).one()
    if row.revoked_ms is not None:
        raise refusal("device_revoked", work.now_ms)
    taken = work.conn.execute(
        select(func.max(device_op.c.seq)).where(device_op.c.device_id == call.device_id, device_op.c.epoch == after)
    ).scalar_one()
    epoch = int(row.epoch)
    if epoch <= after or row.last_seq > 0:
        epoch = max(epoch, after) + 1
        work.conn.execute(
            update(device)
            .where(device.c.device_id == call.device_id)
            .values(epoch=epoch, last_seq=0, last_hash=CHAIN_START)
        )
        log.warning("epoch_renewed device=%s epoch=%d after=%d", call.device_id, epoch, after)
    return NewEpoch(epoch, taken or 0, work.now_ms)
