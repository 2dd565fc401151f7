"""Two threads, a real cloud on a real socket, and what happens when things go wrong between them (I3, I8, AGT-09)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sync import outbox
from sync.chain import verify_chain
from sync.clock import SystemClock
from sync.ids import SystemIds
from sync.inbox import read_cursor
from sync.outbox import NewOp
from sync.protocol import FeedRow, OpResult
from sync.signing import RequestSigner
from sync.transport import PULL_PATH, PUSH_PATH, SNAPSHOT_PATH, STREAM_PATH, HttpTransport, Timeouts
from sync.worker import SyncWorker
from tests.helpers import fake_cloud
from tests.helpers.devices import DEVICE_ID, SECRETS, Bench, enrolled
from tests.helpers.fake_cloud import FakeCloud, running
from tests.helpers.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
CLOCK = SystemClock()
FASTER = 20


class FastClock(SystemClock):
    """Time passes twenty times as fast, so that real back-offs do not make slow tests."""

    def __init__(self) -> None:
        super().__init__()
        self._began_ms = super().mono_ms()

    def mono_ms(self) -> int:
        return self._began_ms + (super().mono_ms() - self._began_ms) * FASTER


class Shop:
    """An agent without its screens."""

    def __init__(self, folder: Path, cloud: FakeCloud, timeouts: Timeouts) -> None:
        self.bench: Bench = enrolled(folder, base_url=cloud.base_url)
        cloud.public_keys[DEVICE_ID] = SECRETS.signing_key().public_key().public_bytes_raw()
        ids = SystemIds(CLOCK)
        signer = RequestSigner(DEVICE_ID, SECRETS.signing_key(), clock=CLOCK, ids=ids)
        self.rows: list[tuple[int, dict[str, Any]]] = []
        self.results: list[tuple[int, str]] = []
        self.changes = 0
        self.worker = SyncWorker(
            store=self.bench.store,
            transport=HttpTransport(cloud.base_url, signer=signer, clock=CLOCK, timeouts=timeouts),
            appliers={"request": self._request},
            on_result=self._result,
            clock=FastClock(),
            ids=ids,
            on_change=self._changed,
            cipher=self.bench.cipher,
            pause=lambda event, seconds: event.wait(seconds / FASTER),
        )

    def _request(self, _conn: Any, row: FeedRow, _context: Any) -> None:
        self.rows.append((row.n, row.body))

    def _result(self, _conn: Any, result: OpResult, _kind: str) -> None:
        self.results.append((result.seq, result.status))

    def _changed(self) -> None:
        self.changes += 1

    def pending(self) -> int:
        return self.bench.counts().pending

    def cursor(self) -> str:
        with self.bench.store.read() as conn:
            return str(read_cursor(conn))


@contextmanager
def open_shop(folder: Path, cloud: FakeCloud, *, start: bool = True, **timeouts: float) -> Iterator[Shop]:
    shop = Shop(folder, cloud, Timeouts(**{"connect_s": 1.0, "answer_s": 2.0, "stream_silence_s": 2.0, **timeouts}))
    if start:
        shop.worker.start()
    try:
        yield shop
    finally:
        assert shop.worker.stop() or not start
        shop.bench.store.close()


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with running(FakeCloud()) as made:
        yield made


def online(shop: Shop) -> None:
    wait_until(lambda: shop.worker.status().online, "the link to be online")


def drained(shop: Shop) -> None:
    wait_until(lambda: shop.pending() == 0, "an empty queue")


def test_what_is_committed_is_pushed_at_once_and_rows_arrive_live(tmp_path: Path, cloud: FakeCloud) -> None:
    with open_shop(tmp_path, cloud) as shop:
        online(shop)
        wait_until(lambda: STREAM_PATH in cloud.calls, "the stream")
        began = time.monotonic()
        op_id = shop.bench.append(phone="+821012345678").op_id
        drained(shop)
        cloud.publish("request", {"title": "쿠폰"})
        wait_until(lambda: shop.cursor() == "1.1.0", "the row and its cursor")

        assert time.monotonic() - began < 10  # not by a timer: the next one would be half a minute away
        assert cloud.op_ids() == [op_id]
        assert cloud.ops[0][0].body["phone"] == "+821012345678"
        assert (shop.results, shop.rows, shop.cursor()) == ([(1, "applied")], [(1, {"title": "쿠폰"})], "1.1.0")
        status = shop.worker.status()
        assert (status.pending, status.needs_attention, status.last_error) == (0, 0, None)
        assert status.last_synced_wall_ms is not None
        assert shop.changes >= 2


def test_a_day_offline_is_sent_in_order_when_the_line_is_back(tmp_path: Path, cloud: FakeCloud) -> None:
    """AGT-09 and the limit of 500 operations a batch."""
    with open_shop(tmp_path, cloud, start=False) as shop:
        with shop.bench.store.transaction() as conn:
            for n in range(1_200):
                op = NewOp("earn", {"n": n}, "tablet")
                outbox.append(conn, op, clock=shop.bench.clock, ids=shop.bench.ids, cipher=None)
        for n in range(1_100):
            cloud.publish("request", {"n": n})
        shop.worker.start()
        drained(shop)
        wait_until(lambda: len(shop.rows) == 1_100, "all rows")

        assert cloud.pushed_sizes == [500, 500, 200]
        assert [op.body["n"] for op, _hash, _result in cloud.ops] == list(range(1_200))
        assert [n for n, _body in shop.rows] == list(range(1, 1_101))
        assert cloud.calls.count(PULL_PATH) == 3
        shop.worker.stop()


def test_a_lost_reply_is_sent_again_and_applied_once(tmp_path: Path, cloud: FakeCloud) -> None:
    cloud.mishap(PUSH_PATH, fake_cloud.lose_reply)
    with open_shop(tmp_path, cloud) as shop:
        op_id = shop.bench.append().op_id
        drained(shop)

        assert cloud.calls.count(PUSH_PATH) == 2
        assert cloud.op_ids() == [op_id]
        assert shop.results == [(1, "applied")]


@pytest.mark.expect_log("push_answer_misfit")
@pytest.mark.parametrize(
    "mishap",
    [
        fake_cloud.status(500),
        fake_cloud.html_page,
        fake_cloud.cut_mid_body,
        fake_cloud.status(429, None, {"Retry-After": "0"}),
        fake_cloud.status(401, {"code": "skew", "message": "", "server_time_ms": CLOCK.wall_ms()}),
        fake_cloud.status(
            200,
            {
                "results": [{"seq": 1, "op_id": "not-ours", "status": "applied"}],
                "expected_seq": 2,
                "generation": 1,
                "server_time_ms": 1,
            },
        ),
    ],
)
def test_the_queue_survives_every_bad_answer(tmp_path: Path, cloud: FakeCloud, mishap: fake_cloud.Mishap) -> None:
    cloud.mishap(PUSH_PATH, mishap)
    with open_shop(tmp_path, cloud) as shop:
        op_id = shop.bench.append().op_id
        drained(shop)

        assert cloud.op_ids() == [op_id]
        assert shop.results == [(1, "applied")]


def test_413_halves_the_batch_until_it_fits(tmp_path: Path, cloud: FakeCloud) -> None:
    cloud.mishap(PUSH_PATH, fake_cloud.status(413), fake_cloud.status(413))
    with open_shop(tmp_path, cloud, start=False) as shop:
        for n in range(8):
            shop.bench.append({"n": n})
        shop.worker.start()
        drained(shop)

        assert cloud.pushed_sizes[:2] == [2, 3]
        assert sum(cloud.pushed_sizes) == 8
        shop.worker.stop()


def test_an_operation_the_cloud_parks_does_not_block_the_next(tmp_path: Path, cloud: FakeCloud) -> None:
    """AGT-15."""
    cloud.result_for = lambda op: {"status": "parked" if op.seq == 1 else "applied"}
    with open_shop(tmp_path, cloud) as shop:
        shop.bench.append()
        shop.bench.append()
        drained(shop)

        assert shop.worker.status().needs_attention == 1
        assert shop.results == [(1, "parked"), (2, "applied")]


def test_a_cloud_that_wants_a_newer_program_still_gets_every_fact(tmp_path: Path, cloud: FakeCloud) -> None:
    """426 on all that is read and beside never stops the upload of facts; over a real socket."""
    too_old = fake_cloud.status(426, {"code": "upgrade_needed", "message": ""})
    for path in (PULL_PATH, STREAM_PATH, SNAPSHOT_PATH):
        cloud.mishaps[path] = [too_old] * 1_000
    with open_shop(tmp_path, cloud) as shop:
        for _ in range(30):
            shop.bench.append()

        wait_until(lambda: shop.pending() == 0, "everything to be sent")

        assert [op.seq for op, _, _ in cloud.ops] == list(range(1, 31))
        status = shop.worker.status()
        assert (status.online, status.last_error) == (False, "upgrade_needed")


def test_426_for_a_push_itself_loses_nothing(tmp_path: Path, cloud: FakeCloud) -> None:
    """No cloud of ours says so; one that did would find everything still there when it has changed its mind."""
    cloud.mishaps[PUSH_PATH] = [fake_cloud.status(426, {"code": "upgrade_needed", "message": ""})] * 3
    with open_shop(tmp_path, cloud) as shop:
        for _ in range(5):
            shop.bench.append()

        wait_until(lambda: shop.pending() == 0, "everything to be sent")

        assert [op.seq for op, _, _ in cloud.ops] == [1, 2, 3, 4, 5]


def test_retry_holds_the_order(tmp_path: Path, cloud: FakeCloud) -> None:
    asked: list[int] = []

    def decide(op: Any) -> dict[str, Any]:
        asked.append(op.seq)
        return {"status": "retry" if len(asked) == 1 else "applied"}

    cloud.result_for = decide
    with open_shop(tmp_path, cloud, start=False) as shop:
        shop.bench.append()
        shop.bench.append()
        shop.worker.start()
        drained(shop)

        assert asked == [1, 1, 2]
        shop.worker.stop()


@pytest.mark.expect_log("feed_reset")
def test_a_restored_cloud_gets_its_lost_tail_back(tmp_path: Path, cloud: FakeCloud) -> None:
    """I3 after a server restore: nothing is pending here, and yet the cloud misses three operations."""
    with open_shop(tmp_path, cloud) as shop:
        for n in range(5):
            shop.bench.append({"n": n})
        drained(shop)
        cloud.publish("request", {"n": 1})
        wait_until(lambda: shop.rows, "the row")
        before = cloud.op_ids()

        cloud.forget_ops_after(2)
        wait_until(lambda: len(cloud.op_ids()) == 5, "the tail")

        assert cloud.op_ids() == before
        wait_until(lambda: shop.cursor() == "2.1.0", "the new generation")
        assert [seq for seq, _status in shop.results] == [1, 2, 3, 4, 5]  # the same words again are no news


@pytest.mark.expect_log("push_halted")
def test_a_cloned_disk_stops_sending_also_after_a_restart(tmp_path: Path, cloud: FakeCloud) -> None:
    with open_shop(tmp_path / "first", cloud) as shop:
        shop.bench.append({"n": "first"})
        drained(shop)
    with open_shop(tmp_path / "clone", cloud) as shop:
        shop.bench.append({"n": "clone"})
        wait_until(lambda: shop.worker.status().last_error == "forked", "the fork")
        assert shop.worker.status().needs_attention == 1
    pushes = cloud.calls.count(PUSH_PATH)
    with open_shop(tmp_path / "clone", cloud) as shop:
        shop.bench.append({"n": "after"})
        online(shop)
        status = shop.worker.status()

        assert (status.last_error, status.pending) == ("forked", 1)  # stored, and shown as waiting
    assert cloud.calls.count(PUSH_PATH) == pushes
    assert [op.body["n"] for op, _hash, _result in cloud.ops] == ["first"]


@pytest.mark.expect_log("push_halted")
def test_an_old_copy_of_the_disk_is_found_out_before_it_uses_a_number_twice(tmp_path: Path, cloud: FakeCloud) -> None:
    """An image of the PC from last week is put back: its first push shows its newest operation; the cloud has more."""
    made = enrolled(tmp_path / "now")
    first = made.append({"n": 1}).op_id
    made.store.close()
    with open_shop(tmp_path / "now", cloud) as shop:
        drained(shop)
    shutil.copytree(tmp_path / "now", tmp_path / "copy")
    with open_shop(tmp_path / "now", cloud) as shop:
        second = shop.bench.append({"n": 2}).op_id
        drained(shop)
    with open_shop(tmp_path / "copy", cloud) as shop:
        wait_until(lambda: shop.bench.store.restored() is not None, "it is found out")
        third = shop.bench.append({"n": 3}).op_id
        wait_until(lambda: cloud.op_ids() == [third], "the new operation under the new epoch")
        drained(shop)

        report = shop.bench.store.restored()
        assert report is not None
        assert (report.reason, report.missing, report.lost_ops) == ("behind_cloud", ((2, 2),), 0)
        assert [op.op_id for op, _hash, _result in cloud.earlier_ops] == [first, second]
        assert cloud.ops[0][0].epoch == 2
        assert shop.worker.status().last_error is None


@pytest.mark.expect_log("feed_stopped")
def test_a_missing_row_stops_the_feed_loudly(tmp_path: Path, cloud: FakeCloud) -> None:
    cloud.publish("request", {"n": 1})
    cloud.publish("request", {"n": 2})
    cloud.rows[1]["n"] = 3
    with open_shop(tmp_path, cloud) as shop:
        wait_until(lambda: shop.worker.status().last_error == "feed_gap", "the gap")

        assert shop.cursor() == "1.0.0"
        assert shop.bench.rows("SELECT count(*) FROM feed_row") == [(0,)]  # not even the row before the gap
        shop.bench.append()
        drained(shop)  # what happens here still gets out


def test_streams_that_hang_fall_back_to_long_polls(tmp_path: Path, cloud: FakeCloud) -> None:
    cloud.keep_s = 30.0
    with open_shop(tmp_path, cloud, stream_silence_s=0.05) as shop:
        wait_until(lambda: cloud.calls.count(STREAM_PATH) >= 3, "three streams")
        pulls = cloud.calls.count(PULL_PATH)
        wait_until(lambda: cloud.calls.count(PULL_PATH) > pulls + 1, "long polls")
        cloud.publish("request", {"n": 1})
        wait_until(lambda: shop.rows, "the row by poll")

        assert cloud.calls.count(STREAM_PATH) == 3


@pytest.mark.parametrize("where", [STREAM_PATH, PULL_PATH, PUSH_PATH])
def test_stopping_takes_less_than_a_second_while_the_network_hangs(
    tmp_path: Path, cloud: FakeCloud, where: str
) -> None:
    cloud.mishap(where, fake_cloud.hang)
    with open_shop(tmp_path, cloud, start=False, answer_s=30, stream_silence_s=30) as shop:
        shop.bench.append()
        shop.worker.start()
        wait_until(lambda: where in cloud.calls, "the hanging call")
        began = time.monotonic()

        assert shop.worker.stop()
        assert time.monotonic() - began < 1.0
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("sync-")]


def test_offline_is_shown_with_its_reason_and_heals_by_itself(tmp_path: Path, cloud: FakeCloud) -> None:
    down = fake_cloud.status(503)
    cloud.mishap(PULL_PATH, down)
    cloud.mishap(PUSH_PATH, down)
    with open_shop(tmp_path, cloud, start=False) as shop:
        shop.bench.append()
        shop.worker.start()
        wait_until(lambda: shop.worker.status().last_error == "server_error", "the trouble")
        status = shop.worker.status()
        assert not status.online
        assert status.offline_since_wall_ms is not None
        assert status.oldest_pending_wall_ms is not None
        online(shop)
        drained(shop)
        shop.worker.stop()


@pytest.mark.expect_log("sync_step_failed")
def test_a_bug_in_a_step_is_logged_and_does_not_end_the_thread(
    tmp_path: Path, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = outbox.next_batch
    calls = []

    def breaks_once(*args: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        return real(*args, **more)

    monkeypatch.setattr(outbox, "next_batch", breaks_once)
    with open_shop(tmp_path, cloud) as shop:
        shop.bench.append()
        drained(shop)


def test_many_threads_append_while_the_worker_pushes_through_bad_weather(tmp_path: Path, cloud: FakeCloud) -> None:
    cloud.mishap(PUSH_PATH, fake_cloud.lose_reply, fake_cloud.status(413), fake_cloud.lose_reply)
    with open_shop(tmp_path, cloud) as shop:
        made: list[str] = []
        threads = [
            threading.Thread(target=lambda: made.extend(shop.bench.append().op_id for _ in range(50))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        drained(shop)

        assert sorted(cloud.op_ids()) == sorted(made)
        assert [op.seq for op, _hash, _result in cloud.ops] == list(range(1, 201))
        assert sorted(seq for seq, _status in shop.results) == list(range(1, 201))
        with shop.bench.store.read() as conn:
            assert verify_chain(conn, shop.bench.cipher) is None


def test_the_store_closing_first_ends_the_threads_quietly(tmp_path: Path, cloud: FakeCloud) -> None:
    with open_shop(tmp_path, cloud) as shop:
        online(shop)
        shop.bench.store.close()
        cloud.publish("request", {"n": 1})
        wait_until(lambda: not [t for t in threading.enumerate() if t.name == "sync-stream"], "the stream thread's end")


def test_importing_the_worker_loads_nothing_heavy() -> None:
    """Old PCs start with these modules; httpx, cryptography and jwt come later, on the threads."""
    program = (
        "import sys, sync.store, sync.outbox, sync.inbox, sync.worker, sync.clock, sync.ids, sync.secrets\n"
        "print([name for name in ('httpx', 'cryptography', 'jwt', 'keyring', 'ssl', 'asyncio', 'uuid', 'email')"
        " if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert out.stdout.strip() == "[]"
