"""Owns the last act of some runs: a counter comes back from an old copy of its disk, without knowing it.

It gives out numbers again that the cloud knows with other content. A counter that hears the cloud before it uses such a
number gets a new epoch and goes on; one that was used offline first has forked, and is stopped for a person. Either way
the cloud keeps what it had, and nothing that people entered since the copy came back is lost.
"""

from __future__ import annotations

from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine
from simulation.enrolling import enroll_again
from simulation.outcomes import demand
from simulation.shop import Shop
from simulation.verdict import effects_once
from simulation.watch import check_book
from simulation.wire import Network

SETTLED_WITHIN_MS = 300_000
LOOK_EVERY_MS = 15_000
OFFLINE_MS = 20_000
HALTS = ("forked", "behind_cloud", "device_revoked", "stale_epoch")  # somebody has to come
THERE = "SELECT seq, op_id, hash, result FROM device_op WHERE device_id = ? AND epoch = ? ORDER BY seq"


def come_back_old(
    cloud: CloudMachine, network: Network, counter: CounterMachine, image: bytes, shop: Shop, *, offline: bool
) -> bool:
    """Runs the act on a world at rest; False when the copy is as new as the disk. Raises Violation."""
    device, epoch = counter.device.identity.device_id, counter.device.identity.epoch
    before = cloud.rows(THERE, device, epoch)
    counter.on_crash = lambda _machine: None  # it starts below, on the copy
    counter.kill()
    counter.disk.image, counter.disk.on_commit = image, None
    head = counter.disk.open().execute("SELECT coalesce(max(last_seq), 0) FROM outbox_head").fetchone()[0]
    if head >= len(before):
        return False
    cloud.on_results = lambda *_: None  # from here on the same place is asked about with other content
    if offline:
        network.partition(counter.name, OFFLINE_MS)
    counter.start()
    if not offline:
        shop.agenda.run_until(shop.agenda.now_ms + OFFLINE_MS)
    shop.sell_at(counter)
    halted = settle(shop, counter)
    demand(cloud.rows(THERE, device, epoch) == before, "fork", f"an old {counter.name} changed what the cloud had")
    stopped_for_good_reason(cloud, counter, halted)
    if halted is not None:
        while not enroll_again(cloud, counter, shop.rng):
            shop.agenda.run_until(shop.agenda.now_ms + LOOK_EVERY_MS)
        demand(settle(shop, counter) is None, "fork", f"{counter.name} was enrolled again and stopped again")
        demand(cloud.rows(THERE, device, epoch) == before, "fork", f"the help for {counter.name} changed the past")
    nothing_lost(cloud, counter)
    return True


def settle(shop: Shop, counter: CounterMachine) -> str | None:
    """Until the counter has sent everything, or has stopped; why it has stopped."""
    assert counter.now is not None
    end_ms = shop.agenda.now_ms + SETTLED_WITHIN_MS
    while True:
        shop.agenda.run_until(shop.agenda.now_ms + LOOK_EVERY_MS)
        status = counter.now.exchange.status()
        if status.last_error in HALTS:
            return status.last_error
        if status.pending == 0 and status.online:
            return None
        demand(shop.agenda.now_ms < end_ms, "fork", f"{counter.name} is an old copy and gets nowhere: {status}")


def stopped_for_good_reason(cloud: CloudMachine, counter: CounterMachine, halted: str | None) -> None:
    device = counter.device.identity.device_id
    if halted == "forked":
        kept = cloud.rows("SELECT count(*) FROM forked_op WHERE device_id = ?", device)[0][0]
        suspended = cloud.rows("SELECT suspended_ms FROM device WHERE device_id = ?", device)[0][0]
        demand(kept > 0 and suspended is not None, "fork", f"{counter.name} forked; kept {kept}, {suspended}")
    if halted == "stale_epoch":
        epoch = cloud.rows("SELECT epoch FROM device WHERE device_id = ?", device)[0][0]
        demand(
            epoch > counter.device.identity.epoch, "fork", f"{counter.name} has epoch {epoch} and is told it is over"
        )
    if halted == "device_revoked":
        revoked = cloud.rows("SELECT revoked_ms FROM device WHERE device_id = ?", device)[0][0]
        demand(revoked is not None, "fork", f"{counter.name} says that it is revoked, and is not")


def nothing_lost(cloud: CloudMachine, counter: CounterMachine) -> None:
    """Whatever the old copy had or was used for is there, once, and its queue is empty."""
    assert counter.now is not None
    with counter.now.store.read() as conn:
        here = {row[0] for row in conn.execute("SELECT op_id FROM outbox")}
        earns = conn.execute("SELECT op_id FROM earn ORDER BY earn_id DESC LIMIT 1").fetchone()
    demand(earns is not None and earns[0] in here, "fork", f"{counter.name} lost what was entered on the old copy")
    there = {row[0] for row in cloud.rows("SELECT op_id FROM device_op")}
    demand(here <= there, "fork", f"{counter.name} says all is sent; the cloud lacks {sorted(here - there)}")
    effects_once(cloud)
    check_book(cloud.conn)
