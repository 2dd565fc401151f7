"""The steps of the line without threads: a scripted transport, a clock that is told, a real file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync import outbox
from sync.engine import Halted, Idle, WaitUntil
from sync.exchange import PURGE_EVERY_MS, PUSH, Exchange
from sync.inbox import read_cursor
from sync.outbox import RESENDING, Batch
from sync.outcomes import (
    CursorReset,
    Denied,
    Pulled,
    PullOutcome,
    Pushed,
    PushOutcome,
    Reason,
    SnapshotEnded,
    SnapshotEvent,
    SnapshotLine,
    StreamAlive,
    StreamEnded,
    StreamEvent,
    StreamHello,
    StreamRow,
    TallyOutcome,
    TooLarge,
    Unavailable,
    Upload,
    Uploaded,
    UploadOutcome,
)
from sync.protocol import FeedRow, OpResult, PullPage, PushResponse
from sync.secrets import FieldCipher
from tests.helpers.devices import Bench, enrolled

DAY_MS = 24 * 3600 * 1000


class Script:
    """A transport that says what it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.pushes: list[PushOutcome | None] = []  # None: everything is applied
        self.pulls: list[PullOutcome] = []
        self.streams: list[Iterable[StreamEvent]] = []
        self.snapshots: list[Iterable[SnapshotEvent]] = []
        self.snapshots_asked: list[str] = []
        self.tallies: list[TallyOutcome] = []
        self.tallies_asked = 0
        self.upload_answers: list[UploadOutcome] = []
        self.uploaded: list[list[str]] = []
        self.sent: list[tuple[int, ...]] = []
        self.cursors: list[str] = []
        self.server_ms = 1_000
        self.generation = 1

    def push(self, batch: Batch) -> PushOutcome:
        self.sent.append(tuple(op.seq for op in batch.ops))
        outcome = self.pushes.pop(0) if self.pushes else None
        if outcome is not None:
            return outcome
        results = tuple(OpResult(op.seq, op.op_id, "applied") for op in batch.ops)
        return Pushed(PushResponse(results, batch.last_seq + 1, self.generation, self.server_ms))

    def pull(self, cursor: str, *, limit: int, wait_ms: int) -> PullOutcome:
        assert limit > 0 <= wait_ms
        self.cursors.append(cursor)
        return self.pulls.pop(0) if self.pulls else Pulled(PullPage((), cursor, False, 0))

    def open_stream(self, cursor: str) -> Iterator[StreamEvent]:
        self.cursors.append(f"stream {cursor}")
        yield from self.streams.pop(0)

    def open_snapshot(self, after: str) -> Iterator[SnapshotEvent]:
        self.snapshots_asked.append(after)
        if not self.snapshots:
            yield SnapshotEnded(Unavailable(Reason.UNREACHABLE))
        else:
            yield from self.snapshots.pop(0)

    def tally(self) -> TallyOutcome:
        self.tallies_asked += 1
        return self.tallies.pop(0) if self.tallies else Unavailable(Reason.UNREACHABLE)

    def upload(self, items: Sequence[Upload]) -> UploadOutcome:
        self.uploaded.append([item.upload_id for item in items])
        return self.upload_answers.pop(0) if self.upload_answers else Uploaded()

    def close(self) -> None:
        return


class Device:
    def __init__(self, bench: Bench, cipher: FieldCipher | None = None) -> None:
        self.bench = bench
        self.script = Script()
        self.rows: list[int] = []
        self.changes = 0
        self.exchange = Exchange(
            store=bench.store,
            transport=self.script,
            cipher=cipher or bench.cipher,
            appliers={"request": lambda _conn, row, _context: self.rows.append(row.n)},
            on_result=lambda *_: None,
            clock=bench.clock,
            random_unit=lambda: 1.0,
            on_change=self._changed,
        )

    def _changed(self) -> None:
        self.changes += 1

    def push_all(self) -> object:
        while True:
            action = self.exchange.push_step()
            if action is not None:
                return action

    def cursor(self) -> str:
        with self.bench.store.read() as conn:
            return str(read_cursor(conn))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def device(bench: Bench) -> Device:
    return Device(bench)


