"""Owns the last act of some runs: two machines run on copies of one disk at the same time, as after a cloned PC.

Both are the same device with the same numbers. Whoever comes second with a number, or with an epoch that is over, must
be told so: the past of the chain stays what it was, what was forked suspends the device, and whatever people entered at
either of them is at the cloud once, after a person has enrolled both.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine
from simulation.enrolling import enroll_again
from simulation.old_copy import LOOK_EVERY_MS, THERE, nothing_lost, settle, stopped_for_good_reason
from simulation.outcomes import demand
from simulation.shop import Shop
from simulation.suspended import try_value_out
from simulation.verdict import effects_once
from simulation.watch import CounterWatch, check_book
from simulation.wire import Network

PAUSE_MS = (0, 25_000)
CUT_OFF_MS = 15_000
SALES_MORE = (1, 4)


def work_side_by_side(
    cloud: CloudMachine, network: Network, counter: CounterMachine, shop: Shop, rng: random.Random
) -> None:
    """Runs the act on a world at rest. Raises Violation."""
    device, epoch = counter.device.identity.device_id, counter.device.identity.epoch
    before = cloud.rows(THERE, device, epoch)
    twin = _cloned(counter, network)
    cloud.on_results = lambda *_: None  # from here on the same place is asked about with other content
    over = _started_late(cloud, shop, counter, twin) if rng.random() < 0.5 else None
    if over is None and twin.now is None:
        twin.start()
    both = [counter, twin]
    rng.shuffle(both)
    for at in (*both, *(rng.choice(both) for _ in range(rng.randint(*SALES_MORE)))):
        if rng.random() < 0.4:
            network.partition(at.name, CUT_OFF_MS)
        shop.sell_at(at)
        shop.agenda.run_until(shop.agenda.now_ms + rng.randint(*PAUSE_MS))
    stopped = {at.name: settle(shop, at) for at in both}
    there = cloud.rows(THERE, device, epoch)
    demand(there[: len(before)] == before, "fork", f"two {counter.name} changed what the cloud had")
    demand(over is None or there == over, "fork", f"{counter.name} went on in epoch {epoch}, which is over")
    _noticed(cloud, device, epoch)
    for at in both:
        stopped_for_good_reason(cloud, at, stopped[at.name])
    try_value_out(cloud, network, shop, both, rng)
    _helped(cloud, shop, both)
    effects_once(cloud)
    check_book(cloud.conn)


def _cloned(counter: CounterMachine, network: Network) -> CounterMachine:
    """Somebody copied the whole PC, keys and all, and puts the copy on the other end of the counter."""
    assert counter.now is not None
    image = counter.now.store.conn.serialize()
    twin = CounterMachine(
        replace(counter.device, name=f"{counter.name}-copy", image=image),
        agenda=counter.agenda, network=network, rng=counter.rng, all_read=counter.all_read,
    )  # fmt: skip
    twin.vault = counter.vault
    watch = CounterWatch(twin.name)
    twin.disk.on_commit, twin.before_rewind = watch.after_commit, watch.may_rewind
    return twin


def _started_late(
    cloud: CloudMachine, shop: Shop, counter: CounterMachine, twin: CounterMachine
) -> list[tuple[Any, ...]] | None:
    """The copy is switched on after the other has been used: it asks before it uses a number, and has a new epoch then.
    What the cloud has of the old one, to which nothing may come any more; None when there was nothing to ask about."""
    device, epoch = counter.device.identity.device_id, counter.device.identity.epoch
    shop.sell_at(counter)
    demand(settle(shop, counter) is None, "fork", f"{counter.name} was stopped before its copy ran")
    twin.start()
    settle(shop, twin)
    now = cloud.rows("SELECT epoch FROM device WHERE device_id = ?", device)[0][0]
    return cloud.rows(THERE, device, epoch) if now > epoch else None


def _noticed(cloud: CloudMachine, device: str, epoch: int) -> None:
    """Both were used: one of them has come with a number that was taken, or has asked for another epoch before."""
    forked = cloud.rows("SELECT count(*) FROM forked_op WHERE device_id = ?", device)[0][0]
    now, suspended_ms = cloud.rows("SELECT epoch, suspended_ms FROM device WHERE device_id = ?", device)[0]
    demand(forked > 0 or now > epoch, "fork", "two copies work side by side and nobody notices")
    demand(forked == 0 or suspended_ms is not None, "fork", f"{forked} operations forked, and the device goes on")


def _helped(cloud: CloudMachine, shop: Shop, both: list[CounterMachine]) -> None:
    """Each machine becomes a device of its own, and what it was used for arrives."""
    for at in both:
        while not enroll_again(cloud, at, shop.rng):
            shop.agenda.run_until(shop.agenda.now_ms + LOOK_EVERY_MS)
    for at in both:
        demand(settle(shop, at) is None, "fork", f"{at.name} was enrolled again and stopped again")
        nothing_lost(cloud, at)
