"""Taking a snapshot: members beside those in use, everything that counts in one switch, resumable, never the queue."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.earn import repository
from sync import inbox, snapshot
from sync.errors import StoreClosed
from sync.inbox import RowContext
from sync.outcomes import Denied, Reason, SnapshotEnded, SnapshotEvent, SnapshotLine, Unavailable
from sync.profile import StorePolicy, read_policy, read_store_profile, write_policy
from sync.protocol import Cursor, FeedRow
from sync.snapshot import MEMBERS_A_COMMIT, RESUME_WITHIN_MS, SnapshotTaker, Took, Why, find_member, read_age_ms
from tests.helpers.devices import PROFILE, Bench, enrolled
from tests.sync.test_exchange import snapshot as whole

POLICY = {"version": 4, "rate_bp": 300, "minimum_payment_won": 0, "request_timeout_ms": 60_000}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path)
    yield made
    made.store.close()


class Cloud:
    """Answers with what it is told; ``cut`` ends the next answer after so many lines."""

    def __init__(self, bench: Bench, lines: list[tuple[str, dict[str, Any]]], cursor: str = "1.9.2") -> None:
        self.bench = bench
        self.lines = lines
        self.cursor = cursor
        self.cut: int | None = None
        self.asked: list[str] = []
        self.taken_ms = 5_000
        self.applied: list[tuple[str, int]] = []
        self.taker = SnapshotTaker(
            store=bench.store,
            open_snapshot=self.open_snapshot,
            appliers={"request": self.apply_request, "order": self.apply_order, "menu": self.apply_item},
            clock=bench.clock,
        )

    def open_snapshot(self, after: str) -> Iterator[SnapshotEvent]:
        self.asked.append(after)
        lines = [line for line in self.lines if line[0] != "member" or line[1]["lookup"] > after]
        events = whole(self.cursor, *lines, after=after, taken_ms=self.taken_ms)
        if self.cut is not None:
            events = [*events[: self.cut], SnapshotEnded(Unavailable(Reason.CUT))]
            self.cut = None
        yield from events

    def apply_request(self, conn: Any, row: FeedRow, context: RowContext) -> None:
        self.applied.append((row.body["request_id"], context.generation))
        conn.execute(
            "INSERT INTO request (request_id, generation, version, kind, state, title, created_ms, received_wall_ms)"
            " VALUES (:request_id, 1, :version, 'coupon', :state, '', 0, 0) ON CONFLICT (request_id) DO UPDATE"
            " SET version = :version, state = :state WHERE version <= :version",
            row.body,
        )

    def apply_order(self, conn: Any, row: FeedRow, _context: RowContext) -> None:
        add_order(conn, **row.body)

    def apply_item(self, conn: Any, row: FeedRow, _context: RowContext) -> None:
        add_item(conn, **row.body)


def add_item(conn: Any, menu_id: str) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO menu_item (menu_id, generation, version, category_id, name, name_en, price_won,"
        " visible, position, sale_times_json, removed) VALUES (?, 1, 1, 'c', '', '', 0, 1, 0, '{}', 0)",
        (menu_id,),
    )


def add_order(conn: Any, order_id: str, version: int, state: str, created_ms: int) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO customer_order (order_id, version, number, state, channel, items_json, total_won,"
        " payment, created_ms) VALUES (?, ?, '1', ?, 'app', '[]', 0, 'prepaid', ?)",
        (order_id, version, state, created_ms),
    )


def request(request_id: str, version: int, state: str) -> tuple[str, dict[str, Any]]:
    return "request", {"request_id": request_id, "version": version, "state": state}


def members(count: int, points: int = 7) -> list[tuple[str, dict[str, Any]]]:
    return [("member", {"lookup": f"{n:064x}", "masked": f"010-****-{n:04d}", "points": points}) for n in range(count)]


def cursor_of(bench: Bench) -> str:
    with bench.store.read() as conn:
        return str(inbox.read_cursor(conn))


def test_a_new_device_holds_everything_and_reads_on_from_there(tmp_path: Path) -> None:
    bench = enrolled(tmp_path, snapshot_due=True)
    order = ("order", {"order_id": "o1", "version": 1, "state": "new", "created_ms": 0})
    profile = {**dataclasses.asdict(PROFILE), "name": "새 이름"}
    lines = [("store", profile), ("policy", POLICY), request("r1", 3, "seen"), order, *members(5)]
    cloud = Cloud(bench, lines)
    with bench.store.read() as conn:
        assert snapshot.read_due(conn) is Why.ENROLLED
        assert read_age_ms(conn, bench.clock) is None

    assert cloud.taker.take(Why.ENROLLED) == Took(5, 1, jumped=True, whole=True)

    bench.clock.advance(60_000)
    with bench.store.read() as conn:
        assert snapshot.read_due(conn) is None
        assert read_policy(conn).rate_bp == 300
        assert read_store_profile(conn) == dataclasses.replace(PROFILE, name="새 이름")
        assert find_member(conn, f"{3:064x}") == ("010-****-0003", 7, 5_000)
        assert find_member(conn, f"{9:064x}") is None
        assert read_age_ms(conn, bench.clock) >= 60_000
    assert (cursor_of(bench), cloud.applied) == ("1.9.2", [("r1", 1)])
    assert bench.rows("SELECT order_id, state FROM customer_order") == [("o1", "new")]
    bench.store.close()


def test_one_that_was_cut_off_goes_on_and_nothing_of_it_is_seen_before_its_end(bench: Bench) -> None:
    count = 2 * MEMBERS_A_COMMIT + 10
    cloud = Cloud(bench, [request("r1", 1, "seen"), *members(count)])
    cloud.cut = 2 + MEMBERS_A_COMMIT + 100

    assert cloud.taker.take(Why.RESET) == Unavailable(Reason.CUT)
    assert bench.rows("SELECT (SELECT count(*) FROM member), (SELECT count(*) FROM request)") == [(0, 0)]
    assert cursor_of(bench) == "1.0.0"
    cloud.taken_ms = 9_000
    assert cloud.taker.take(Why.RESET) == Took(count, 1, jumped=True, whole=True)

    assert cloud.asked == ["", f"{MEMBERS_A_COMMIT + 99:064x}"]
    old, new = (0, 5_000), (count - 1, 9_000)
    with bench.store.read() as conn:
        for n, taken_ms in (old, new):
            found = find_member(conn, f"{n:064x}")
            assert found is not None
            assert found[2] == taken_ms
    assert bench.rows("SELECT count(*) FROM member_arriving") == [(0,)]


def test_what_arrived_long_ago_or_of_another_generation_is_not_continued(bench: Bench) -> None:
    cloud = Cloud(bench, members(3))
    cloud.cut = 3
    cloud.taker.take(Why.AGE)
    bench.clock.advance(RESUME_WITHIN_MS + 1)
    cloud.cut = 3
    cloud.taker.take(Why.AGE)
    cloud.cursor = "2.0.0"
    refused = cloud.taker.take(Why.AGE)

    assert isinstance(refused, Unavailable)
    assert isinstance(cloud.taker.take(Why.AGE), Took)
    assert cloud.asked == ["", "", f"{1:064x}", ""]


def test_a_refresh_changes_the_members_alone(bench: Bench) -> None:
    """The feeds bring everything else, with what happened in between: a slip for what was approved by the clock."""
    cloud = Cloud(bench, [("policy", POLICY), request("r1", 3, "seen"), *members(2)])

    assert cloud.taker.take(Why.AGE) == Took(2, 1, jumped=False, whole=False)

    assert (cursor_of(bench), cloud.applied) == ("1.0.0", [])
    with bench.store.read() as conn:
        assert read_policy(conn) == StorePolicy()


def test_members_that_are_gone_leave_and_points_are_the_newest(bench: Bench) -> None:
    cloud = Cloud(bench, members(4))
    cloud.taker.take(Why.AGE)
    cloud.lines = members(2, points=99)
    cloud.taker.take(Why.AGE)

    assert bench.rows("SELECT points FROM member ORDER BY lookup") == [(99,), (99,)]


def test_a_doubt_is_cured_only_while_no_row_is_on_its_way(bench: Bench) -> None:
    with bench.store.transaction() as conn:
        write_policy(conn, StorePolicy(version=9))
        cloud = Cloud(bench, [])
        cloud.apply_request(conn, FeedRow("store", 1, *request("wrong", 8, "seen")), RowContext(0, "", 0))
        cloud.apply_request(conn, FeedRow("store", 2, *request("gone", 2, "seen")), RowContext(0, "", 0))
        cloud.apply_request(conn, FeedRow("store", 3, *request("ended", 2, "approved")), RowContext(0, "", 0))
        add_order(conn, "forgotten", 1, "preparing", 0)
        add_order(conn, "done", 1, "completed", -100_000_000)
    cloud.lines = [("policy", POLICY), request("wrong", 3, "requested")]

    assert cloud.taker.take(Why.TALLY) == Took(0, 1, jumped=False, whole=False)
    assert bench.rows("SELECT version FROM request WHERE request_id = 'wrong'") == [(8,)]
    cloud.cursor = "1.0.0"
    assert cloud.taker.take(Why.TALLY) == Took(0, 1, jumped=False, whole=True)

    assert bench.rows("SELECT request_id, version, state FROM request ORDER BY request_id") == [
        ("ended", 2, "approved"),
        ("gone", 2, "expired"),
        ("wrong", 3, "requested"),
    ]
    assert bench.rows("SELECT order_id FROM customer_order") == [("done",)]
    with bench.store.read() as conn:
        assert read_policy(conn).version == 4
    assert cursor_of(bench) == "1.0.0"


def test_the_queue_is_never_touched(bench: Bench) -> None:
    for _ in range(3):
        bench.append(phone="+821012345678")
    before = bench.rows("SELECT * FROM outbox"), bench.rows("SELECT * FROM outbox_head")
    cloud = Cloud(bench, [("policy", POLICY), *members(3)], cursor="2.5.5")

    assert cloud.taker.take(Why.RESET) == Took(3, 2, jumped=True, whole=True)
    assert (bench.rows("SELECT * FROM outbox"), bench.rows("SELECT * FROM outbox_head")) == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[1:],
        lambda lines: [*lines[:-3], *lines[-2:]],
        lambda lines: [*lines[:2], lines[2], *lines[2:]],
        lambda lines: [SnapshotLine("begin", {**lines[0].body, "after": "ff"}), *lines[1:]],
        lambda lines: [SnapshotLine("begin", {**lines[0].body, "cursor": "x"}), *lines[1:]],
        lambda lines: [SnapshotLine("begin", {**lines[0].body, "cursor": "0.9.9"}), *lines[1:]],
        lambda lines: [lines[0], SnapshotLine("member", {"lookup": "a", "masked": "b", "points": -1}), *lines[2:]],
        lambda lines: [lines[0], SnapshotLine("member", {"lookup": "a"}), *lines[2:]],
        lambda lines: [lines[0], SnapshotLine("request", {}), *lines[2:]],
        lambda lines: [lines[0], *lines[-2:]],
    ],
)
def test_an_answer_that_is_not_whole_changes_nothing(bench: Bench, spoil: Any) -> None:
    cloud = Cloud(bench, [])
    cloud.lines = members(3)
    cloud.taker.take(Why.AGE)
    lines = whole("1.9.2", *members(4, points=1))
    taker = SnapshotTaker(
        store=bench.store, open_snapshot=lambda _after: iter(spoil(lines)), appliers={}, clock=bench.clock
    )
    outcome = taker.take(Why.RESET)

    assert isinstance(outcome, Unavailable)
    assert bench.rows("SELECT points FROM member") == [(7,)] * 3
    assert cursor_of(bench) == "1.0.0"


def test_a_refusal_and_an_end_of_the_program_are_passed_on(bench: Bench) -> None:
    for why in (Denied("device_revoked"), Unavailable(Reason.SERVER_ERROR, retry_after_ms=7)):
        taker = SnapshotTaker(
            store=bench.store,
            open_snapshot=lambda _after, why=why: iter([SnapshotEnded(why)]),  # type: ignore[misc]
            appliers={},
            clock=bench.clock,
        )
        assert taker.take(Why.AGE) == why
    cloud = Cloud(bench, members(3))
    assert cloud.taker.take(Why.AGE, lambda: True) == Unavailable(Reason.CLOSED)


def test_a_more_urgent_wish_is_not_forgotten_for_a_lesser_one(bench: Bench) -> None:
    with bench.store.transaction() as conn:
        snapshot.ask_for(conn, Why.RESET)
        snapshot.ask_for(conn, Why.TALLY)
        assert snapshot.read_due(conn) is Why.RESET
    cloud = Cloud(bench, [])
    cloud.taker.take(Why.AGE)
    with bench.store.read() as conn:
        assert snapshot.read_due(conn) is Why.RESET


def test_its_age_counts_over_a_reboot_and_a_wall_clock_set_back(bench: Bench) -> None:
    cloud = Cloud(bench, members(1))
    cloud.taken_ms = bench.clock.wall_ms()
    cloud.taker.take(Why.AGE)
    bench.clock.advance(3_000)
    with bench.store.transaction() as conn:
        assert read_age_ms(conn, bench.clock) == 3_000
        taken = json.loads(bench.store.meta(snapshot.TAKEN) or "")
        changed = {**taken, "boot_id": "before", "wall_ms": bench.clock.wall_ms() + 9_000_000}
        bench.store.set_meta(conn, snapshot.TAKEN, json.dumps(changed))
        bench.store.set_meta(conn, "sync.server_time_ms", str(taken["taken_ms"] + 50_000))
        assert read_age_ms(conn, bench.clock) == 50_000


def test_a_store_that_closes_in_between_leaves_what_was_in_use(bench: Bench, tmp_path: Path) -> None:
    cloud = Cloud(bench, members(2))
    cloud.taker.take(Why.AGE)
    events = iter(whole("1.9.9", *members(3, points=1)))

    def ending(_after: str) -> Iterator[SnapshotEvent]:
        for event in events:
            if isinstance(event, SnapshotLine) and event.kind == "end":
                bench.store.close()
            yield event

    taker = SnapshotTaker(store=bench.store, open_snapshot=ending, appliers={}, clock=bench.clock)
    with pytest.raises(StoreClosed):
        taker.take(Why.RESET)
    again = enrolled(tmp_path)
    assert again.rows("SELECT points FROM member") == [(7,), (7,)]
    assert cursor_of(again) == str(Cursor(1, 0, 0))
    again.store.close()


@pytest.mark.parametrize(("why", "asks_again"), [(Why.REBUILT, True), (Why.TALLY, False)])
def test_what_a_newer_program_misses_is_asked_for_until_it_came_whole(
    tmp_path: Path, why: Why, asks_again: bool
) -> None:
    """AGT-11: a row was on its way, so only the members were taken; a tally comes again by itself, this does not."""
    bench = enrolled(tmp_path)
    cloud = Cloud(bench, [request("r1", 3, "seen"), *members(2)])
    with bench.store.transaction() as conn:
        snapshot.ask_for(conn, why)

    assert cloud.taker.take(why) == Took(2, 1, jumped=False, whole=False)
    with bench.store.transaction() as conn:
        assert snapshot.read_due(conn) is (why if asks_again else None)
        inbox.write_cursor(conn, Cursor(1, 9, 2))  # the row is here
    assert cloud.taker.take(why) == Took(2, 1, jumped=False, whole=True)

    with bench.store.read() as conn:
        assert snapshot.read_due(conn) is None
    assert cloud.applied == [("r1", 1)]


def test_the_menu_of_a_snapshot_takes_the_place_of_ours(tmp_path: Path) -> None:
    """MNU-03: what was removed while this device was away is gone; a cloud that sends no menu takes none away."""
    bench = enrolled(tmp_path, snapshot_due=True)
    cloud = Cloud(bench, [("menu", {"menu_id": "new"})])
    with bench.store.transaction() as conn:
        add_item(conn, "old")
        conn.execute("INSERT INTO menu_here VALUES ('old', 1, 1, 1, NULL, NULL)")

    cloud.taker.take(Why.ENROLLED)

    assert bench.rows("SELECT menu_id FROM menu_item") == [("new",)]
    assert bench.rows("SELECT menu_id FROM menu_here") == []
    cloud.lines = [request("r1", 1, "seen")]
    cloud.taker.take(Why.RESET)
    assert bench.rows("SELECT menu_id FROM menu_item") == [("new",)]


def test_the_reports_of_a_snapshot_count_also_against_a_version_that_a_restored_cloud_never_gave(
    tmp_path: Path,
) -> None:
    """CUP-07, AGT-11: what is from before the snapshot's days stays; a report is never unsaid."""
    bench = enrolled(tmp_path, snapshot_due=True)
    cloud = Cloud(bench, [request("r1", 1, "seen")])
    with bench.store.transaction() as conn:
        conn.execute("INSERT INTO cup_report VALUES ('2026-01-02', 1, 7, 84, 0, 'x')")

    cloud.taker.take(Why.ENROLLED)

    assert bench.rows("SELECT day, generation, version, pieces FROM cup_report") == [("2026-01-02", 0, 0, 84)]


