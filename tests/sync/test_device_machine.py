"""A device against a dict: queue, feeds, cursor, snapshots, with a crash at any commit (I2, I3, I7, I9, I10, I11)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync import chain, inbox, outbox, renewal
from sync.clock import FakeClock
from sync.engine import Idle
from sync.exchange import Exchange
from sync.inbox import RowContext
from sync.outbox import Batch, read_head
from sync.outcomes import (
    CursorReset,
    Denied,
    EpochOutcome,
    Pulled,
    PullOutcome,
    Pushed,
    PushOutcome,
    Reason,
    Renewed,
    Unavailable,
)
from sync.protocol import CHAIN_START, FeedRow, OpResult, PullPage, PushResponse, chain_hash
from sync.restored import RestoreReport
from tests.helpers.devices import DEVICE_ID, Bench, enrolled
from tests.sync.test_exchange import Script, snapshot


class Cloud(Script):
    """The rules of the wire, kept in dicts. Whatever it says it has said for good."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 1
        self.chains: dict[int, list[tuple[str, str]]] = {1: []}  # epoch -> (op id, hash)
        self.results: dict[str, OpResult] = {}
        self.feed: list[dict[str, Any]] = []  # whole projections: request id and version
        self.pruned = 0
        self.lose_answers = 0
        self.booked: list[str] = []
        self.forgot_an_epoch = False

    def push(self, batch: Batch) -> PushOutcome:
        if self.lose_answers == 2:
            return Unavailable(Reason.UNREACHABLE)
        if batch.epoch != self.epoch:
            assert self.forgot_an_epoch, "nothing is sent in a stale epoch"
            return Denied("stale_epoch")
        ops = self.chains[self.epoch]
        results = []
        previous = batch.prev_hash
        for op in batch.ops:
            previous = chain_hash(previous, op)
            if op.seq > len(ops) + 1:
                break
            if op.seq == len(ops) + 1:
                before = ops[-1][1] if ops else CHAIN_START
                assert before == (batch.prev_hash if op is batch.ops[0] else before)
                ops.append((op.op_id, previous))
                if op.op_id not in self.results:
                    self.booked.append(op.op_id)
                    self.results[op.op_id] = OpResult(op.seq, op.op_id, "applied", None, {"told": len(self.results)})
            assert ops[op.seq - 1] == (op.op_id, previous), "a number was used twice"
            known = self.results[op.op_id]
            results.append(OpResult(op.seq, op.op_id, known.status, known.code, known.body))
        self.server_ms += 1
        answer = Pushed(PushResponse(tuple(results), len(ops) + 1, self.generation, self.server_ms))
        return Unavailable(Reason.TIMEOUT) if self.lose_answers == 1 else answer

    def renew_epoch(self, after: int) -> EpochOutcome:
        last = len(self.chains.get(after, []))
        if self.chains.get(self.epoch) or self.epoch <= after:
            self.epoch = max(self.epoch, after) + 1
            self.chains[self.epoch] = []
        return Renewed(self.epoch, last, self.server_ms)

    def rows_after(self, cursor: str) -> list[FeedRow] | None:
        generation, n, _brand = (int(part) for part in cursor.split("."))
        if generation != self.generation or not self.pruned <= n <= len(self.feed):
            return None
        return [FeedRow("store", n + at + 1, "request", body) for at, body in enumerate(self.feed[n:])]

    def pull(self, cursor: str, *, limit: int, wait_ms: int) -> PullOutcome:
        assert limit > 0 <= wait_ms
        rows = self.rows_after(cursor)
        if rows is None:
            return CursorReset(self.generation)
        page = tuple(rows[:3])
        at = page[-1].n if page else int(cursor.split(".")[1])
        return Pulled(PullPage(page, f"{self.generation}.{at}.0", len(rows) > 3, self.server_ms))

    def open_snapshot(self, after: str) -> Any:
        held = {body["request_id"]: body for body in self.feed}
        lines = [("request", body) for body in held.values()]
        yield from snapshot(f"{self.generation}.{len(self.feed)}.0", *lines, after=after, taken_ms=self.server_ms)