def snapshot(
    cursor: str, *lines: tuple[str, dict[str, Any]], after: str = "", taken_ms: int = 5_000
) -> list[SnapshotEvent]:
    """A whole one, as it arrives."""
    generation = int(cursor.split(".")[0])
    begin = {"cursor": cursor, "generation": generation, "server_time_ms": taken_ms, "after": after}
    found: list[SnapshotEvent] = [SnapshotLine("begin", begin), *(SnapshotLine(*line) for line in lines)]
    return [*found, SnapshotLine("end", {"rows": len(lines)}), SnapshotEnded(None)]


def row(n: int) -> FeedRow:
    return FeedRow("store", n, "request", {"n": n})


def test_an_hour_offline_in_a_blink(device: Device) -> None:
    """The worst spacing of tries is a minute, and the first try after the line is back drains the queue."""
    device.bench.append()
    device.script.pushes = [Unavailable(Reason.UNREACHABLE)] * 64
    began_ms = device.bench.clock.mono_ms()
    while True:
        action = device.push_all()
        if isinstance(action, Idle):
            break
        assert isinstance(action, WaitUntil)
        assert 0 < action.mono_ms - device.bench.clock.mono_ms() <= 60_000
        device.bench.clock.advance(action.mono_ms - device.bench.clock.mono_ms())
        device.bench.append()

    assert device.bench.clock.mono_ms() - began_ms > 3_000_000
    assert len(device.script.sent[-1]) == 65
    assert device.exchange.status().pending == 0


@pytest.mark.expect_log("push_halted")
def test_a_lost_key_stops_sending_but_not_listening(bench: Bench) -> None:
    bench.append(phone="+821012345678")
    device = Device(bench, cipher=FieldCipher(b"x" * 32))
    device.script.pulls = [Pulled(PullPage((row(1),), "1.1.0", True, 0))]

    assert device.push_all() == Halted("secret_unreadable")
    assert device.exchange.feed_step() is None
    assert (device.rows, device.script.sent) == ([1], [])
    assert device.exchange.status().last_error == "secret_unreadable"
    assert device.bench.store.meta(outbox.HALTED) is None  # the next start tries again


@pytest.mark.expect_log("push_halted")
def test_a_cloud_that_asks_for_purged_operations_stops_sending(device: Device) -> None:
    for _ in range(3):
        device.bench.append()
    device.push_all()
    with device.bench.store.transaction() as conn:
        conn.execute("DELETE FROM outbox WHERE seq = 1")
    device.bench.append()
    device.script.pushes = [Pushed(PushResponse((), 1, 1, 1))]

    assert device.push_all() == Halted("history_gone")
    assert device.bench.counts().pending == 1


@pytest.mark.expect_log("push_halted")
def test_a_cloud_that_knows_more_than_we_do_stops_sending(device: Device) -> None:
    device.bench.append()
    device.script.pushes = [Pushed(PushResponse((), 9, 1, 1))]

    assert device.push_all() == Halted("behind_cloud")
    assert device.bench.store.meta(outbox.HALTED) == "behind_cloud"


def test_a_single_operation_that_is_too_large_is_shown_and_waits(device: Device) -> None:
    device.bench.append()
    device.script.pushes = [TooLarge()]

    assert isinstance(device.push_all(), WaitUntil)
    assert device.exchange.status().last_error == "too_large"


