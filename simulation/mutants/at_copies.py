"""Owns the mistakes that somebody could make about two machines that run on copies of one disk, and
about the device that is suspended for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from agent.spend import book
from agent.spend import service as spend_service
from cloud_api.gateway import apply as gateway_apply
from cloud_api.gateway import push as gateway_push
from cloud_api.gateway import routes as gateway_routes
from cloud_api.requests import decisions, spends
from simulation.mutants.planting import Mutant, nothing, swap
from sync import outbox
from sync.meta import get_meta
from sync.protocol import CHAIN_START

_open_chain = gateway_push.open_chain
_push = gateway_push.push
_DEVICE = "SELECT epoch, last_seq, last_hash FROM device WHERE device_id = ?"
_BACK = "UPDATE device SET last_seq = ?, last_hash = ? WHERE device_id = ?"
_NEWEST = "SELECT seq, hash FROM device_op WHERE device_id = ? AND epoch = ? ORDER BY seq DESC LIMIT 1"


def _open_any_chain(work: Any, vault: Any, call: Any, batch: Any) -> Any:
    """Each epoch has a chain of its own."""
    current = work.conn.exec_driver_sql(_DEVICE, (call.device_id,)).one().epoch
    chain = _open_chain(work, vault, call, replace(batch, epoch=current))
    if batch.epoch == current:
        return chain
    newest = work.conn.exec_driver_sql(_NEWEST, (call.device_id, batch.epoch)).one_or_none()
    seq, head = (0, CHAIN_START) if newest is None else (newest.seq, newest.hash)
    return replace(chain, last_seq=seq, last_hash=head)


def _push_any_epoch(work: Any, vault: Any, call: Any, batch: Any, *, careful: bool) -> Any:
    """Whoever comes with an older epoch goes on there; where the newest one stands is not touched by it."""
    before = work.conn.exec_driver_sql(_DEVICE, (call.device_id,)).one()
    with patch.object(gateway_push, "open_chain", _open_any_chain):
        answered = _push(work, vault, call, batch, careful=careful)
    if batch.epoch != before.epoch:
        work.exchange()  # what travels with the commit comes first
        work.conn.exec_driver_sql(_BACK, (before.last_seq, before.last_hash, call.device_id))
    return answered


_one = gateway_apply.Applier._one
_seen = decisions.seen


def _believed(self: gateway_apply.Applier, op: Any, fact: Any) -> Any:
    """A suspended device decides like any other."""
    return _one(replace(self, suspended=False), op, fact)


def _only_halted(conn: Any) -> bool:
    """What the cloud said of us is forgotten."""
    return get_meta(conn, outbox.HALTED) is not None


def _starts_the_minute(work: Any, origin: Any, *args: Any) -> Any:
    """What a suspended device shows is approved by time."""
    return _seen(work, replace(origin, suspended=False), *args)


AT_COPIES: tuple[Mutant, ...] = (
    Mutant("old_epoch_goes_on", "an epoch that is over is taken", swap((gateway_routes, "push", _push_any_epoch))),
    Mutant("suspended_decides", "a suspended device is believed", swap((gateway_apply.Applier, "_one", _believed))),
    Mutant("suspended_shows", "a suspended device starts minutes", swap((decisions, "seen", _starts_the_minute))),
    Mutant("suspended_holds", "a suspended device asks for points", swap((spends, "lock_device", nothing))),
    Mutant("suspended_forgets", "it was told and goes on alone", swap((spend_service, "_untrusted", _only_halted))),
    Mutant("suspended_set_back", "a clock set back is believed", swap((book, "_occurred_ms", lambda _conn, now: now))),
)
