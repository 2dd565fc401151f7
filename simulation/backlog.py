"""Owns a long partition at a busy counter and the backlog behind it: operations, and more receipts than one upload
takes; and what must have become of every document at rest."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from simulation.counter import CounterMachine
from simulation.outcomes import demand
from sync import uploads

if TYPE_CHECKING:
    from simulation.run import World

SALES = (20, 36)
PARTITION_MS = (50_000, 90_000)
REFUSING_MS = 1_500  # long enough to halve uploads down to one document, and to try that again
LINES = ("아메리카노 1잔 4,500원 · 바닐라라떼 1잔 5,500원 · 치즈케이크 1개 6,000원",) * 90  # about 8 KiB


class Backlog:
    """Of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = world.rng

    def begin(self, span_ms: int) -> None:
        """A counter loses its line while it is busiest."""
        counter = self._rng.choice(self._world.counters)
        start_ms, length_ms = self._rng.randrange(span_ms // 3), self._rng.randint(*PARTITION_MS)
        self._world.agenda.after(start_ms, partial(self._cut, counter, length_ms))
        self._world.network.refuse_uploads(counter.name, REFUSING_MS)
        for _ in range(self._rng.randint(*SALES)):
            self._world.agenda.after(start_ms + self._rng.randrange(length_ms), partial(self._sell, counter))

    def _cut(self, counter: CounterMachine, length_ms: int) -> None:
        if not self._world.plan.healed:
            self._world.network.partition(counter.name, length_ms)

    def _sell(self, counter: CounterMachine) -> None:
        shop = self._world.shop
        if not shop.open or counter.gone:
            return
        shop.sell_in_passing(counter)
        counter.spool[-1] = replace(counter.spool[-1], lines=LINES)

    def waiting(self) -> str | None:
        """What keeps the world from resting."""
        for counter in self._world.counters:
            if counter.now is None or counter.gone:
                continue
            with counter.now.store.read() as conn:
                left = uploads.pending(conn)
            if left:
                return f"{counter.name} has {left} documents to upload"
        return None

    def judge(self) -> None:
        """I2, I3: every document that a counter took is at the cloud, once for an identity. What only a restored cloud
        had is lost: a device keeps no copy for it (docs/protocol.md, "Bulk uploads")."""
        cloud = self._world.cloud
        if cloud.era:
            return
        kept = {row[0] for row in cloud.rows("SELECT item_id FROM bulk_item")}
        for counter in self._world.counters:
            if counter.now is None or counter.gone:
                continue
            with counter.now.store.read() as conn:
                taken = {str(row[0]) for row in conn.execute("SELECT document_id FROM document")}
            demand(
                taken <= kept, "I3", f"{counter.name} took {len(taken)} documents, {sorted(taken - kept)} never came"
            )
