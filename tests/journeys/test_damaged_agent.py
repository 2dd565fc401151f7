"""The agent's file breaks while the cloud is away: rebuilt at the start, and every confirmed point arrives once."""

from __future__ import annotations

import sqlite3

import pytest

from demo.processes import wait_until
from demo.world import DemoWorld
from sync import backup
from sync.clock import SystemClock
from sync.store import FILE_NAME, Store
from tests.journeys.test_sudden_death import _earn_by_tablet

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
PHONE = "01062837416"


def test_a_broken_file_loses_and_doubles_nothing(world: DemoWorld) -> None:
    """AGT-05, I2, I3: a sale before the backup, one sent after it, one never sent, one after the rebuild."""
    folder = world.agent_folder
    confirmed = _earn_by_tablet(world, PHONE, "card42")
    wait_until(lambda: world.agent.status()["queued"] == 0, what="the first sale is sent")
    world.programs["agent"].kill()
    with Store.open(folder, clock=SystemClock()) as store:
        assert isinstance(backup.make(store, SystemClock()), backup.Backup)
    world.start_agent()
    world.wait_online()
    confirmed += _earn_by_tablet(world, PHONE, "vat48")
    wait_until(lambda: world.agent.status()["queued"] == 0, what="the second sale is sent")
    world.programs["cloud"].kill()
    confirmed += _earn_by_tablet(world, PHONE, "cat40")
    world.programs["agent"].kill()

    with sqlite3.connect(folder / FILE_NAME) as conn:  # takes the log in, as the next start would
        root = conn.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'customer_order'").fetchone()[0]
        size = conn.execute("PRAGMA page_size").fetchone()[0]
    conn.close()
    with (folder / FILE_NAME).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 200)

    world.start_agent()
    restored = world.agent.status()["storage"]["restored"]
    assert (restored["waiting"], restored["lost"], restored["missing"]) == (True, 0, [])
    assert restored["salvaged"] >= 1
    assert list(folder.glob("agent.broken-*.sqlite3"))
    confirmed += _earn_by_tablet(world, PHONE, "columns")
    world.start_cloud()
    world.wait_online()
    wait_until(lambda: world.agent.status()["queued"] == 0, what="everything is sent under the new epoch")

    assert world.agent.status()["storage"]["restored"]["waiting"] is False
    assert world.agent.status()["needs_attention"] == 0
    member = world.cloud.find_member(PHONE)
    assert member is not None
    assert member["points_balance"] == confirmed
    assert world.cloud.sums()["entries_sum"] == 0
    assert world.cloud.sums()["earns"] == 4
