"""The numbered schema of the agent's file: every earlier version comes up whole, and the hot questions use an index."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from agent.earn import repository
from sync import migrations
from sync.clock import FakeClock
from sync.ids import SeededIds
from sync.integrity import problem
from sync.migrations import shipped
from sync.snapshot import Why, read_due
from sync.store import Store

_SAMPLE = """
INSERT INTO phone_entry (entry_id, till, opened_ms, state) VALUES ('entry-open', '1', 5, 'open');
INSERT INTO phone_entry (entry_id, till, opened_ms, submitted_ms, phone_sealed, phone_lookup, masked, state)
    VALUES ('entry-waiting', '1', 6, 7, x'01', 'aa', '010-****-5678', 'waiting');
INSERT INTO phone_entry (entry_id, till, opened_ms, submitted_ms, state, document_id)
    VALUES ('entry-earned', '1', 1, 2, 'earned', 'doc-1');
INSERT INTO document (document_id, captured_ms, source, kind, paid_won, fingerprint, verdict, outcome, earn_id,
                      reading_json, lines_json)
    VALUES ('doc-1', 1, '1', 'sale', 4500, 'f1', 'earn', 'earned', 'entry-earned', '{}', '[]'),
           ('doc-2', 3, '1', 'sale', 4500, 'f2', 'earn', 'waiting', NULL, '{}', '[]');
INSERT INTO outbox (device_id, epoch, seq, op_id, kind, v, store_id, actor, wall_ms, mono_ms, boot_id, seen_cursor,
                    body, wire_bytes, prev_hash, hash)
    VALUES ('d', 1, 1, 'op-1', 'earn', 1, 's', 'tablet', 2, 2, 'b', '1.0.0', '{}', 2, 'p', 'h');
INSERT INTO print_job (job_id, kind, document_json, printer, state, created_ms, updated_ms)
    VALUES ('job-1', 'reward', '{}', 'printer', 'queued', 2, 2);
