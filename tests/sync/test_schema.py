"""The numbered schema of the agent's file: every earlier version comes up whole, and the hot questions use an index."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sync import migrations
from sync.clock import FakeClock
from sync.integrity import problem
from sync.migrations import shipped
from sync.store import FILE_NAME, Store

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
INSERT INTO earn (earn_id, op_id, seq, phone_lookup, phone_sealed, masked, fingerprint, document_id, paid_won, points,
                  rate_bp, reasons_json, status, created_ms)
    VALUES ('entry-earned', 'op-1', 1, 'aa', x'01', '010-****-5678', 'f1', 'doc-1', 4500, 45, 100, '[]',
            'provisional', 2);
INSERT INTO outbox (device_id, epoch, seq, op_id, kind, v, store_id, actor, wall_ms, mono_ms, boot_id, seen_cursor,
                    body, wire_bytes, prev_hash, hash)
    VALUES ('d', 1, 1, 'op-1', 'earn', 1, 's', 'tablet', 2, 2, 'b', '1.0.0', '{}', 2, 'p', 'h');
INSERT INTO print_job (job_id, kind, document_json, printer, state, created_ms, updated_ms)
    VALUES ('job-1', 'reward', '{}', 'printer', 'queued', 2, 2);
"""
_TABLES = ("phone_entry", "document", "earn", "outbox", "print_job")


@pytest.mark.parametrize("number", range(1, len(shipped()) + 1))
def test_a_file_of_every_earlier_version_comes_up_with_all_its_rows(tmp_path: Path, number: int) -> None:
    clock = FakeClock()
    with Store.open(tmp_path, clock=clock, migrations=shipped()[:number]) as store, store.transaction() as conn:
        for statement in migrations.statements(_SAMPLE):
            conn.execute(statement)
        before = {table: [dict(row) for row in conn.execute(f"SELECT * FROM {table}")] for table in _TABLES}

    with Store.open(tmp_path, clock=clock) as store, store.read() as conn:
        after = {table: [dict(row) for row in conn.execute(f"SELECT * FROM {table}")] for table in _TABLES}
        sound = problem(conn, shipped())

    assert sound is None
    for table in _TABLES:
        # A later version may add columns; what was there is there.
        kept = [{name: row[name] for name in old} for row, old in zip(after[table], before[table], strict=True)]
        assert kept == before[table], table


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT 1 FROM phone_entry WHERE state = 'open' AND till = '1' AND opened_ms >= 5", "phone_entry_open"),
        ("SELECT 1 FROM phone_entry WHERE state = 'waiting' AND till = '1'", "phone_entry_waiting"),
        ("SELECT submitted_ms FROM phone_entry WHERE submitted_ms > 5", "phone_entry_submitted"),
        (
            "SELECT 1 FROM document WHERE outcome = 'waiting' AND outcome <> 'earned' AND captured_ms >= 5",
            "document_outcome",
        ),
        ("SELECT 1 FROM document WHERE fingerprint = 'f'", "document_fingerprint"),
    ],
)
def test_what_a_customer_waits_for_is_found_by_an_index(tmp_path: Path, question: str, index: str) -> None:
    with Store.open(tmp_path, clock=FakeClock()):
        pass
    conn = sqlite3.connect(tmp_path / FILE_NAME)
    plan = " ".join(str(row[3]) for row in conn.execute(f"EXPLAIN QUERY PLAN {question}"))
    conn.close()

    assert f"INDEX {index}" in plan
