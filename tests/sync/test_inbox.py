"""Feed rows: applied once, in order, together with the cursor; a missing number stops loudly (I7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync import inbox
from sync.errors import FeedGap, FeedMoved, StoreFull
from sync.inbox import RowContext, apply_rows, read_cursor, write_cursor
from sync.profile import OWN_APPLIERS, read_policy, read_store_profile
from sync.protocol import Cursor, FeedRow
from sync.store import Store
from tests.helpers.devices import Bench, enrolled

CONTEXT = RowContext(received_mono_ms=5, boot_id="boot-1", wall_ms=1_000, generation=1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path)
    yield made
    made.store.close()


def row(n: int, kind: str = "request", feed: str = "store", **body: object) -> FeedRow:
    return FeedRow(feed, n, kind, dict(body) or {"n": n})


def note(conn: sqlite3.Connection, found: FeedRow, _context: RowContext) -> None:
    before = conn.execute("SELECT value FROM meta WHERE key = 'noted'").fetchone()
    Store.set_meta(conn, "noted", f"{before[0] if before else ''}{found.feed[0]}{found.n} ")


def take(bench: Bench, rows: list[FeedRow], cursor: str, applier: object = note) -> inbox.Applied:
    with bench.store.transaction() as conn:
        return apply_rows(conn, rows, cursor, appliers={"request": applier}, context=CONTEXT)  # type: ignore[dict-item]


def cursor_of(bench: Bench) -> str:
    with bench.store.read() as conn:
        return str(read_cursor(conn))


def test_a_page_and_its_cursor_are_one_transaction(bench: Bench) -> None:
    applied = take(bench, [row(1), row(1, feed="brand"), row(2)], "1.2.1")

    assert (applied.fresh, applied.repeated, applied.failed, applied.cursor) == (3, 0, 0, "1.2.1")
    assert bench.store.meta("noted") == "s1 b1 s2 "
    assert cursor_of(bench) == "1.2.1"


def test_rows_that_come_twice_are_applied_once(bench: Bench) -> None:
    take(bench, [row(1), row(2)], "1.2.0")
    again = take(bench, [row(1), row(2), row(3)], "1.3.0")
    older = take(bench, [row(1)], "1.1.0")

    assert (again.fresh, again.repeated) == (1, 2)
    assert (older.fresh, older.cursor) == (0, "1.3.0")
    assert bench.store.meta("noted") == "s1 s2 s3 "


@pytest.mark.parametrize(
    ("rows", "cursor", "missing"),
    [
        ([row(1), row(3)], "1.3.0", ("store", 2, 3)),
        ([row(2, feed="brand")], "1.0.2", ("brand", 1, 2)),
        ([row(1)], "1.2.0", ("store", 2, 2)),  # a cursor that claims more than the rows show
        ([], "1.0.1", ("brand", 1, 1)),
    ],
)
def test_a_missing_number_stops_loudly_and_changes_nothing(
    bench: Bench, rows: list[FeedRow], cursor: str, missing: tuple[str, int, int]
) -> None:
    with pytest.raises(FeedGap) as gap:
        take(bench, rows, cursor)

    assert (gap.value.feed, gap.value.expected, gap.value.got) == missing
    assert "고객센터" in gap.value.user_message
    assert bench.store.meta("noted") is None
    assert cursor_of(bench) == "1.0.0"


def test_the_cursor_knows_when_its_rows_were_written(bench: Bench) -> None:
    """AGT-11: by that a cloud from a backup sees that it has given the numbers to others."""
    take(bench, [replace(row(1), written_ms=700), replace(row(2), written_ms=900)], "1.2.0")

    with bench.store.read() as conn:
        assert read_cursor(conn).marked() == "1.2.0.900.0"
    take(bench, [row(3)], "1.3.0")  # of a cloud that does not tell
    with bench.store.transaction() as conn:
        assert read_cursor(conn).marked() == "1.3.0"
        write_cursor(conn, Cursor(1, 5, 2, 1_100, 300))
        assert read_cursor(conn).marked() == "1.5.2.1100.300"
        # An earlier program knows nothing of it and moves the cursor on.
        conn.execute("UPDATE inbox_cursor SET store_n = 6")
        assert read_cursor(conn).marked() == "1.6.2"


def test_rows_of_another_generation_are_not_mixed_in(bench: Bench) -> None:
    with pytest.raises(FeedMoved):
        take(bench, [row(1)], "2.1.0")
    with pytest.raises(ValueError, match="three parts"):
        take(bench, [row(1)], "2.1")

    assert cursor_of(bench) == "1.0.0"


def test_in_another_generation_numbers_begin_again(bench: Bench) -> None:
    take(bench, [row(1), row(2)], "1.2.0")
    with bench.store.transaction() as conn:
        write_cursor(conn, Cursor(2, 0, 0))

    take(bench, [row(1)], "2.1.0")

    assert cursor_of(bench) == "2.1.0"
    assert bench.store.meta("noted") == "s1 s2 s1 "


@pytest.mark.expect_log("feed_row_failed")
def test_a_row_our_code_cannot_take_is_kept_and_does_not_hold_up_the_others(bench: Bench) -> None:
    def picky(conn: sqlite3.Connection, found: FeedRow, context: RowContext) -> None:
        note(conn, found, context)
        if found.n == 2:
            raise KeyError("title")

    applied = take(bench, [row(1), row(2, why="poison"), row(3)], "1.3.0", picky)

    assert (applied.fresh, applied.failed) == (3, 1)
    assert bench.store.meta("noted") == "s1 s3 "  # its half-done work is undone, also for whoever notes the next
    assert bench.rows("SELECT n, body, error FROM feed_row WHERE error IS NOT NULL") == [
        (2, '{"why": "poison"}', "KeyError: 'title'")
    ]
    with bench.store.read() as conn:
        assert inbox.failed_rows(conn) == 1


@pytest.mark.expect_log("disk_reserve_released")
def test_a_full_disk_takes_back_the_whole_page(bench: Bench) -> None:
    def full(conn: sqlite3.Connection, found: FeedRow, context: RowContext) -> None:
        note(conn, found, context)
        if found.n == 2:
            conn.execute(f"PRAGMA max_page_count = {conn.execute('PRAGMA page_count').fetchone()[0]}")
            Store.set_meta(conn, "large", "x" * 1_000_000)

    with pytest.raises(StoreFull):
        take(bench, [row(1), row(2)], "1.2.0", full)

    assert cursor_of(bench) == "1.0.0"
    assert bench.store.meta("noted") is None


def test_a_kind_from_the_future_is_kept_and_passed_over(bench: Bench) -> None:
    applied = take(bench, [row(1, kind="hologram")], "1.1.0")

    assert (applied.fresh, applied.failed, cursor_of(bench)) == (1, 0, "1.1.0")
    assert bench.rows("SELECT kind FROM feed_row") == [("hologram",)]


def test_only_recent_rows_are_kept(bench: Bench) -> None:
    rows = [row(n) for n in range(1, 1_501)]
    take(bench, rows, "1.1500.0", lambda *_: None)

    assert bench.rows("SELECT count(*), min(n) FROM feed_row") == [(1_000, 501)]


def test_profile_and_policy_rows_are_ours(bench: Bench) -> None:
    """AGT-11: an older policy never replaces a newer one."""
    policy = {"version": 3, "rate_bp": 200, "minimum_payment_won": 1_000, "request_timeout_ms": 30_000}
    store = {
        "store_id": "store-mapo",
        "name": "새 이름",
        "brand_name": "b",
        "service_type": "cafe",
        "plan": "pro",
        "grade": "A",
    }
    rows = [
        FeedRow("brand", 1, "policy", policy),
        FeedRow("brand", 2, "policy", {**policy, "version": 2, "rate_bp": 900}),
        FeedRow("store", 1, "store", {**store, "later_field": True}),
    ]
    with bench.store.transaction() as conn:
        apply_rows(conn, rows, "1.1.2", appliers=OWN_APPLIERS, context=CONTEXT)
    with bench.store.read() as conn:
        profile = read_store_profile(conn)
        assert read_policy(conn).rate_bp == 200
        assert profile is not None
        assert (profile.name, profile.plan) == ("새 이름", "pro")
        assert read_cursor(conn) == Cursor(1, 1, 2)


@pytest.mark.expect_log("feed_row_failed")
@pytest.mark.parametrize("body", [{}, {"version": "3"}, {"version": 9, "rate_bp": True}])
def test_a_policy_that_is_none_changes_nothing(bench: Bench, body: dict[str, object]) -> None:
    with bench.store.transaction() as conn:
        before = read_policy(conn)
        apply_rows(conn, [FeedRow("brand", 1, "policy", body)], "1.0.1", appliers=OWN_APPLIERS, context=CONTEXT)
        assert read_policy(conn) == before