"""
_EARN = (
    "INSERT INTO earn (earn_id, op_id, seq, masked, fingerprint, document_id, paid_won, points, rate_bp, reasons_json,"
    " status, created_ms{names}) VALUES ('entry-earned', 'op-1', 1, '010-****-5678', 'f1', 'doc-1', 4500, 45, 100,"
    " '[]', 'provisional', 2{values});"
)
NO_NUMBER_IN_EARNS = 9  # the version from which on an earn holds no sealed number and no look-up
_GONE = {"earn": {"phone_lookup", "phone_sealed"}}
_TABLES = ("phone_entry", "document", "earn", "outbox", "print_job")


@pytest.mark.parametrize("number", range(1, len(shipped()) + 1))
def test_a_file_of_every_earlier_version_comes_up_with_all_its_rows(tmp_path: Path, number: int) -> None:
    clock = FakeClock()
    with Store.open(tmp_path, clock=clock, migrations=shipped()[:number]) as store, store.transaction() as conn:
        for statement in migrations.statements(_SAMPLE):
            conn.execute(statement)
        old = number < NO_NUMBER_IN_EARNS
        names, values = (", phone_lookup, phone_sealed", ", 'aa', x'01'") if old else ("", "")
        conn.execute(_EARN.format(names=names, values=values))
        before = {table: [dict(row) for row in conn.execute(f"SELECT * FROM {table} ORDER BY 1")] for table in _TABLES}

    with Store.open(tmp_path, clock=clock) as store, store.read() as conn:
        after = {table: [dict(row) for row in conn.execute(f"SELECT * FROM {table} ORDER BY 1")] for table in _TABLES}
        sound = problem(conn, shipped())

    assert sound is None
    for table in _TABLES:
        # A later version may add columns; what was there is there, but for what is named.
        meant = [{name: row[name] for name in row if name not in _GONE.get(table, ())} for row in before[table]]
        kept = [{name: row[name] for name in old} for row, old in zip(after[table], meant, strict=True)]
        assert kept == meant, table


def test_a_receipt_printed_twice_before_the_change_has_one_document_with_its_fingerprint(tmp_path: Path) -> None:
    """The first print, or the one that earned, keeps it; also in a file that never should have been."""
    clock = FakeClock()
    prints = [("first", "f", "unmatched"), ("again", "f", "duplicate"), ("a", "g", "unmatched"), ("b", "g", "earned")]
    prints += [("c", "g", "reversed"), ("ask", None, "ask")]
    with Store.open(tmp_path, clock=clock, migrations=shipped()[:8]) as store, store.transaction() as conn:
        conn.executemany(
            "INSERT INTO document (document_id, captured_ms, source, kind, fingerprint, verdict, outcome, reading_json,"
            " lines_json) VALUES (?, 1, '1', 'sale', ?, 'earn', ?, '{}', '[]')",
            prints,
        )

    with Store.open(tmp_path, clock=clock) as store, store.read() as conn:
        found = conn.execute("SELECT document_id, fingerprint FROM document WHERE fingerprint IS NOT NULL").fetchall()
        kept = conn.execute("SELECT count(*) FROM document").fetchone()[0]

    assert {(row[0], row[1]) for row in found} == {("first", "f"), ("b", "g")}
    assert kept == len(prints)


def test_the_file_itself_refuses_a_second_document_or_earn_of_a_receipt(tmp_path: Path) -> None:
    """PNT-09: whatever the program does wrong, one receipt earns once."""
    with Store.open(tmp_path, clock=FakeClock()) as store:
        with store.transaction() as conn:
            for statement in migrations.statements(_SAMPLE):
                conn.execute(statement)
        for wrong in (
            "UPDATE document SET earn_id = 'another' WHERE document_id = 'doc-1'",
            "UPDATE document SET earn_id = NULL WHERE document_id = 'doc-1'",
            "UPDATE document SET fingerprint = 'f1' WHERE document_id = 'doc-2'",
        ):
            with pytest.raises(sqlite3.IntegrityError), store.transaction() as conn:
                conn.execute(wrong)
        with store.transaction() as conn:  # what the program does instead
            conn.execute("UPDATE document SET outcome = 'reversed', earn_id = 'entry-earned' WHERE fingerprint = 'f1'")
            conn.execute("UPDATE document SET outcome = 'earned', earn_id = 'another' WHERE document_id = 'doc-2'")


@pytest.mark.parametrize(
    ("question", "index"),
    [
        (lambda conn: repository.open_entries(conn, "1", 5), "phone_entry USING PRIMARY KEY (entry_id>?)"),
        (lambda conn: repository.waiting_entry(conn, "1"), "INDEX phone_entry_waiting"),
        (lambda conn: repository.submitted_times(conn, 5), "phone_entry USING PRIMARY KEY (entry_id>?)"),
        (lambda conn: repository.submitted_times(conn, 5), "INDEX phone_entry_late (submitted_ms>?)"),
        (lambda conn: repository.submission(conn, "e", 5, 6), "phone_entry USING PRIMARY KEY (entry_id=?)"),
        (lambda conn: repository.submission(conn, "e", 5, 6), "phone_entry USING PRIMARY KEY (entry_id>?)"),
        (lambda conn: repository.submission(conn, "e", 5, 6), "INDEX phone_entry_late (submitted_ms>?)"),
        (lambda conn: repository.submission(conn, "e", 5, 6), "INDEX phone_entry_waiting (submitted_ms<?)"),
        (lambda conn: repository.arrival(conn, "d", "f", 5), "document USING INDEX sqlite_autoindex_document_1"),
        (lambda conn: repository.arrival(conn, "d", "f", 5), "INDEX document_sale (fingerprint=?)"),
        (lambda conn: repository.arrival(conn, "d", "f", 5), "INDEX document_outcome (outcome=?)"),
        (lambda conn: repository.arrival(conn, "d", "f", 5), "INDEX document_outcome (outcome=? AND captured_ms<?)"),
        (lambda conn: repository.person(conn, "l", 5), "spend USING COVERING INDEX spend_member"),
        (lambda conn: repository.person(conn, "l", 5), "member_left USING PRIMARY KEY (lookup=?)"),
        (lambda conn: repository.figures(conn, 5, 6), "INDEX document_captured (captured_ms>? AND captured_ms<?)"),
        (lambda conn: repository.figures(conn, 5, 6), "earn USING PRIMARY KEY (earn_id=?)"),
        (lambda conn: repository.figures(conn, 5, 6), "INDEX earn_late (created_ms>? AND created_ms<?)"),
        (lambda conn: repository.expire(conn, 5), "INDEX phone_entry_waiting (submitted_ms<?)"),
        (lambda conn: repository.expire(conn, 5), "INDEX document_outcome (outcome=? AND captured_ms<?)"),
        (lambda conn: repository.overdue(conn, 5), "INDEX phone_entry_waiting (submitted_ms<?)"),
        (lambda conn: repository.waiting_sales(conn, 5), "INDEX document_outcome"),
        (lambda conn: repository.first_with_fingerprint(conn, "f"), "INDEX document_sale"),
    ],
)
def test_what_a_customer_waits_for_is_found_by_an_index(
    tmp_path: Path, question: Callable[[sqlite3.Connection], object], index: str
) -> None:
    """The statements themselves: an index that SQLite does not choose is no help."""
    asked: list[str] = []
    with Store.open(tmp_path, clock=FakeClock()) as store, store.transaction() as conn:
        conn.set_trace_callback(asked.append)
        question(conn)
        conn.set_trace_callback(None)
        plans = [row[3] for one in asked for row in conn.execute(f"EXPLAIN QUERY PLAN {one}")]

    assert any(index in plan for plan in plans), plans
    walked = [plan for plan in plans if re.match("SCAN (document|earn|phone_entry)\\b", plan)]
    assert all("INDEX phone_entry_waiting" in plan for plan in walked), walked


def test_the_times_of_numbers_are_the_same_by_either_way(tmp_path: Path) -> None:
    """R10: a screen that stood open for an hour counts like one that opened a moment ago."""
    clock, random = FakeClock(), Random(5)
    ids = SeededIds(5, clock)
    with Store.open(tmp_path, clock=clock) as store, store.transaction() as conn:
        for n in range(400):
            clock.advance(random.choice((500, 5_000, 60_000)))
            opened_ms = clock.wall_ms()
            stood_ms = random.choice((None, 0, 59_999, 60_000, 60_001, 3_600_000, -120_000))
            conn.execute(
                "INSERT INTO phone_entry (entry_id, till, opened_ms, submitted_ms, state) VALUES (?, '1', ?, ?, ?)",
                (ids.uuid7(), opened_ms, stood_ms if stood_ms is None else opened_ms + stood_ms, "earned"),
            )
            if n % 10 == 0:
                since_ms = clock.wall_ms() - random.choice((0, 1, 60_000, 600_000, 7_200_000))
                plain = conn.execute(
                    "SELECT submitted_ms FROM phone_entry WHERE submitted_ms > ? ORDER BY 1", (since_ms,)
                ).fetchall()
                assert repository.submitted_times(conn, since_ms) == [row[0] for row in plain]
                assert repository.submission(conn, "", since_ms, 0).submitted_count == len(plain)


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("program", [18, 19])
def test_a_device_that_passed_over_what_it_did_not_know_takes_a_snapshot(
    tmp_path: Path, program: int, joined: bool
) -> None:
    """The rows of the menu, and of cup holders, came while its program had no table for them."""
    before, clock = shipped()[:program], FakeClock()
    with Store.open(tmp_path, clock=clock, migrations=before) as store, store.transaction() as conn:
        if joined:
            conn.execute("INSERT INTO inbox_cursor (id, generation, store_n, brand_n) VALUES (1, 1, 40, 3)")

    with Store.open(tmp_path, clock=clock) as store, store.read() as conn:
        assert read_due(conn) is (Why.REBUILT if joined else None)
