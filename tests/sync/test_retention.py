"""What this device forgets, when, and what it never does: anything that is not at the cloud (R8, R10, AGT-13)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import outbox
from sync.meta import set_meta
from sync.retention import DAY_MS, ROWS_A_STEP, RULES, purge_step
from sync.upkeep import FIRST_BACKUP_MS, Upkeep
from tests.helpers.devices import Bench, enrolled

NOW_MS = 1_000 * DAY_MS


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path)
    made.clock.jump_wall(NOW_MS - made.clock.wall_ms())
    at_cloud_time(made, NOW_MS)
    yield made
    made.store.close()


def at_cloud_time(bench: Bench, ms: int) -> None:
    with bench.store.transaction() as conn:
        set_meta(conn, outbox.SERVER_TIME, str(ms))


def fill(bench: Bench, name: str, age_days: int, *, sent: bool = True) -> None:
    """One of everything, so old; ``sent`` means that the cloud has it."""
    at_ms = NOW_MS - age_days * DAY_MS - 1
    op = bench.append()
    with bench.store.transaction() as conn:
        if sent:
            conn.execute("UPDATE outbox SET status = 'applied', acked_ms = ? WHERE op_id = ?", (at_ms, op.op_id))
        conn.execute(
            "INSERT INTO document (document_id, captured_ms, source, kind, verdict, outcome, earn_id, reading_json,"
            " lines_json) VALUES (?, ?, 'till', 'sale', 'earn', 'earned', ?, '{}', '[\"x\"]')",
            (name, at_ms, name),
        )
        conn.execute(
            "INSERT INTO earn (earn_id, op_id, seq, masked, paid_won, points, rate_bp, reasons_json, status,"
            " created_ms) VALUES (?, ?, 1, '010', 1, 1, 1, '[]', ?, ?)",
            (name, op.op_id, "posted" if sent else "provisional", at_ms),
        )
        conn.execute(
            "INSERT INTO spend (spend_id, phone_lookup, points, payment_won, uncertain, day, state, op_id, settled,"
            " created_ms) VALUES (?, 'ab', 1, 1, 0, '', 'spent', ?, ?, ?)",
            (name, op.op_id, int(sent), at_ms),
        )
        conn.execute(
            "INSERT INTO reversal (reversal_id, op_id, cancel_fingerprint, points, created_ms) VALUES (?, ?, ?, 1, ?)",
            (name, op.op_id, name, at_ms),
        )
        for state in ("queued", "printed"):
            conn.execute(
                "INSERT INTO print_job (job_id, kind, document_json, printer, state, created_ms, updated_ms)"
                " VALUES (?, 'slip', '{}', 'p', ?, ?, ?)",
                (f"{name}/{state}", state, at_ms, at_ms),
            )
        for state, decision in (("seen", None), ("approved", None), ("approved", "recover")):
            conn.execute(
                "INSERT INTO request (request_id, version, kind, state, title, created_ms, received_wall_ms,"
                " local_decision) VALUES (?, 1, 'coupon', ?, '', ?, 0, ?)",
                (f"{name}/{state}/{decision}", state, at_ms, decision),
            )
        for state in ("preparing", "completed"):
            conn.execute(
                "INSERT INTO customer_order (order_id, version, number, state, channel, items_json, total_won, payment,"
                " created_ms) VALUES (?, 1, '1', ?, 'app', '[]', 0, 'prepaid', ?)",
                (f"{name}/{state}", state, at_ms),
            )
        for state in ("open", "waiting", "earned"):
            conn.execute(
                "INSERT INTO phone_entry (entry_id, till, opened_ms, state) VALUES (?, '1', ?, ?)",
                (f"{name}/{state}", at_ms, state),
            )
        set_meta(conn, "uploads.document", str(conn.execute("SELECT max(rowid) FROM document").fetchone()[0]))


def names(bench: Bench, table: str, key: str) -> list[str]:
    return [row[0] for row in bench.rows(f"SELECT {key} FROM {table} ORDER BY {key}")]


def test_every_rule_has_its_reason_and_people_s_data_the_shortest_time() -> None:
    assert all(rule.why for rule in RULES)
    assert [rule.table for rule in RULES if rule.keep_ms == min(rule.keep_ms for rule in RULES)] == ["phone_entry"]


def test_old_coupons_for_paper_go_and_their_rule_does_not_stop_the_others(bench: Bench) -> None:
    """STP-04, AGT-13: a table without row numbers is purged by its key."""
    fill(bench, "old", 100)
    with bench.store.transaction() as conn:
        for name, age_days in (("kept", 13), ("gone", 15)):
            conn.execute(
                "INSERT INTO paper_coupon (coupon_id, name, condition, expires_ms, issued_ms, why) VALUES"
                " (?, '', '', 0, ?, 'staff')",
                (name, NOW_MS - age_days * DAY_MS),
            )
            conn.execute("INSERT INTO report_kept VALUES (?, '{}', ?)", (name, NOW_MS - age_days * DAY_MS))
    while purge_step(bench.store, bench.clock):
        pass

    assert names(bench, "paper_coupon", "coupon_id") == ["kept"]
    assert names(bench, "report_kept", "name") == ["kept"]
    assert names(bench, "reversal", "reversal_id") == []


def test_what_is_old_and_settled_goes_and_the_rest_stays(bench: Bench) -> None:
    fill(bench, "old", 100)
    fill(bench, "new", 0)
    while purge_step(bench.store, bench.clock):
        pass

    assert names(bench, "document", "document_id") == ["new"]
    assert names(bench, "earn", "earn_id") == ["new"]
    assert names(bench, "reversal", "reversal_id") == ["new"]
    assert names(bench, "spend", "spend_id") == ["new"]
    assert names(bench, "phone_entry", "entry_id") == ["new/earned", "new/open", "new/waiting", "old/waiting"]
    assert names(bench, "print_job", "job_id") == ["new/printed", "new/queued", "old/queued"]
    assert [name for name in names(bench, "request", "request_id") if name.startswith("old")] == [
        "old/approved/recover",
        "old/seen/None",
    ]
    assert names(bench, "customer_order", "order_id") == ["new/completed", "new/preparing", "old/preparing"]


def test_texts_leave_two_weeks_after_the_cloud_has_them(bench: Bench) -> None:
    fill(bench, "sent", 20)
    fill(bench, "newest", 0)
    while purge_step(bench.store, bench.clock):
        pass

    assert bench.rows("SELECT document_id, lines_json FROM document ORDER BY document_id") == [
        ("newest", '["x"]'),
        ("sent", "[]"),
    ]


def test_nothing_unsent_ever_goes(bench: Bench) -> None:
    fill(bench, "unsent", 400, sent=False)
    with bench.store.transaction() as conn:
        set_meta(conn, "uploads.document", "0")
    fill(bench, "newest", 0)
    with bench.store.transaction() as conn:
        set_meta(conn, "uploads.document", "0")  # no receipt was uploaded either
    while purge_step(bench.store, bench.clock):
        pass

    assert "unsent" in names(bench, "earn", "earn_id")
    assert bench.rows("SELECT lines_json FROM document WHERE document_id = 'unsent'") == [('["x"]',)]
    assert "unsent" in names(bench, "reversal", "reversal_id")
    assert "unsent" in names(bench, "spend", "spend_id")
    assert bench.counts().pending == 1


def test_a_wall_clock_far_ahead_purges_nothing(bench: Bench) -> None:
    fill(bench, "fresh", 0)
    bench.clock.jump_wall(NOW_MS)
    assert purge_step(bench.store, bench.clock) == 0


def test_a_wall_clock_behind_purges_nothing(bench: Bench) -> None:
    fill(bench, "old", 100)
    bench.clock.jump_wall(-DAY_MS)
    assert purge_step(bench.store, bench.clock) == 0


def test_a_step_is_small_and_upkeep_goes_on_until_nothing_is_left(bench: Bench) -> None:
    with bench.store.transaction() as conn:
        conn.executemany(
            "INSERT INTO phone_entry (entry_id, till, opened_ms, state) VALUES (?, '1', 0, 'expired')",
            [(str(n),) for n in range(2 * ROWS_A_STEP + 1)],
        )
    upkeep = Upkeep(store=bench.store, clock=bench.clock)
    left = []
    bench.clock.advance(FIRST_BACKUP_MS)
    for _ in range(4):
        upkeep.step()
        left.append(bench.rows("SELECT count(*) FROM phone_entry")[0][0])

    assert left == [ROWS_A_STEP + 1, 1, 0, 0]
