"""The queue: gapless numbers, one chain, sealed secrets, and answers that fit or change nothing (AGT-05, AGT-06)."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync import outbox
from sync.chain import carry_over, carry_over_all, verify_chain
from sync.clock import FakeClock
from sync.errors import CellUnreadable, HistoryGone, NotEnrolled, OpTooLarge, StoreFull
from sync.ids import SeededIds
from sync.outbox import Batch, Misfit, NewOp, QueueView, Settled, apply_results, next_batch
from sync.profile import Identity, require_identity, write_identity
from sync.protocol import CHAIN_START, FeedRow, OpResult, PushResponse, canonical_json, chain_hash
from sync.secrets import FieldCipher
from sync.store import Store
from tests.helpers.devices import DEVICE_ID, STORE_ID, Bench, enrolled

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path)
    yield made
    made.store.close()


def batch_of(bench: Bench, **limits: Any) -> Batch:
    with bench.store.read() as conn:
        batch = next_batch(conn, bench.cipher, **limits)
    assert batch is not None
    return batch


def response(batch: Batch, *statuses: str, expected: int | None = None, **more: Any) -> PushResponse:
    results = tuple(
        OpResult(op.seq, op.op_id, status, more.get("code"), more.get("body"))
        for op, status in zip(batch.ops, statuses, strict=False)
    )
    return PushResponse(results, expected or batch.first_seq + len(results), 1, more.get("server_ms", 1_000))


def settle(bench: Bench, batch: Batch, answer: PushResponse, on_result: Any = lambda *_: None) -> Settled | Misfit:
    with bench.store.transaction() as conn:
        return apply_results(conn, batch, answer, clock=bench.clock, on_result=on_result)


def test_numbers_are_gapless_when_many_threads_append(bench: Bench) -> None:
    made: list[int] = []

    def work() -> None:
        for n in range(25):
            made.append(bench.append({"n": n}).seq)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == list(range(1, 101))
    with bench.store.read() as conn:
        assert verify_chain(conn, bench.cipher) is None


def test_a_transaction_that_fails_takes_no_number(bench: Bench) -> None:
    def append_and_fail() -> None:
        with bench.store.transaction() as conn:
            outbox.append(conn, NewOp("earn", {}, "tablet"), clock=bench.clock, ids=bench.ids, cipher=None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()

    assert bench.append().seq == 1


def test_nothing_is_queued_before_enrollment(tmp_path: Path) -> None:
    clock = FakeClock()
    with Store.open(tmp_path, clock=clock) as store:
        with pytest.raises(NotEnrolled) as refused, store.transaction() as conn:
            outbox.append(conn, NewOp("earn", {}, "x"), clock=clock, ids=SeededIds(1, clock), cipher=None)
        with store.read() as conn:
            assert outbox.counts(conn) == outbox.OutboxCounts(0, 0, 0, None)
    assert "등록" in refused.value.user_message


def test_secrets_are_sealed_at_rest_and_whole_on_the_wire(bench: Bench, tmp_path: Path) -> None:
    bench.append({"points": 45}, phone="+821012345678")
    batch = batch_of(bench)

    assert batch.ops[0].body == {"points": 45, "phone": "+821012345678"}
    assert chain_hash(CHAIN_START, batch.ops[0]) == batch.last_hash  # the chain covers the secret part too
    bench.store.close()
    for file in tmp_path.iterdir():
        assert b"1012345678" not in file.read_bytes(), file.name


def test_the_batch_is_what_the_wire_asks_for(bench: Bench) -> None:
    for n in range(3):
        bench.append({"n": n})
    wire = batch_of(bench).to_wire()

    assert (wire["protocol"], wire["epoch"], wire["prev_hash"]) == (1, 1, CHAIN_START)
    assert [op["seq"] for op in wire["ops"]] == [1, 2, 3]
    assert {op["store"] for op in wire["ops"]} == {STORE_ID}
    previous = CHAIN_START
    for op in batch_of(bench).ops:
        previous = chain_hash(previous, op)
    assert previous == wire["last_hash"]


def test_a_batch_keeps_to_500_operations_and_to_its_bytes(bench: Bench) -> None:
    with bench.store.transaction() as conn:
        for n in range(600):
            op = NewOp("earn", {"n": n, "pad": "가" * 300}, "tablet")
            outbox.append(conn, op, clock=bench.clock, ids=bench.ids, cipher=None)

    full = batch_of(bench)
    assert len(canonical_json(full.to_wire())) <= 256 * 1024
    assert len(canonical_json(full.to_wire())) > 250 * 1024
    assert len(batch_of(bench, limit_bytes=10**9).ops) == 500
    assert len(batch_of(bench, limit_ops=7).ops) == 7
    assert len(batch_of(bench, limit_bytes=1).ops) == 1  # never nothing
    assert batch_of(bench, limit_ops=3, from_seq=400).first_seq == 400


def test_bodies_that_cannot_go_are_refused_before_they_are_stored(bench: Bench) -> None:
    cases: list[tuple[NewOp, type[Exception]]] = [
        (NewOp("earn", {"x": "y" * 70_000}, "t"), OpTooLarge),
        (NewOp("earn", {"x": 1.5}, "t"), TypeError),
        (NewOp("earn", {"phone": "a"}, "t", {"phone": "b"}), ValueError),
        (NewOp("earn", {}, "t", {"phone": "b"}), ValueError),
    ]
    for op, problem in cases:
        cipher = None if op.secret and not op.body else bench.cipher
        with pytest.raises(problem), bench.store.transaction() as conn:
            outbox.append(conn, op, clock=bench.clock, ids=bench.ids, cipher=cipher)

    assert bench.counts().pending == 0
    assert bench.append().seq == 1


def test_an_answer_settles_operations_and_features_in_one_transaction(bench: Bench) -> None:
    for _ in range(4):
        bench.append()
    batch = batch_of(bench)
    seen: list[tuple[str, str]] = []

    def on_result(conn: sqlite3.Connection, result: OpResult, kind: str) -> None:
        seen.append((kind, result.status))
        Store.set_meta(conn, f"follow-{result.seq}", result.status)

    settled = settle(bench, batch, response(batch, "applied", "adjusted", "rejected", "parked"), on_result)

    assert isinstance(settled, Settled)
    assert seen == [("earn", "applied"), ("earn", "adjusted"), ("earn", "rejected"), ("earn", "parked")]
    assert bench.store.meta("follow-2") == "adjusted"
    assert bench.counts() == outbox.OutboxCounts(0, 1, 3, None)
    with bench.store.read() as conn:
        assert outbox.queue_view(conn) == QueueView(None, 4)


@pytest.mark.expect_log("disk_reserve_released")
def test_the_answer_and_its_follow_up_are_lost_together(bench: Bench) -> None:
    bench.append()
    batch = batch_of(bench)

    def full_disk(conn: sqlite3.Connection, _result: OpResult, _kind: str) -> None:
        conn.execute(f"PRAGMA max_page_count = {conn.execute('PRAGMA page_count').fetchone()[0]}")
        Store.set_meta(conn, "large", "x" * 1_000_000)

    with pytest.raises(StoreFull):
        settle(bench, batch, response(batch, "applied"), full_disk)

    assert bench.counts().pending == 1


@pytest.mark.expect_log("follow_up_failed")
def test_a_follow_up_with_a_bug_keeps_the_answer_and_asks_for_attention(bench: Bench) -> None:
    bench.append()
    bench.append()
    batch = batch_of(bench)

    def buggy(conn: sqlite3.Connection, result: OpResult, _kind: str) -> None:
        Store.set_meta(conn, f"follow-{result.seq}", "written")
        if result.seq == 1:
            raise KeyError("earn_id")

    settled = settle(bench, batch, response(batch, "applied", "applied"), buggy)

    assert isinstance(settled, Settled)
    assert settled.local_errors == ("KeyError: 'earn_id'",)
    assert (bench.store.meta("follow-1"), bench.store.meta("follow-2")) == (None, "written")
    assert bench.counts() == outbox.OutboxCounts(0, 1, 2, None)


def test_the_same_words_again_follow_up_only_once_and_new_words_again(bench: Bench) -> None:
    bench.append()
    batch = batch_of(bench)
    seen: list[str] = []

    for status in ("applied", "applied", "adjusted"):
        settle(bench, batch, response(batch, status), lambda _c, result, _k: seen.append(result.status))

    assert seen == ["applied", "adjusted"]


def test_retry_stops_the_queue_there(bench: Bench) -> None:
    for _ in range(3):
        bench.append()
    batch = batch_of(bench)

    settled = settle(bench, batch, response(batch, "applied", "retry", "applied"))

    assert isinstance(settled, Settled)
    assert settled.asks_retry == 2
    with bench.store.read() as conn:
        assert outbox.queue_view(conn).first_pending == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _results: [OpResult(1, "someone-else", "applied")],
        lambda results: [OpResult(2, results[1].op_id, "applied")],
        lambda results: [OpResult(1, results[0].op_id, "splendid")],
        lambda results: [*results, OpResult(3, "more", "applied")],
        lambda results: [results[0], OpResult(2, results[1].op_id, "applied", body=["no object"])],  # type: ignore[arg-type]
        lambda results: [OpResult(1, results[0].op_id, "applied", code=7)],  # type: ignore[arg-type]
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(bench: Bench, spoil: Any) -> None:
    bench.append()
    bench.append()
    batch = batch_of(bench)
    good = response(batch, "applied", "applied")
    before = bench.rows("SELECT * FROM outbox") + bench.rows("SELECT * FROM meta")

    bad = PushResponse(tuple(spoil(list(good.results))), 3, 1, 5)

    assert isinstance(settle(bench, batch, bad), Misfit)
    assert bench.rows("SELECT * FROM outbox") + bench.rows("SELECT * FROM meta") == before


def test_a_fork_is_kept_for_a_person_and_not_sent_again(bench: Bench) -> None:
    bench.append()
    batch = batch_of(bench)
    settled = settle(bench, batch, response(batch, "forked"))

    assert isinstance(settled, Settled)
    assert settled.forked
    assert bench.counts() == outbox.OutboxCounts(0, 1, 0, None)


def test_answered_operations_stay_14_days_by_the_cloud_s_clock_and_numbers_are_never_reused(bench: Bench) -> None:
    for _ in range(3):
        bench.append()
    batch = batch_of(bench)
    settle(bench, batch, response(batch, "applied", "parked", "applied", server_ms=100 * DAY_MS))
    bench.clock.jump_wall(400 * DAY_MS)  # our own clock says nothing about age

    late = bench.append()
    batch = batch_of(bench)
    for day, left in ((113, [1, 2, 3, 4]), (115, [2, 4])):
        settle(bench, batch, response(batch, "applied", server_ms=day * DAY_MS))
        with bench.store.transaction() as conn:
            outbox.purge(conn)
        assert [seq for (seq,) in bench.rows("SELECT seq FROM outbox ORDER BY seq")] == left

    assert late.seq == 4
    with bench.store.read() as conn, pytest.raises(HistoryGone):
        next_batch(conn, bench.cipher, from_seq=1)
    with bench.store.read() as conn:
        assert verify_chain(conn, bench.cipher) is None
    assert bench.append().seq == 5


def test_the_newest_operation_stays_even_when_it_is_old(bench: Bench) -> None:
    bench.append()
    batch = batch_of(bench)
    settle(bench, batch, response(batch, "applied", server_ms=DAY_MS))
    with bench.store.transaction() as conn:
        Store.set_meta(conn, outbox.SERVER_TIME, str(100 * DAY_MS))
        assert outbox.purge(conn) == 0


@pytest.mark.parametrize("change", ["UPDATE outbox SET body = '{\"points\":4500}' WHERE seq = 2",
                                    "UPDATE outbox SET actor = 'owner' WHERE seq = 2",
                                    "UPDATE outbox SET prev_hash = hash WHERE seq = 2"])  # fmt: skip
def test_an_edited_queue_is_noticed(bench: Bench, change: str) -> None:
    for _ in range(3):
        bench.append()
    with bench.store.transaction() as conn:
        conn.execute(change)
    with bench.store.read() as conn:
        assert verify_chain(conn, bench.cipher) == 2


def test_a_cut_tail_is_noticed(bench: Bench) -> None:
    for _ in range(3):
        bench.append()
    with bench.store.transaction() as conn:
        conn.execute("DELETE FROM outbox WHERE seq = 3")
    with bench.store.read() as conn:
        assert verify_chain(conn, bench.cipher) == 3


def test_a_swapped_sealed_part_does_not_open(bench: Bench) -> None:
    bench.append(phone="+821011112222")
    bench.append(phone="+821033334444")
    with bench.store.transaction() as conn:
        conn.execute("UPDATE outbox SET sealed = (SELECT sealed FROM outbox WHERE seq = 1) WHERE seq = 2")
    with bench.store.read() as conn, pytest.raises(CellUnreadable):
        next_batch(conn, bench.cipher)


def renew(bench: Bench, conn: sqlite3.Connection) -> None:
    old = require_identity(conn)
    write_identity(conn, Identity(old.base_url, "device-2", 1, old.store_id, old.label, old.vault_entry))


def test_a_new_enrollment_takes_unsent_and_forked_operations_along(bench: Bench) -> None:
    for n in range(4):
        bench.append({"n": n}, phone="+821012345678")
    batch = batch_of(bench, limit_ops=2)
    settle(bench, batch, response(batch, "applied", "forked"))
    ids_before = [row[0] for row in bench.rows("SELECT op_id FROM outbox WHERE seq >= 2 ORDER BY seq")]

    with bench.store.transaction() as conn:
        renew(bench, conn)
        moved = carry_over(conn, (DEVICE_ID, 1), cipher=bench.cipher)

    batch = batch_of(bench)
    assert (moved.moved, moved.unreadable) == (3, 0)
    assert [op.op_id for op in batch.ops] == ids_before
    assert [(op.device, op.seq, op.body["phone"]) for op in batch.ops] == [
        ("device-2", seq, "+821012345678") for seq in (1, 2, 3)
    ]
    with bench.store.read() as conn:
        assert verify_chain(conn, bench.cipher) is None
    assert bench.append().seq == 4


@pytest.mark.expect_log("carry_over_unreadable")
def test_operations_whose_key_is_lost_are_named_and_kept(bench: Bench) -> None:
    bench.append({"n": 1}, phone="+821012345678")
    bench.append({"n": 2})
    with bench.store.transaction() as conn:
        renew(bench, conn)
        moved = carry_over(conn, (DEVICE_ID, 1), cipher=FieldCipher(b"x" * 32))

    assert (moved.moved, moved.unreadable) == (1, 1)
    assert bench.counts().needs_attention == 1
    assert batch_of(bench).ops[0].body == {"n": 2}


@pytest.mark.thorough
def test_status_figures_stay_cheap_with_a_week_of_queue(bench: Bench) -> None:
    with bench.store.transaction() as conn:
        row = json.dumps({"points": 45})
        conn.executemany(
            "INSERT INTO outbox (device_id, epoch, seq, op_id, kind, v, store_id, actor, wall_ms, mono_ms, boot_id,"
            " seen_cursor, body, wire_bytes, prev_hash, hash, status)"
            " VALUES ('d', 9, ?, ?, 'earn', 1, 's', 't', ?, 0, 'b', '1.0.0', ?, 300, 'p', 'h', 'pending')",
            [(n, f"op-{n}", 1_000 + n, row) for n in range(1, 50_001)],
        )
        plan = conn.execute("EXPLAIN QUERY PLAN SELECT status, count(*) FROM outbox GROUP BY status").fetchone()[
            "detail"
        ]

    assert bench.counts().pending == 50_000
    assert bench.counts().oldest_pending_wall_ms == 1_001
    assert "COVERING INDEX outbox_status" in plan


def _op_row(batch: Batch, place: int, status: str, **other: Any) -> FeedRow:
    op = batch.ops[place]
    body = {"device_id": op.device, "epoch": op.epoch, "seq": op.seq, "op_id": op.op_id, "status": status}
    return FeedRow("store", 1, "op", {**body, "code": None, "body": None, **other})


def test_a_parked_operation_that_was_applied_after_all_is_booked_here_too(bench: Bench) -> None:
    """I10: both sides hold the same answer; an answer of before the fix that comes late does not undo it."""
    bench.append()
    batch = batch_of(bench)
    settle(bench, batch, response(batch, "parked", code="apply_failed"))
    seen: list[str] = []

    with bench.store.transaction() as conn:
        for row in (_op_row(batch, 0, "applied"), _op_row(batch, 0, "applied")):
            outbox.apply_op_row(conn, row, on_result=lambda _c, result, _k: seen.append(result.status))
    settle(bench, batch, response(batch, "parked", code="apply_failed"))

    assert seen == ["applied"]
    assert bench.rows("SELECT status, code FROM outbox") == [("applied", None)]


def test_a_row_about_another_counters_operation_changes_nothing(bench: Bench) -> None:
    bench.append()
    batch = batch_of(bench)

    with bench.store.transaction() as conn:
        outbox.apply_op_row(conn, _op_row(batch, 0, "applied", device_id="another"), on_result=pytest.fail)

    assert bench.rows("SELECT status FROM outbox") == [("pending",)]


def test_what_the_cloud_had_put_aside_goes_along_to_a_new_enrollment(bench: Bench) -> None:
    """I10: whether it was booked meanwhile is told by its answer alone; what was spoilt here stays."""
    for _ in range(2):
        bench.append()
    batch = batch_of(bench)
    settle(bench, batch, response(batch, "parked", "parked", code="apply_failed"))
    with bench.store.transaction() as conn:
        conn.execute("UPDATE outbox SET code = 'hash_mismatch' WHERE seq = 2")
        write_identity(conn, replace(require_identity(conn), device_id="device-again"))

        moved = carry_over_all(conn, cipher=bench.cipher)

    assert (moved.moved, moved.unsound) == (1, 0)
    assert bench.rows("SELECT device_id, seq, status FROM outbox ORDER BY device_id") == [
        (DEVICE_ID, 2, "parked"),
        ("device-again", 1, "pending"),
    ]


def test_an_answer_tells_how_far_the_clocks_are_apart(bench: Bench) -> None:
    """AGT-07"""
    bench.append()
    with bench.store.read() as conn:
        assert outbox.clock_offset_ms(conn) is None
    batch = batch_of(bench)

    settle(bench, batch, response(batch, "applied", server_ms=bench.clock.wall_ms() - 61_000))

    with bench.store.read() as conn:
        assert outbox.clock_offset_ms(conn) == -61_000
