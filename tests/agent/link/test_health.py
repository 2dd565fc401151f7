"""The hourly report on this computer: queued once an hour, without anybody's data, and nothing before enrollment."""

from __future__ import annotations

import json
from pathlib import Path

from agent.link.health import CHANGED_EVERY_MS, EVERY_MS, Health
from agent.link.service import LinkService
from agent.printing.types import PrinterState, PrinterWord
from sync import outbox
from sync.clock import FakeClock
from sync.ids import SeededIds
from sync.meta import set_meta
from sync.store import Store
from tests.helpers.devices import enrolled


def health(store: Store, clock: FakeClock) -> Health:
    return Health(
        store=store,
        clock=clock,
        ids=SeededIds(1, clock),
        link=LinkService(store=store),
        printers=lambda: (PrinterState("계산대", PrinterWord.PAPER_OUT, "192.0.2.1:9100", 2),),
        version="1.2.3",
    )


def test_it_is_queued_hourly_and_names_nobody(tmp_path: Path) -> None:
    bench = enrolled(tmp_path)
    bench.append(phone="+821012345678")
    reporter = health(bench.store, bench.clock)
    for _ in range(3):
        reporter.tick()
    bench.clock.advance(EVERY_MS)
    reporter.tick()

    rows = bench.rows("SELECT kind, body FROM upload")
    assert [kind for kind, _body in rows] == ["health", "health"]
    body = json.loads(rows[0][1])
    assert (body["version"], body["pending"], body["printers"]) == ("1.2.3", 1, [{"status": "paper_out", "queued": 2}])
    assert body["free_bytes"] > 0
    assert not any(word in rows[0][1] for word in ("8210", "계산대", "192.0.2"))
    bench.store.close()


def test_a_computer_without_a_store_reports_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    with Store.open(tmp_path, clock=clock) as store:
        health(store, clock).tick()
        with store.read() as conn:
            assert conn.execute("SELECT count(*) FROM upload").fetchone()[0] == 0


def test_it_says_at_once_that_a_printer_has_stopped_and_how_far_the_clock_is_off(tmp_path: Path) -> None:
    """AGT-07, AGT-11, AGT-14"""
    bench = enrolled(tmp_path)
    word = PrinterWord.READY
    reporter = Health(
        store=bench.store,
        clock=bench.clock,
        ids=SeededIds(1, bench.clock),
        link=LinkService(store=bench.store),
        printers=lambda: (PrinterState("계산대", word, "192.0.2.1:9100", 0),),
        version="1.2.3",
    )
    reporter.tick()
    word = PrinterWord.PAPER_OUT
    bench.clock.advance(CHANGED_EVERY_MS - 1)
    reporter.tick()
    with bench.store.transaction() as conn:
        set_meta(conn, outbox.CLOCK_OFFSET, "90000")
    bench.clock.advance(1)
    for _ in range(3):
        reporter.tick()

    bodies = [json.loads(body) for (body,) in bench.rows("SELECT body FROM upload")]
    assert [body["printers"][0]["status"] for body in bodies] == ["ready", "paper_out"]
    assert [body["clock_offset_ms"] for body in bodies] == [None, 90_000]
    assert bodies[0]["policy_version"] == 0  # the cloud has sent none yet
    bench.store.close()
