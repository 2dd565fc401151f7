"""The short profile of ``withfom simulate --kills``: real processes killed at random points, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from cloud_api.bootstrap import opened
from simulation.kills.audit import audit
from simulation.kills.campaign import run_kills
from simulation.kills.ground import prepare

KILLS = 40


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_screens_confirmed_survives_every_kill_once(database: str, tmp_path: Path) -> None:
    """I1, I2, I3, I6, I7, I8, I9, I10 with real processes, real files, a real database."""
    report = run_kills(KILLS, database, seed=7, folder=tmp_path)

    found = report.audit
    assert (found.lost, found.doubled, found.wrong) == ([], [], [])
    assert report.cycles == KILLS
    assert report.kills["cloud"] >= KILLS // 4
    assert report.kills["counter"] >= KILLS // 4
    assert found.confirmed > KILLS
    assert found.requests > 0


def test_the_audit_is_not_blind(tmp_path: Path) -> None:
    """Each planted damage is seen as what it is."""
    ground = prepare(tmp_path, f"sqlite:///{tmp_path / 'cloud' / 'cloud.db'}")
    place = ground.counters[0]
    for counter in ground.counters:
        counter.record.write_text("")
    assert not audit(ground).sound  # the feeds were never read

    place.record.write_text(json.dumps({"seq": 1, "op_id": "op-1", "hash": "00" * 32, "kind": "earn"}) + "\n")
    assert [line for line in audit(ground).lost if "op-1" in line]
    place.record.write_text(place.record.read_text("utf-8") * 2)
    assert audit(ground).doubled == ["recorded twice: op-1"]
    with opened(ground.settings) as cloud:
        cloud.database.transact(
            lambda work: work.conn.execute(text("UPDATE account SET balance = balance + 1 WHERE kind = 'member'"))
        )
    assert any(line.startswith("I1") for line in audit(ground).wrong)
    (ground.folder / "cloud.log").write_text("2026-01-01 1 ERROR cloud request_failed\n")
    assert any("request_failed" in line for line in audit(ground).wrong)
