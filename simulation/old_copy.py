"""Owns the last act of some runs: a counter comes back from an old copy of its disk, without knowing it.

It gives out numbers again that the cloud knows with other content. The cloud must notice, keep what it has and what
came, and stop the counter, which must not lose what people entered meanwhile.
"""

from __future__ import annotations

from simulation.agenda import Agenda
from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine
from simulation.outcomes import demand
from simulation.shop import Shop

NOTICED_WITHIN_MS = 240_000
LOOK_EVERY_MS = 15_000
HALTS = ("forked", "behind_cloud")


def come_back_old(agenda: Agenda, cloud: CloudMachine, counter: CounterMachine, image: bytes, shop: Shop) -> bool:
    """Runs the act on a world at rest; False when the copy is as new as the disk. Raises Violation."""
    device = counter.device.identity.device_id
    there = "SELECT seq, op_id, hash, result FROM device_op WHERE device_id = ? ORDER BY seq"
    before = cloud.rows(there, device)
    cloud.on_results = lambda *_: None  # from here on the same place is asked about with other content
    counter.on_crash = lambda _machine: None  # it starts below, on the copy
    counter.kill()
    counter.disk.image = image
    counter.disk.on_commit = None
    probe = counter.disk.open()
    head = probe.execute("SELECT coalesce(max(last_seq), 0) FROM outbox_head").fetchone()[0]
    if head >= len(before):
        return False
    counter.start()
    shop.sell_at(counter)
    assert counter.now is not None
    end_ms = agenda.now_ms + NOTICED_WITHIN_MS
    while agenda.now_ms < end_ms and counter.now.exchange.status().last_error not in HALTS:
        agenda.run_until(agenda.now_ms + LOOK_EVERY_MS)
    agenda.run_until(agenda.now_ms + LOOK_EVERY_MS)
    status = counter.now.exchange.status()
    demand(status.last_error in HALTS, "fork", f"{counter.name} is an old copy and goes on: {status}")
    demand(cloud.rows(there, device) == before, "fork", f"an old copy of {counter.name} changed what the cloud had")
    if status.last_error == "forked":
        kept = cloud.rows("SELECT seq FROM forked_op WHERE device_id = ?", device)
        suspended = cloud.rows("SELECT suspended_ms FROM device WHERE device_id = ?", device)[0][0]
        demand(bool(kept) and suspended is not None, "fork", f"{counter.name} forked; kept {kept}, {suspended}")
    with counter.now.store.read() as conn:
        here = conn.execute("SELECT count(*) FROM outbox WHERE seq > ?", (head,)).fetchone()[0]
    demand(here > 0, "fork", f"{counter.name} lost what was entered after the copy was put back")
    return True
