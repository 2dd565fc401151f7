"""Owns counters that are joined to a real cloud in one process: real agent services, real routes, no threads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agent.keys import StoreKeys
from sync import inbox, outbox
from sync.inbox import RowContext
from sync.profile import require_identity, write_identity
from sync.protocol import FeedRow, PushResponse
from tests.cloud_api.world import Device, World, from_base64url
from tests.helpers.counter import Counter, counter


@dataclass
class Joined:
    """One counter and the line over which it speaks as the device that the cloud enrolled."""

    counter: Counter
    device: Device

    def push(self) -> None:
        """Everything in the outbox reaches the cloud, and the answers come back."""
        bench = self.counter.bench
        while True:
            with bench.store.read() as conn:
                batch = outbox.next_batch(conn, bench.cipher)
            if batch is None:
                return
            answer = self.device.push_raw(json.dumps(batch.to_wire(), ensure_ascii=False).encode())
            assert answer.status_code == 200, answer.text
            with bench.store.transaction() as conn:
                outbox.apply_results(
                    conn,
                    batch,
                    PushResponse.from_wire(answer.json()),
                    clock=bench.clock,
                    on_result=self.counter.agent.on_result,
                )

    def pull(self) -> None:
        """Every row of the feeds is applied here."""
        bench = self.counter.bench
        with bench.store.read() as conn:
            cursor = str(inbox.read_cursor(conn))
        page = self.device.pull(cursor)
        context = RowContext(bench.clock.mono_ms(), bench.clock.boot_id, bench.clock.wall_ms(), page["generation"])
        with bench.store.transaction() as conn:
            applied = inbox.apply_rows(
                conn,
                [FeedRow.from_wire(row) for row in page["rows"]],
                page["cursor"],
                appliers=self.counter.agent.appliers(),
                context=context,
            )
        assert applied.failed == 0

    def show(self) -> None:
        """The cards stand on the screen."""
        approval = self.counter.agent.approval
        approval.mark_shown([card.request_id for card in approval.pending()])

    def slips(self) -> list[str]:
        return [str(row[0]) for row in self.counter.rows("SELECT job_id FROM print_job ORDER BY job_id")]


@contextmanager
def joined(world: World, folder: Path) -> Iterator[Joined]:
    """A counter of the world's store; its clock tells the world's time."""
    device = world.device()
    with counter(folder) as found:
        found.clock.advance(world.clock() - found.clock.wall_ms())
        with found.bench.store.transaction() as conn:
            identity = require_identity(conn)
            write_identity(
                conn,
                replace(
                    identity,
                    device_id=device.device_id,
                    epoch=device.welcome["epoch"],
                    store_id=device.store_id,
                ),
            )
            found.bench.store.set_meta(conn, outbox.SERVER_TIME, str(world.clock()))
            inbox.write_cursor(conn, inbox.Cursor.parse(device.welcome["cursor"]))
        key = from_base64url(device.welcome["store_key"])
        found.agent.keyring.install(StoreKeys(key, found.agent.keyring.keys.cipher))
        yield Joined(found, device)


def pass_time(world: World, ms: int, *counters: Joined) -> None:
    """The same time passes everywhere; every counter ticks."""
    world.clock.advance(ms)
    for one in counters:
        one.counter.clock.advance(ms)
