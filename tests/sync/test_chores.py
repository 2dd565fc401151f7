"""What is done beside operations and feeds: fresh members, the tally with its alarm, bulk uploads (AGT-15, I4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync import tally, uploads
from sync.chores import (
    HEAL_AGAIN_MAX_MS,
    LOOK_EVERY_MS,
    REFRESH_EVERY_MS,
    TALLY_EVERY_MS,
    TOO_LARGE_TRIES,
    UPLOAD_PAUSE_MS,
)
from sync.engine import WaitUntil
from sync.outcomes import Denied, Pulled, Reason, Tallied, TooLarge, Unavailable
from sync.protocol import PullPage, tally_digest
from sync.snapshot import read_age_ms
from tests.helpers.devices import Bench, enrolled
from tests.sync.test_exchange import Device, snapshot

POLICY = [("policy", "policy", 0)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def device(bench: Bench) -> Device:
    """Connected, and everything is read."""
    made = Device(bench)
    made.exchange.feed_step()
    return made


def held(*items: tuple[str, str, int], cursor: str = "1.0.0") -> Tallied:
    requests = sum(item[0] == "request" for item in items)
    return Tallied(requests, 0, 0, tally_digest([*items, *POLICY]), 0, cursor)


MINUTES_MS = 600_000


def work(device: Device, ms: int = 0) -> None:
    """Lets so much time pass in small steps, doing whatever is due."""
    clock = device.bench.clock
    until_ms = clock.mono_ms() + ms
    while True:
        action = device.exchange.chore_step()
        if action is None:
            continue
        assert isinstance(action, WaitUntil)
        if action.mono_ms > until_ms:
            clock.advance(until_ms - clock.mono_ms())
            return
        clock.advance(max(action.mono_ms - clock.mono_ms(), 1))


def test_nothing_is_asked_before_the_line_stands_and_the_feeds_are_read(bench: Bench) -> None:
    device = Device(bench)
    assert device.exchange.chore_step() == WaitUntil(bench.clock.mono_ms() + LOOK_EVERY_MS)
    device.script.pulls = [Pulled(PullPage((), "1.0.0", True, 0))]
    device.exchange.feed_step()  # there is more

    work(device)
    assert (device.script.snapshots_asked, device.script.tallies_asked) == ([], 0)


def test_members_are_fetched_at_once_and_every_few_hours(device: Device) -> None:
    device.script.snapshots = [snapshot("1.0.0", taken_ms=device.bench.clock.wall_ms()) for _ in range(9)]
    device.script.tallies = [held()] * 999
    work(device)
    assert device.script.snapshots_asked == [""]
    work(device, 24 * 3_600_000)

    assert 4 <= len(device.script.snapshots_asked) - 1 <= 8
    with device.bench.store.read() as conn:
        age_ms = read_age_ms(conn, device.bench.clock)
    assert age_ms is not None
    assert age_ms <= 1.25 * REFRESH_EVERY_MS + LOOK_EVERY_MS


def test_a_snapshot_that_fails_is_tried_again_ever_more_slowly_and_holds_up_nothing(device: Device) -> None:
    device.script.tallies = [held()] * 999
    work(device, 30 * 60_000)

    assert 20 <= len(device.script.snapshots_asked) <= 45  # a minute between two at last
    assert device.script.tallies_asked >= 2
    assert device.exchange.status().online


def test_a_retry_after_is_kept_to(device: Device) -> None:
    device.script.tallies = [Unavailable(Reason.THROTTLED, retry_after_ms=300_000), held()]
    device.script.snapshots = [snapshot("1.0.0")]
    work(device, 290_000)
    assert device.script.tallies_asked == 1
    work(device, 20_000)
    assert device.script.tallies_asked == 2


def test_a_tally_that_fits_is_asked_again_in_a_quarter_of_an_hour(device: Device) -> None:
    device.script.snapshots = [snapshot("1.0.0", taken_ms=device.bench.clock.wall_ms())]
    device.script.tallies = [held()] * 99
    work(device, 3_600_000)

    assert 4 <= device.script.tallies_asked <= 6
    assert device.exchange.status().needs_attention == 0


@pytest.mark.expect_log("cloud_went_back")
@pytest.mark.expect_log("feed_reset")
def test_operations_that_the_cloud_acknowledged_and_lost_are_missed_at_the_next_tally(device: Device) -> None:
    """I3, AGT-15: nothing new has to be sent, and no row tells of it."""
    device.bench.append()
    device.bench.append()
    device.push_all()
    device.script.snapshots = [snapshot("1.0.0"), snapshot("1.0.0")]
    device.script.tallies = [replace(held(), chain=(1, 1), server_time_ms=1_000), held()]
    work(device)

    assert device.exchange.feed_step() is None  # its snapshot
    device.push_all()
    assert device.script.sent == [(1, 2), (2,), (1, 2)]


@pytest.mark.parametrize(
    ("chain", "server_time_ms"),
    [(None, 0), ((1, 2), 1_000), ((2, 0), 1_000), ((1, 1), 999)],
    ids=["not told", "all there", "another epoch", "older than an answer"],
)
def test_a_tally_that_is_no_proof_of_a_loss_changes_nothing(
    device: Device, chain: tuple[int, int] | None, server_time_ms: int
) -> None:
    device.bench.append()
    device.bench.append()
    device.push_all()
    device.script.snapshots = [snapshot("1.0.0")]
    device.script.tallies = [replace(held(), chain=chain, server_time_ms=server_time_ms)]
    work(device)

    assert device.script.sent == [(1, 2)]


@pytest.mark.expect_log("tally_mismatch")
@pytest.mark.expect_log("tally_corrected")
def test_a_difference_brings_a_snapshot_and_is_told_until_it_is_cured(device: Device) -> None:
    """AGT-15: needs attention, in the log, and afterwards still known."""
    bench = device.bench
    with bench.store.transaction() as conn:
        conn.execute(
            "INSERT INTO request (request_id, version, kind, state, title, created_ms, received_wall_ms)"
            " VALUES ('ghost', 3, 'coupon', 'seen', '', 0, 0)"
        )
    device.script.snapshots = [snapshot("1.0.0"), snapshot("1.0.0")]
    device.script.tallies = [held()]
    assert device.exchange.chore_step() is None  # fresh members
    assert device.exchange.chore_step() is None  # the tally
    assert device.exchange.status().needs_attention == 1
    device.script.tallies = [held()]
    work(device)

    assert device.script.snapshots_asked == ["", ""]
    assert bench.rows("SELECT state FROM request") == [("expired",)]
    assert device.exchange.status().needs_attention == 0
    with bench.store.read() as conn:
        alarm = tally.read_alarm(conn)
    assert alarm is not None
    assert (alarm.ours, alarm.theirs, alarm.stands) == ((1, 0, 0), (0, 0, 0), False)


@pytest.mark.expect_log("tally_mismatch")
def test_a_difference_that_stays_is_not_asked_about_for_ever(device: Device) -> None:
    device.script.tallies = [held(("request", "of-a-newer-program", 1))] * 999
    device.script.snapshots = [snapshot("1.0.0", taken_ms=device.bench.clock.wall_ms()) for _ in range(99)]
    work(device, 24 * 3_600_000)

    assert device.exchange.status().needs_attention == 1
    assert 24 * 3_600_000 // HEAL_AGAIN_MAX_MS <= len(device.script.snapshots_asked) <= 20


def test_no_verdict_while_rows_or_operations_are_under_way(device: Device) -> None:
    device.script.snapshots = [snapshot("1.0.0")]
    device.script.tallies = [held(cursor="1.1.0"), held(("request", "r", 1)), held()]
    device.bench.append()
    work(device, 14_000)
    assert device.script.tallies_asked == 1
    work(device, 15_000)  # the cursor fits now, an operation is unsent
    assert device.script.tallies_asked == 2
    device.push_all()
    work(device, 15_000)
    work(device, TALLY_EVERY_MS // 2)

    assert device.script.tallies_asked == 3
    assert device.exchange.status().needs_attention == 0


# Bulk


def add_document(bench: Bench, document_id: str, lines: list[str]) -> None:
    with bench.store.transaction() as conn:
        conn.execute(
            "INSERT INTO document (document_id, captured_ms, source, kind, verdict, outcome, reading_json, lines_json)"
            " VALUES (?, 5, 'till', 'sale', 'earn', 'waiting', '{}', ?)",
            (document_id, json.dumps(lines)),
        )


def waiting(bench: Bench) -> int:
    with bench.store.read() as conn:
        return uploads.pending(conn)


def quiet(device: Device) -> Device:
    device.script.snapshots = [snapshot("1.0.0", taken_ms=device.bench.clock.wall_ms())]
    device.script.tallies = [held()] * 99
    return device


def test_receipts_and_telemetry_leave_once_when_nothing_else_waits(device: Device) -> None:
    bench = quiet(device).bench
    add_document(bench, "d1", ["아메리카노 4,500"])
    with bench.store.transaction() as conn:
        uploads.add(conn, uploads.HEALTH, "h1", {"pending": 0}, bench.clock)
    bench.append()
    work(device)
    assert device.script.uploaded == []
    device.push_all()
    with bench.store.read() as conn:
        bodies = [one.upload.body for one in uploads.next_batch(conn)]
    work(device, LOOK_EVERY_MS)

    assert bodies == [{"pending": 0}, {"captured_ms": 5, "kind": "sale", "lines": ["아메리카노 4,500"]}]
    assert device.script.uploaded == [["h1", "d1"]]
    assert waiting(bench) == 0


def test_a_queue_of_uploads_outlives_a_restart_and_a_lost_answer(tmp_path: Path) -> None:
    bench = enrolled(tmp_path)
    add_document(bench, "d1", ["x"])
    bench.store.close()
    device = Device(enrolled(tmp_path))
    device.exchange.feed_step()
    quiet(device).script.upload_answers = [Unavailable(Reason.TIMEOUT)]
    work(device, 2_000)

    assert device.script.uploaded == [["d1"], ["d1"]]
    device.bench.store.close()


def test_too_large_uploads_are_halved_and_grow_again(device: Device) -> None:
    for n in range(8):
        add_document(quiet(device).bench, f"d{n}", ["x"])
    device.script.upload_answers = [TooLarge(), TooLarge()]
    work(device, 3 * UPLOAD_PAUSE_MS)

    assert [len(ids) for ids in device.script.uploaded] == [8, 4, 2, 4, 2]


@pytest.mark.expect_log("upload_dropped")
@pytest.mark.parametrize("answer", [TooLarge(), Denied("invalid")])
def test_one_that_the_cloud_cannot_take_does_not_stop_the_others(device: Device, answer: TooLarge | Denied) -> None:
    for n in range(3):
        add_document(quiet(device).bench, f"d{n}", ["x"])
    device.script.upload_answers = [answer] * (2 + TOO_LARGE_TRIES if isinstance(answer, TooLarge) else 2)
    work(device, MINUTES_MS)

    assert sorted({one for ids in device.script.uploaded[-2:] for one in ids}) == ["d1", "d2"]
    assert waiting(device.bench) == 0


def test_one_that_a_machine_on_the_way_refused_is_tried_again(device: Device) -> None:
    """A 413 need not be the cloud's word: the receipt is sent after a pause, and the next one has its own tries."""
    add_document(quiet(device).bench, "d1", ["x"])
    device.script.upload_answers = [TooLarge()] * (TOO_LARGE_TRIES - 1)
    work(device, MINUTES_MS)
    assert device.script.uploaded == [["d1"]] * TOO_LARGE_TRIES

    add_document(device.bench, "d2", ["x"])
    device.script.upload_answers = [TooLarge()] * (TOO_LARGE_TRIES - 1)
    work(device, MINUTES_MS)
    assert device.script.uploaded[TOO_LARGE_TRIES:] == [["d2"]] * TOO_LARGE_TRIES
    assert waiting(device.bench) == 0