# --- members between snapshots ---------------------------------------------------------------------------------------


def tell(bench: Bench, kind: str, **body: Any) -> None:
    context = RowContext(bench.clock.mono_ms(), bench.clock.boot_id, bench.clock.wall_ms(), 1)
    with bench.store.transaction() as conn:
        snapshot.MEMBER_APPLIERS[kind](conn, FeedRow("store", 1, kind, body), context)


def known(bench: Bench, lookup: str) -> tuple[str, int, int] | None:
    with bench.store.read() as conn:
        return find_member(conn, lookup)


def left(bench: Bench, lookup: str, now_ms: int) -> bool:
    with bench.store.read() as conn:
        return repository.person(conn, lookup, now_ms).left


def test_what_the_feed_says_of_a_member_stands_until_something_newer_comes(bench: Bench) -> None:
    """MEM-05: a row that comes twice, or late, changes nothing."""
    tell(bench, "member", lookup="aa", masked="010-****-0001", points=100, at_ms=1_000)
    tell(bench, "member", lookup="aa", masked="010-****-0001", points=7, at_ms=900)
    assert known(bench, "aa") == ("010-****-0001", 100, 1_000)

    for _ in range(2):
        tell(bench, "withdrawn", lookup="aa", until_ms=9_000, at_ms=2_000)
    assert (known(bench, "aa"), left(bench, "aa", 8_999), left(bench, "aa", 9_000)) == (None, True, False)

    tell(bench, "member", lookup="aa", masked="010-****-0001", points=3, at_ms=3_000)
    assert (known(bench, "aa"), left(bench, "aa", 3_000)) == (("010-****-0001", 3, 3_000), False)


