"""What status says of the local file: room, backups, the library, and a restore with its gap (AGT-05, AGT-14, R5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.bootstrap import Agent
from agent.lan.status import status_of
from agent.launch import AgentSettings
from sync import backup
from sync.store import FILE_NAME
from tests.helpers.devices import enrolled
from withfom.commands.status import _as_text


def test_a_sound_store_says_its_room_backup_and_library(tmp_path: Path) -> None:
    bench = enrolled(tmp_path)
    made = backup.make(bench.store, bench.clock)
    assert isinstance(made, backup.Backup)
    bench.store.close()
    agent = Agent.open(AgentSettings(folder=tmp_path), clock=bench.clock)
    try:
        storage = status_of(agent, "1.2.3")["storage"]
        text = _as_text(status_of(agent, "1.2.3"))
    finally:
        agent.close()

    assert storage["restored"] is None
    assert (storage["full"], storage["last_backup"]) == (False, made.wall_ms)
    assert storage["free_bytes"] > 0
    assert f"SQLite: {storage['sqlite']}" in text
    assert "최근 백업 · last backup: 2026-" in text
    assert "복구" not in text


@pytest.mark.expect_log("store_set_aside")
def test_a_restored_store_says_what_was_saved_and_what_is_missing(tmp_path: Path) -> None:
    bench = enrolled(tmp_path)
    bench.append()
    backup.make(bench.store, bench.clock)
    for _ in range(3):
        bench.append()
    bench.store.close()
    raw = bytearray((tmp_path / FILE_NAME).read_bytes())
    raw[100:4096] = bytes(3996)
    (tmp_path / FILE_NAME).write_bytes(raw)
    agent = Agent.open(AgentSettings(folder=tmp_path), clock=bench.clock)
    try:
        status = status_of(agent, "1.2.3")
    finally:
        agent.close()

    restored = status["storage"]["restored"]
    assert (restored["waiting"], restored["salvaged"]) == (True, 0)
    assert restored["backup"] == bench.clock.wall_ms()
    text = _as_text(status)
    assert "복구 · restored" in text
    assert "restored from the newest backup" in text
