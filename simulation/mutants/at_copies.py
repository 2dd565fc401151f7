"""Owns the mistakes that somebody could make about two machines that run on copies of one disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cloud_api.gateway import push as gateway_push
from simulation.mutants.planting import Mutant, swap

_open_chain = gateway_push.open_chain
_EPOCH = "SELECT epoch FROM device WHERE device_id = ?"
_NEWEST = "SELECT seq, hash FROM device_op WHERE device_id = ? AND epoch = ? ORDER BY seq DESC LIMIT 1"


def _open_any_chain(work: Any, vault: Any, call: Any, batch: Any) -> Any:
    """Each epoch has a chain, and whoever comes with an older one goes on there."""
    current = work.conn.exec_driver_sql(_EPOCH, (call.device_id,)).scalar_one()
    chain = _open_chain(work, vault, call, replace(batch, epoch=current))
    if batch.epoch == current:
        return chain
    newest = work.conn.exec_driver_sql(_NEWEST, (call.device_id, batch.epoch)).one_or_none()
    return chain if newest is None else replace(chain, last_seq=newest.seq, last_hash=newest.hash)


AT_COPIES: tuple[Mutant, ...] = (
    Mutant(
        "old_epoch_goes_on", "an epoch that is over is still taken", swap((gateway_push, "open_chain", _open_any_chain))
    ),
)