def test_answered_operations_are_purged_about_hourly(device: Device) -> None:
    for day in (1, 2, 30):
        device.script.server_ms = day * DAY_MS
        device.bench.append()
        device.push_all()
        if day == 30:
            assert device.bench.rows("SELECT count(*) FROM outbox") == [(3,)]
        device.bench.clock.advance(PURGE_EVERY_MS // 4)
    device.bench.clock.advance(PURGE_EVERY_MS)
    device.bench.append()
    device.push_all()

    assert device.bench.rows("SELECT seq FROM outbox ORDER BY seq") == [(3,), (4,)]


def listen(device: Device, *events: StreamEvent) -> None:
    """A catch-up that finds nothing, then one stream."""
    device.script.streams.append(events)
    assert device.exchange.feed_step() is None
    assert device.exchange.feed_step() is None


def test_rows_of_a_stream_move_the_cursor_one_by_one(device: Device) -> None:
    listen(device, StreamHello(1, 1), StreamRow("1.1.0", row(1)), StreamAlive(), StreamRow("1.2.0", row(2)),
           StreamEnded(None))  # fmt: skip

    assert (device.rows, device.cursor()) == ([1, 2], "1.2.0")


@pytest.mark.expect_log("feed_reset")
def test_the_new_answers_of_a_restored_cloud_are_asked_for_after_a_restart_too(device: Device) -> None:
    """I10: it had booked some of them again, from calls long under way, before it was asked."""
    for _ in range(3):
        device.bench.append()
    device.push_all()
    listen(device, StreamHello(1, 2))

    again = Device(device.bench)  # the program starts anew before it could ask
    again.script.snapshots = [snapshot("2.7.1")]
    assert again.exchange.feed_step() is None
    assert again.push_all() == Idle()

    assert again.script.sent == [(1, 2, 3)]
    assert device.bench.store.meta(RESENDING) is None


@pytest.mark.expect_log("feed_reset")
def test_what_a_cloud_asked_for_does_not_answer_what_its_reset_asks_for(device: Device) -> None:
    """I10: the queue was busy with the tail that the cloud had lost when the feed told of the restore."""
    for _ in range(3):
        device.bench.append()
    device.push_all()
    device.bench.append()
    device.script.pushes = [Pushed(PushResponse((), 3, 2, 1_000))]
    assert device.exchange.push_step() is None
    listen(device, StreamHello(1, 2))
    assert device.push_all() == Idle()
    assert device.bench.store.meta(RESENDING) == "1"

    device.script.snapshots = [snapshot("2.7.1")]
    assert device.exchange.feed_step() is None
    assert device.push_all() == Idle()

    assert device.script.sent == [(1, 2, 3), (4,), (3, 4), (1, 2, 3, 4)]
    assert device.bench.store.meta(RESENDING) is None


@pytest.mark.expect_log("feed_reset")
def test_a_snapshot_that_is_the_first_to_tell_of_a_restore_asks_for_new_answers_too(device: Device) -> None:
    """I3: the device had sent something while it still waited for the snapshot that it needed anyway."""
    device.script.pulls = [CursorReset(1)]  # its cursor is too old
    device.exchange.feed_step()
    device.bench.append()
    device.push_all()

    device.script.snapshots = [snapshot("2.7.1")]
    assert device.exchange.feed_step() is None
    assert device.push_all() == Idle()

    assert device.script.sent == [(1,), (1,)]
    assert device.bench.store.meta(RESENDING) is None


@pytest.mark.expect_log("feed_reset")
@pytest.mark.parametrize(
    "events",
    [
        (StreamHello(1, 2),),
        (StreamHello(1, 1), CursorReset(2), StreamEnded(None)),
        (StreamHello(1, 1), StreamRow("2.1.0", row(1)), StreamEnded(None)),
    ],
)
def test_another_generation_takes_a_snapshot_and_probes(device: Device, events: tuple[Any, ...]) -> None:
    device.bench.append()
    device.push_all()
    listen(device, *events)

    assert device.push_all() == Idle()  # does the cloud still have what we sent?
    assert device.script.sent == [(1,), (1,)]
    assert device.cursor() == "1.0.0"
    device.script.snapshots = [snapshot("2.7.1")]
    assert device.exchange.feed_step() is None
    assert device.cursor() == "2.7.1"
    assert device.exchange.feed_step() is None
    assert device.script.cursors[-1] == "2.7.1"


@pytest.mark.expect_log("feed_reset")
def test_a_cloud_that_lost_rows_without_knowing_it_is_shown_everything_again(device: Device) -> None:
    """I3, AGT-11: nobody ran mark-restored, the generation is the same; lost rows are reason enough."""
    device.bench.append()
    device.bench.append()
    device.push_all()
    device.script.pulls = [Pulled(PullPage((replace(row(1), written_ms=50),), "1.1.0", False, 0))]
    device.exchange.feed_step()
    device.script.streams = [(StreamHello(1, 1), CursorReset(1, went_back=True))]
    device.exchange.feed_step()
    assert device.script.cursors[-1] == "stream 1.1.0.50.0"
    assert device.bench.rows("SELECT count(*) FROM feed_row") == [(0,)]

    device.script.snapshots = [snapshot("1.1.0")]
    assert device.exchange.feed_step() is None
    device.push_all()

    assert device.script.sent == [(1, 2), (2,), (1, 2)]


@pytest.mark.expect_log("feed_reset")
def test_after_a_reset_nothing_is_read_before_a_snapshot_came(device: Device) -> None:
    """Rows may have been pruned, or the cloud lost some without a restore command: our cursor is ahead of it."""
    device.script.pulls = [CursorReset()]
    device.exchange.feed_step()
    for _ in range(3):  # the cloud does not answer
        assert device.exchange.feed_step() is None
        waits = device.exchange.feed_step()
        assert isinstance(waits, WaitUntil)
        device.bench.clock.advance(waits.mono_ms - device.bench.clock.mono_ms())
    assert device.script.cursors == ["1.0.0"]
    device.script.snapshots = [snapshot("1.4.0")]
    device.exchange.feed_step()
    device.exchange.feed_step()

    assert device.script.cursors == ["1.0.0", "1.4.0"]


def test_stopping_in_the_middle_of_a_stream_applies_nothing_more(device: Device) -> None:
    device.exchange.feed_step()
    device.script.streams = [(StreamHello(1, 1), StreamRow("1.1.0", row(1)))]
    assert device.exchange.feed_step(lambda: True) is None

    assert (device.rows, device.cursor()) == ([], "1.0.0")


@pytest.mark.parametrize("why", [Denied("device_revoked"), Unavailable(Reason.SERVER_ERROR)])
def test_a_refused_stream_is_shown(device: Device, why: Denied | Unavailable) -> None:
    listen(device, StreamEnded(why))

    status = device.exchange.status()
    assert (status.online, status.last_error) == (False, why.code if isinstance(why, Denied) else "server_error")
    assert isinstance(device.exchange.feed_step(), WaitUntil)


@pytest.mark.parametrize("why", [None, Unavailable(Reason.CUT), Unavailable(Reason.SERVER_ERROR)])
def test_a_stream_that_greets_and_ends_at_once_is_offline_until_the_next_try(
    device: Device, why: Unavailable | None
) -> None:
    """AGT-14: nobody listens while the feed waits, so the screen does not say online."""
    device.exchange.feed_step()
    device.script.streams = [(StreamHello(1, 1), StreamEnded(why))]
    assert device.exchange.feed_step() is None

    status = device.exchange.status()
    waits = device.exchange.feed_step()

    assert isinstance(waits, WaitUntil)
    assert (status.online, status.offline_since_wall_ms) == (False, device.bench.clock.wall_ms())
    device.bench.clock.advance(waits.mono_ms - device.bench.clock.mono_ms())
    device.exchange.feed_step()
    assert device.exchange.status().online


def test_a_stream_that_lived_and_ended_is_no_reason_to_say_offline(device: Device) -> None:
    """The cloud was updated: the next question is asked at once."""
    device.exchange.feed_step()
    clock = device.bench.clock

    def lives(*_: object) -> bool:
        clock.advance(10_000)
        return False

    device.script.streams = [(StreamHello(1, 1), StreamEnded(None))]
    device.exchange.feed_step(lives)

    assert device.exchange.status().online


def test_ending_is_no_trouble(device: Device) -> None:
    device.exchange.feed_step()
    device.bench.append()
    device.script.pushes = [Unavailable(Reason.CLOSED)]
    device.push_all()

    assert device.exchange.status().online


def test_unforeseen_trouble_is_shown_until_the_channel_works_again(device: Device) -> None:
    device.exchange.feed_step()
    until_ms = device.exchange.trouble(PUSH, "internal")

    assert until_ms > device.bench.clock.mono_ms()
    assert device.exchange.status().last_error == "internal"
    device.bench.clock.advance(60_000)
    device.bench.append()
    device.push_all()
    assert device.exchange.status().online
