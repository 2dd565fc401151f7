"""Feeds: numbered without gaps in commit order, read from a cursor, time told as what remains."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, text

from cloud_api.database import Published, Work
from cloud_api.gateway import feeds
from cloud_api.stores.service import Policy, set_policy
from rules.requests import TIMEOUT_MS
from sync.protocol import Cursor, FeedKind
from tests.cloud_api.world import World


def test_pages_join_without_a_gap_whatever_their_size(world: World) -> None:
    """I7."""
    device = world.device()
    device.push(*[device.earn() for _ in range(10)])
    whole = device.pull()

    for size in (1, 3, 11):
        rows, cursor, more = [], None, True
        while more:
            page = device.pull(cursor, limit=size)
            assert len(page["rows"]) <= size
            rows += page["rows"]
            cursor, more = page["cursor"], page["has_more"]
        assert rows == whole["rows"]
        assert cursor == whole["cursor"]
    assert [row["n"] for row in whole["rows"] if row["feed"] == "store"] == list(range(1, 12))
    assert device.pull(whole["cursor"])["rows"] == []


def test_one_row_of_the_brand_reaches_all_of_its_stores(world: World) -> None:
    here = world.device()
    there = world.device(world.new_store("둘째 매장", "테스트 커피"))
    strange = world.device(world.new_store("남의 매장", "다른 커피"))

    world.cloud.database.transact(lambda work: set_policy(work, world.store.brand_id, Policy(rate_bp=300)))

    assert [row["rate_bp"] for row in here.rows("policy")] == [row["rate_bp"] for row in there.rows("policy")]
    assert here.rows("policy")[-1]["rate_bp"] == 300
    assert strange.rows("policy")[-1]["rate_bp"] == 100


@pytest.mark.expect_log("cloud_went_back")
def test_unusable_cursors_are_told_to_start_again(front: World) -> None:
    device = front.device()
    for cursor in ("2.0.0", "0.0.0", "1.99.0", "1.0.99", "", "x", "1.0", "1.0.0.0", "-1.0.0", "9" * 60, "1.1e3.0"):
        answer = device.get(f"/v1/sync/pull?cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (410, "cursor_reset"), cursor


@pytest.mark.expect_log("cloud_went_back")
def test_a_cursor_behind_a_row_that_is_not_here_any_more_says_so(world: World) -> None:
    """AGT-11: a backup was put back, nobody said so, and another row got the number since."""
    device = world.device()
    device.push(device.earn())
    world.ask_coupon(world.member(), world.coupon(world.member()))
    page = device.pull()
    newest = {row["feed"]: (row["n"], row["written_ms"]) for row in page["rows"]}
    (store_n, store_ms), (brand_n, brand_ms) = newest.get("store", (0, 0)), newest.get("brand", (0, 0))

    def read_on(store_n: int, store_ms: int, generation: int = 1) -> Any:
        cursor = f"{generation}.{store_n}.{brand_n}.{store_ms}.{brand_ms}"
        return device.get(f"/v1/sync/pull?cursor={cursor}")

    assert read_on(store_n, store_ms).json()["rows"] == []
    assert read_on(store_n, 0).status_code == 200  # whoever does not know when it was written is believed
    for lost in (read_on(store_n, store_ms - 1), read_on(store_n + 1, store_ms)):
        assert (lost.status_code, lost.json()["code"], lost.json()["went_back"]) == (410, "cursor_reset", True)
    assert "went_back" not in read_on(store_n, store_ms - 1, generation=2).json()


def test_after_a_restore_every_cursor_starts_again(world: World) -> None:
    device = world.device()
    cursor = device.pull()["cursor"]
    device.push(device.earn())

    raised = world.cloud.database.transact(feeds.next_generation)

    assert raised > 1
    assert device.get(f"/v1/sync/pull?cursor={cursor}").status_code == 410
    assert device.pull(f"{raised}.0.0")["generation"] == raised
    assert device.push()["generation"] == raised
    assert world.device().welcome["cursor"] == f"{raised}.0.0"


BACK_TO = text("UPDATE server_state SET value = :value WHERE name = 'generation'")


def test_the_same_backup_put_back_twice_gives_two_generations(world: World) -> None:
    """I3: a device of the life between the two would think that what only that life had is acknowledged."""
    database, backup = world.cloud.database, world.cloud.database.transact(lambda work: feeds.generation(work.conn))
    first = database.transact(feeds.next_generation)

    world.clock.advance(60_000)
    database.transact(lambda work: work.conn.execute(BACK_TO, {"value": str(backup)}))
    second = database.transact(feeds.next_generation)

    assert backup < first < second


def test_page_sizes_and_waits_out_of_range_are_refused(front: World) -> None:
    """Case 25."""
    device = front.device()
    for query in ("limit=0", "limit=1000000000", "limit=-1", "limit=x", "wait_ms=-1", "wait_ms=999999"):
        assert device.get(f"/v1/sync/pull?cursor=1.0.0&{query}").status_code == 422
    assert device.get("/v1/sync/pull").status_code == 422


def test_a_deadline_leaves_only_as_the_time_that_remains(world: World) -> None:
    """Architecture, decision 10."""
    device, member = world.device(), world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    device.push(device.seen(asked["request_id"]))

    remaining = []
    for passed in (0, 20_000, TIMEOUT_MS):
        world.clock.advance(passed)
        requested, seen = device.rows("request")
        assert requested["remaining_ms"] is None
        assert not any("deadline" in name for name in seen)
        remaining.append(seen["remaining_ms"])

    assert remaining == [TIMEOUT_MS, TIMEOUT_MS - 20_000, 0]


def test_a_rolled_back_transaction_leaves_no_number_behind(world: World) -> None:
    feed_id = feeds.store_feed(world.store.store_id)

    def fail(work: Work) -> None:
        feeds.publish(work, feed_id, FeedKind.EARN, {"a": 1})
        feeds.write_published(work)
        work.exchange()
        raise RuntimeError("after numbering")

    with pytest.raises(RuntimeError):
        world.cloud.database.transact(fail)
    device = world.device()
    device.push(device.earn())

    assert [row["n"] for row in device.pull()["rows"] if row["feed"] == "store"] == [1, 2]


def test_a_tailing_reader_sees_every_number_once_under_many_writers(world: World) -> None:
    """Protocol, Feed: commit-ordered and gapless; a reader that never waits for a gap misses nothing."""
    device = world.device()
    feed_id, brand_id = feeds.store_feed(world.store.store_id), feeds.brand_feed(world.store.brand_id)
    writers, each = 6, 15
    writing = threading.Event()

    def write(writer: int) -> None:
        for index in range(each):

            def job(work: Work, index: int = index) -> None:
                for row in range(1 + index % 3):
                    feeds.publish(work, feed_id, FeedKind.EARN, {"writer": writer, "index": index, "row": row})
                if index % 4 == 0:
                    feeds.publish(work, brand_id, FeedKind.POLICY, {"writer": writer})

            world.cloud.database.transact(job)

    def tail() -> list[tuple[str, int]]:
        seen: list[tuple[str, int]] = []
        cursor = Cursor(1, 0, 0)
        last_round = False
        while True:
            with world.cloud.database.read() as conn:
                page = feeds.read(conn, cursor, store_feed_id=feed_id, brand_feed_id=brand_id, limit=7, now_ms=0)
            seen += [(row["feed"], row["n"]) for row in page.rows]
            cursor = page.cursor
            if not page.rows and last_round:
                return seen
            last_round = writing.is_set() and not page.rows

    with ThreadPoolExecutor(writers + 1) as pool:
        reader = pool.submit(tail)
        for job in [pool.submit(write, writer) for writer in range(writers)]:
            job.result()
        writing.set()
        seen = reader.result()

    stores = [n for name, n in seen if name == "store"]
    brands = [n for name, n in seen if name == "brand"]
    assert stores == list(range(1, 1 + writers * each * 2 + 1))
    assert brands == list(range(1, 1 + writers * 4 + 1))
    assert device.pull(limit=500)["cursor"] == str(cursor_of(stores, brands))


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_commits_first_has_the_lower_number(world: World) -> None:
    """Forced commit inversion: a reader that saw a number never finds a lower one later (I7)."""
    feed_id, brand_id = feeds.store_feed(world.store.store_id), feeds.brand_feed(world.store.brand_id)
    row = [Published(feed_id, "earn", "{}", None)]
    engine = world.cloud.database._writer
    seen: list[int] = [1]  # the profile of the store

    def publish(conn: Connection, now_ms: int) -> None:
        work = Work(conn, now_ms, world.cloud.ids)
        work.published += row
        feeds.write_published(work)
        work.exchange()

    def look() -> list[int]:
        with world.cloud.database.read() as conn:
            after = Cursor(1, seen[-1], 1)
            page = feeds.read(conn, after, store_feed_id=feed_id, brand_feed_id=brand_id, limit=50, now_ms=0)
        found = [item["n"] for item in page.rows]
        seen.extend(found)
        return found

    def waits_for_a_lock() -> bool:
        with world.cloud.database.read() as conn:
            query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE feed%'"
            return bool(conn.execute(text(query)).scalar_one())

    with engine.connect() as early, engine.connect() as late:
        # The early one has the older transaction and commits last.
        first, second = (conn.execute(text("SELECT txid_current()")).scalar_one() for conn in (early, late))
        assert first < second
        publish(late, 2)
        late.commit()
        assert look() == [2]
        publish(early, 1)
        assert look() == []
        with ThreadPoolExecutor(1) as pool:
            # Another writer cannot take the next number before this one is decided.
            third = pool.submit(world.cloud.database.transact, lambda work: work.published.extend(row))
            ends = time.monotonic() + 10
            while not waits_for_a_lock():
                assert time.monotonic() < ends
            assert look() == []
            assert not third.done()
            early.commit()
            third.result(10)
        assert look() == [3, 4]
        publish(early, 3)
        with ThreadPoolExecutor(1) as pool:
            fifth = pool.submit(world.cloud.database.transact, lambda work: work.published.extend(row))
            while not waits_for_a_lock():
                assert time.monotonic() < ends
            early.rollback()
            fifth.result(10)
        assert look() == [5]
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_numbers_of_a_sequence_would_lose_rows_where_ours_do_not(world: World) -> None:
    """The inversion above is a real one: with numbers of a sequence the same two writers hide a row for good."""
    feed_id = feeds.store_feed(world.store.store_id)
    engine = world.cloud.database._writer

    def by_sequence(conn: Connection) -> None:
        n = conn.execute(text("SELECT nextval('feed_mutant')")).scalar_one()
        columns = "(feed_id, n, kind, body, deadline_ms, written_ms)"
        conn.execute(text(f"INSERT INTO feed_row {columns} VALUES ('{feed_id}', {n}, 'earn', '{{}}', NULL, 1)"))

    def seen_after(n: int) -> list[int]:
        with world.cloud.database.read() as conn:
            query = f"SELECT n FROM feed_row WHERE feed_id = '{feed_id}' AND n > {n} ORDER BY n"
            return list(conn.execute(text(query)).scalars())

    with engine.begin() as conn:
        conn.execute(text("CREATE SEQUENCE feed_mutant START 2"))
    try:
        with engine.connect() as early, engine.connect() as late:
            by_sequence(early)
            by_sequence(late)
            late.commit()
            cursor = seen_after(1)[-1]
            early.commit()
        assert cursor == 3
        assert seen_after(cursor) == []  # row 2 is there, and nobody who reads on will ever see it
        assert seen_after(1) == [2, 3]
    finally:
        with engine.begin() as conn:
            conn.execute(text("DROP SEQUENCE feed_mutant"))


def cursor_of(stores: list[int], brands: list[int]) -> Cursor:
    return Cursor(1, stores[-1], brands[-1])


def test_a_long_poll_ends_with_the_first_row(world: World) -> None:
    device = world.device()
    cursor = device.pull()["cursor"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(device.pull, cursor, 500, 20_000)
        member = world.member()
        asked = world.ask_coupon(member, world.coupon(member))
        page = waiting.result(10)

    assert [row["body"]["request_id"] for row in page["rows"]] == [asked["request_id"]]
    assert device.pull(page["cursor"], wait_ms=1)["rows"] == []