def apply_request(conn: Any, row: FeedRow, context: RowContext) -> None:
    known = conn.execute(
        "SELECT generation, version FROM request WHERE request_id = ?", (row.body["request_id"],)
    ).fetchone()
    if known is not None and tuple(known) > (context.generation, row.body["version"]):
        return
    conn.execute(
        "INSERT OR REPLACE INTO request (request_id, generation, version, kind, state, title, created_ms,"
        " received_wall_ms) VALUES (?, ?, ?, 'coupon', 'seen', '', 0, 0)",
        (row.body["request_id"], context.generation, row.body["version"]),
    )


class Crash(BaseException):
    """The power goes, not an error that anybody catches."""


class DeviceMachine(RuleBasedStateMachine):
    """``confirmed`` is what a screen showed: it must be in the file, and at the cloud in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="device-machine-"))
        self.clock = FakeClock()
        self.cloud = Cloud()
        self.confirmed: dict[str, int] = {}
        self.followed: dict[str, int] = {}
        self.acked: dict[str, str] = {}
        self.crash_in: int | None = None
        self.durable = False
        self.starts = 0
        self.last_cursor = (0, 0)

    @initialize()
    def begin(self) -> None:
        self._open()

    def _open(self) -> None:
        self.bench: Bench = enrolled(self.root, seed=1 + self.starts)
        self.bench.clock = self.clock
        self.starts += 1
        self.exchange = Exchange(
            store=self.bench.store,
            transport=self.cloud,
            cipher=self.bench.cipher,
            appliers={"request": apply_request},
            on_result=lambda _conn, result, _kind: self._follow(result),
            clock=self.clock,
            random_unit=lambda: 0.5,
            on_change=lambda: None,
            renews=True,
        )

    def _follow(self, result: OpResult) -> None:
        self.followed[result.op_id] = self.followed.get(result.op_id, 0) + 1

    def _acting(self, job: Any) -> Any:
        """Runs a piece of the program; the power may go at one of its commits, before or after it is durable."""
        store = self.bench.store
        plain, left, durable = store._writer, self.crash_in, self.durable
        if left is None:
            return job()

        class Fragile:
            def __getattr__(self, name: str) -> Any:
                return getattr(plain, name)

            def execute(self, sql: str, *values: Any) -> Any:
                nonlocal left
                if sql != "COMMIT":
                    return plain.execute(sql, *values)
                assert left is not None
                left -= 1
                if left == 0 and not durable:
                    raise Crash
                done = plain.execute(sql, *values)
                if left == 0:
                    raise Crash
                return done

        store._writer = Fragile()  # type: ignore[assignment]
        self.crash_in = None
        try:
            return job()
        except Crash:
            return self._reopen
        finally:
            store._writer = plain

    def _do(self, job: Any) -> Any:
        done = self._acting(job)
        if done == self._reopen:
            self._reopen()
            return None
        return done

    def _reopen(self) -> None:
        if self.bench.store._writer.in_transaction:
            self.bench.store._writer.execute("ROLLBACK")
        self.bench.store.close()
        self._open()

    # --- what may happen ---------------------------------------------------------------------------------------------

    @rule(secret=st.booleans())
    def tap(self, secret: bool) -> None:
        done = self._do(
            lambda: self.bench.append({"n": len(self.confirmed)}, phone="+821012345678" if secret else None)
        )
        if done is not None:
            self.confirmed[done.op_id] = done.seq

    @rule(lost=st.sampled_from([0, 0, 1, 2]))
    def push(self, lost: int) -> None:
        self.cloud.lose_answers = lost
        self._do(self.exchange.push_step)
        self.cloud.lose_answers = 0
        self.clock.advance(61_000)

    @rule(times=st.integers(1, 4))
    def read(self, times: int) -> None:
        for _ in range(times):
            if self.exchange._feed.caught_up:
                self.exchange._feed._caught_up = False  # a stream would begin here; pages do the same
            self._do(self.exchange.feed_step)
            self.clock.advance(61_000)

    @rule(which=st.integers(0, 4))
    def cloud_writes(self, which: int) -> None:
        version = 1 + sum(body["request_id"] == f"r{which}" for body in self.cloud.feed)
        self.cloud.feed.append({"request_id": f"r{which}", "version": version})

    @rule()
    def cloud_prunes(self) -> None:
        self.cloud.pruned = len(self.cloud.feed)

    @precondition(lambda self: self.cloud.chains[self.cloud.epoch])
    @rule(keep=st.integers(0, 5))
    def cloud_is_restored(self, keep: int) -> None:
        """From a backup: the tail of the chain and of the feed is gone, the generation is another one."""
        ops = self.cloud.chains[self.cloud.epoch]
        kept = {row[0] for row in self.bench.rows("SELECT op_id FROM outbox WHERE epoch = ?", self.cloud.epoch)}
        if not {op_id for op_id, _hash in ops[keep:]} <= kept & self.acked.keys():
            return  # older than the two weeks that a device can make good
        for op_id, _hash in ops[keep:]:
            self.cloud.results.pop(op_id)
            self.cloud.booked.remove(op_id)
            self.acked.pop(op_id)
        del ops[keep:]
        del self.cloud.feed[keep:]
        self.cloud.pruned = min(self.cloud.pruned, len(self.cloud.feed))
        self.cloud.generation += 1

    @precondition(lambda self: self.cloud.epoch > 1)
    @rule(keep=st.integers(0, 5), epochs=st.integers(1, 2))
    def cloud_is_restored_to_before_an_epoch(self, keep: int, epochs: int) -> None:
        """The backup is older than the newest epochs: they and the tail of the one before are gone."""
        before = max(epoch for epoch in self.cloud.chains if epoch < self.cloud.epoch)
        for _ in range(epochs - 1):
            before = max((epoch for epoch in self.cloud.chains if epoch < before), default=before)
        chains = {epoch: ops for epoch, ops in self.cloud.chains.items() if epoch <= before}
        chains[before] = chains[before][:keep]
        has = {op_id for ops in chains.values() for op_id, _hash in ops}
        lost = {op_id for ops in self.cloud.chains.values() for op_id, _hash in ops} - has
        kept = {row[0] for row in self.bench.rows("SELECT op_id FROM outbox")}
        if not lost <= kept & self.acked.keys():
            return  # older than the two weeks that a device can make good
        for op_id in lost:
            self.cloud.results.pop(op_id)
            self.cloud.booked.remove(op_id)
            self.acked.pop(op_id)
        self.cloud.chains = chains
        self.cloud.epoch, self.cloud.forgot_an_epoch = before, True
        del self.cloud.feed[keep:]
        self.cloud.pruned = min(self.cloud.pruned, len(self.cloud.feed))
        self.cloud.generation += 1

    @rule(commits=st.integers(1, 3), durable=st.booleans())
    def power_will_go(self, commits: int, durable: bool) -> None:
        self.crash_in, self.durable = commits, durable

    @rule()
    def restart(self) -> None:
        self._reopen()

    @rule()
    def new_epoch(self) -> None:
        """As after a rebuild of the file: what is unsent waits for an epoch and moves there."""
        with self.bench.store.transaction() as conn:
            renewal.begin(conn, RestoreReport(self.clock.wall_ms(), "rebuilt"))
        self._reopen()

    @rule()
    def purge(self) -> None:
        """Two weeks later by the cloud's clock, once it was heard."""
        self.cloud.server_ms += outbox.KEEP_ACKED_MS + 1
        with self.bench.store.transaction() as conn:
            outbox.purge(conn)

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def what_was_confirmed_is_here_and_its_chain_holds(self) -> None:
        if not hasattr(self, "bench"):
            return
        with self.bench.store.read() as conn:
            here = {str(row[0]) for row in conn.execute("SELECT op_id FROM outbox")}
            assert self.confirmed.keys() <= here | self.acked.keys()
            assert chain.verify_chain(conn, self.bench.cipher) is None
            for op_id, words in conn.execute("SELECT op_id, result_json FROM outbox WHERE result_json IS NOT NULL"):
                assert self.acked.setdefault(op_id, words) == words, "I10"
            cursor = inbox.read_cursor(conn)
            numbers = [
                row[0] for row in conn.execute("SELECT n FROM feed_row WHERE generation = ?", (cursor.generation,))
            ]
        assert all(number <= cursor.store_n for number in numbers)
        assert (cursor.generation, cursor.store_n) >= self.last_cursor, "I7"
        self.last_cursor = (cursor.generation, cursor.store_n)

    @invariant()
    def nothing_is_booked_twice(self) -> None:
        assert len(set(self.cloud.booked)) == len(self.cloud.booked)

    def teardown(self) -> None:
        try:
            if hasattr(self, "bench"):
                self._heal()
        finally:
            if hasattr(self, "bench"):
                self.bench.store.close()
            shutil.rmtree(self.root)

    def _heal(self) -> None:
        """The network is back: everything arrives, both show the same, and then nothing is sent any more."""
        self.crash_in = None
        self._reopen()
        for _ in range(60):
            self.clock.advance(61_000)
            self.exchange.feed_step()
            self.exchange._feed._caught_up = False
            while self.exchange.push_step() is None:
                pass
        with self.bench.store.read() as conn:
            assert outbox.counts(conn).pending == 0
            last_seq, last_hash = read_head(conn, DEVICE_ID, self.cloud.epoch)
            versions = dict(conn.execute("SELECT request_id, version FROM request").fetchall())
        ops = self.cloud.chains[self.cloud.epoch]
        assert (last_seq, last_hash) == ((len(ops), ops[-1][1]) if ops else (0, CHAIN_START))
        assert self.confirmed.keys() <= self.cloud.results.keys()
        newest = {body["request_id"]: body["version"] for body in self.cloud.feed}
        assert {name: version for name, version in versions.items() if name in newest} == newest
        sent = len(self.cloud.sent), self.exchange.push_step()
        assert isinstance(sent[1], Idle)


DeviceMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
DeviceMachine.TestCase.pytestmark = [pytest.mark.expect_log("feed_reset|push_halted|cloud_lost_operations")]  # type: ignore[attr-defined]
test_a_device_is_what_the_model_says = DeviceMachine.TestCase


@pytest.fixture
def machine() -> Iterator[DeviceMachine]:
    made = DeviceMachine()
    made.begin()
    yield made
    made.teardown()


@pytest.mark.expect_log(r".*")
@pytest.mark.parametrize("used", [True, False])
def test_a_cloud_from_before_an_epoch_gets_all_that_it_took_since(machine: DeviceMachine, used: bool) -> None:
    """I3: also of the epoch before, and when nothing was sent in the new one yet."""
    for _ in range(3):
        machine.tap(secret=True)
    machine.push(lost=0)
    machine.new_epoch()
    machine.push(lost=0)
    if used:
        machine.tap(secret=False)
        machine.push(lost=0)
    machine.what_was_confirmed_is_here_and_its_chain_holds()
    assert (machine.cloud.epoch, len(machine.acked)) == (2, 4 if used else 3)

    machine.cloud_is_restored_to_before_an_epoch(keep=1, epochs=1)

    assert len(machine.cloud.results) == 1
    machine._heal()
    assert machine.cloud.results.keys() == machine.confirmed.keys()
    assert machine.cloud.epoch == 3


@pytest.mark.expect_log(r".*")
def test_an_epoch_that_somebody_else_has_is_not_asked_for_anew(machine: DeviceMachine) -> None:
    """A copy of the disk took the device's place: without a restored cloud a person has to look."""
    machine.tap(secret=False)
    machine.push(lost=0)
    machine.cloud.renew_epoch(1)
    machine.cloud.forgot_an_epoch = True
    machine.tap(secret=False)

    for _ in range(3):
        machine.push(lost=0)
        machine.read(times=1)

    assert (machine.cloud.epoch, machine.cloud.chains[2]) == (2, [])
    with machine.bench.store.read() as conn:
        assert outbox.counts(conn).pending == 1
    machine.cloud.epoch = 1  # so that it may rest