def test_a_snapshot_of_an_earlier_moment_does_not_undo_what_the_feed_said(bench: Bench) -> None:
    """MEM-05: neither brings somebody back who left nor takes away what came by merging."""
    lines = [("member", {"lookup": name, "masked": "", "points": 50}) for name in ("aa", "bb", "cc")]
    cloud = Cloud(bench, lines)
    cloud.cut = 3
    cloud.taker.take(Why.AGE)
    tell(bench, "withdrawn", lookup="aa", until_ms=99_000, at_ms=5_001)
    tell(bench, "withdrawn", lookup="cc", until_ms=99_000, at_ms=5_001)
    tell(bench, "member", lookup="bb", masked="", points=80, at_ms=5_001)
    tell(bench, "member", lookup="dd", masked="", points=1, at_ms=4_000)

    took = cloud.taker.take(Why.AGE)

    assert isinstance(took, Took)
    found = {name: known(bench, name) for name in ("aa", "bb", "cc", "dd")}
    assert found == {"aa": None, "bb": ("", 80, 5_001), "cc": None, "dd": None}
    assert left(bench, "aa", 10_000)


def test_after_a_restore_of_the_cloud_only_the_snapshot_says_who_left(bench: Bench) -> None:
    """MEM-05: a withdrawal that the backup lacks never happened."""
    tell(bench, "withdrawn", lookup="aa", until_ms=99_000, at_ms=6_000)
    tell(bench, "member", lookup="bb", masked="", points=80, at_ms=6_000)
    cloud = Cloud(bench, [("member", {"lookup": "aa", "masked": "", "points": 50})], cursor="2.1.1")

    assert isinstance(cloud.taker.take(Why.RESET), Took)

    assert (known(bench, "aa"), known(bench, "bb"), left(bench, "aa", 10_000)) == (("", 50, 5_000), None, False)