def test_throttling_waits_as_long_as_asked(device: Device) -> None:
    add_document(quiet(device).bench, "d", ["x"])
    device.script.upload_answers = [Unavailable(Reason.THROTTLED, retry_after_ms=60_000)]
    work(device, 55_000)
    assert len(device.script.uploaded) == 1
    work(device, 7_000)
    assert len(device.script.uploaded) == 2


def test_a_long_document_fits_into_one_upload_and_a_batch_has_a_bound(bench: Bench) -> None:
    for n in range(30):
        add_document(bench, f"d{n}", ["라떼" * 20] * 400)
    with bench.store.read() as conn:
        batch = uploads.next_batch(conn)

    assert all(one.size < 16 * 1024 for one in batch)
    assert 5 < len(batch) < 30
    assert sum(one.size for one in batch) <= uploads.BATCH_BYTES_MAX


def test_unforeseen_trouble_is_no_loss_of_the_line(device: Device) -> None:
    until_ms: Any = device.exchange.trouble("chores", "internal")

    assert until_ms > device.bench.clock.mono_ms()
    assert device.exchange.status().online


@pytest.mark.expect_log("tally_mismatch")
def test_a_tally_from_before_an_answer_of_the_cloud_says_nothing(device: Device) -> None:
    """I4: the answer to a push may end a request here before its row is read; the tally still counted it."""
    device.bench.append()
    with device.bench.store.read() as conn:
        before = tally.heard(conn)
    device.push_all()

    with device.bench.store.transaction() as conn:
        assert tally.compare(conn, held(("request", "r", 1)), before, 0) is None
        assert tally.compare(conn, held(("request", "r", 1)), tally.heard(conn), 0) is False
