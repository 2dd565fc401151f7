"""Copies of the store: whole, checked, few, and never at the cost of the last room on the disk."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import backup, integrity
from sync.backup import Backup, Skipped
from sync.chain import verify_chain
from sync.errors import StoreDamaged, StoreReadOnly, StoreUnreadable
from sync.migrations import shipped
from sync.room import DiskState
from sync.upkeep import BACKUP_AGAIN_MS, BACKUP_EVERY_MS, FIRST_BACKUP_MS, Upkeep
from tests.helpers.devices import Bench, enrolled
from tests.helpers.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path / "가게 PC")
    yield made
    made.store.close()


def made(bench: Bench) -> Backup:
    found = backup.make(bench.store, bench.clock)
    assert isinstance(found, Backup)
    return found


def test_a_copy_is_whole_sound_private_and_stands_alone(bench: Bench) -> None:
    ops = [bench.append(phone="+821012345678").op_id for _ in range(50)]

    copied = made(bench)

    assert copied.path.name == f"agent-{bench.clock.wall_ms()}.sqlite3"
    assert [path.name for path in copied.path.parent.iterdir()] == [copied.path.name]
    with backup.opened(copied.path) as conn:
        assert [row[0] for row in conn.execute("SELECT op_id FROM outbox ORDER BY seq")] == ops
        assert verify_chain(conn, bench.cipher) is None
        assert integrity.problem(conn, shipped()) is None
    assert b"+8210" not in copied.path.read_bytes()
    if sys.platform != "win32":
        assert copied.path.stat().st_mode & 0o077 == 0
        assert copied.path.parent.stat().st_mode & 0o077 == 0


def test_a_copy_is_one_moment_even_while_others_write(bench: Bench) -> None:
    for _ in range(200):
        bench.append()
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            bench.append()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        copies = [made(bench) for _ in range(5)]
    finally:
        stop.set()
        writer.join()

    for copied in copies:
        with backup.opened(copied.path) as conn:
            assert verify_chain(conn, bench.cipher) is None


def test_the_newest_few_are_kept_by_number_and_by_age() -> None:
    hours = [Backup(Path(f"{n}"), 100 * DAY_MS - n * 3_600_000) for n in range(9)]
    days = [Backup(Path(f"{n}"), 100 * DAY_MS - n * 2 * DAY_MS) for n in range(5)]

    assert backup.surplus(hours, 100 * DAY_MS) == hours[6:]
    assert backup.surplus(days, 100 * DAY_MS) == days[2:]
    assert backup.surplus([Backup(Path("old"), 0)], 100 * DAY_MS) == []


def test_old_copies_go_only_after_the_new_one_stands(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(8):
        made(bench)
        bench.clock.advance(3_600_000)
    before = backup.existing(bench.store.folder)
    assert len(before) == 6

    def damaged(*_args: object) -> None:
        raise StoreDamaged("a flipped bit")

    monkeypatch.setattr(backup, "check", damaged)
    with pytest.raises(StoreDamaged):
        backup.make(bench.store, bench.clock)

    assert backup.existing(bench.store.folder) == before
    assert not list((bench.store.folder / backup.FOLDER_NAME).glob("*.partial"))


def test_a_clock_set_back_does_not_hide_the_newest(bench: Bench) -> None:
    first = made(bench)
    bench.append()
    bench.clock.jump_wall(-400 * DAY_MS)
    second = made(bench)

    assert backup.existing(bench.store.folder) == [second, first]


def test_other_files_in_the_folder_are_nobodys_copy(bench: Bench) -> None:
    copied = made(bench)
    for name in ("agent-.sqlite3", "agent-12.sqlite3.bak", "notes.txt", "agent-12.sqlite3-wal"):
        (copied.path.parent / name).write_text("mine")

    assert backup.existing(bench.store.folder) == [copied]


def test_no_copy_is_made_while_the_disk_is_nearly_full(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.store, "disk", lambda: DiskState(backup.WARN_BYTES + 1000, False, False))

    assert backup.make(bench.store, bench.clock) == Skipped("disk_nearly_full")
    assert backup.existing(bench.store.folder) == []


def test_a_folder_that_is_in_the_way_is_an_answer(bench: Bench) -> None:
    (bench.store.folder / backup.FOLDER_NAME).write_text("in the way")

    with pytest.raises((StoreUnreadable, StoreReadOnly)):
        backup.make(bench.store, bench.clock)


def test_a_damaged_copy_does_not_pass_its_check(bench: Bench) -> None:
    for _ in range(200):
        bench.append()
    copied = made(bench)
    raw = bytearray(copied.path.read_bytes())
    raw[5 * 4096 : 5 * 4096 + 50] = bytes(50)
    copied.path.write_bytes(raw)

    with pytest.raises(StoreDamaged):
        backup.check(copied.path)


BACK_UP_FOREVER = """
import sys
from pathlib import Path
from sync import backup
from tests.helpers.devices import enrolled
bench = enrolled(Path(sys.argv[1]), seed=int(sys.argv[2]))
for _ in range(300): bench.append()
while True:
    backup.make(bench.store, bench.clock)
    bench.clock.advance(1000)
    print("made", flush=True)
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
def test_kill_9_during_a_copy_leaves_whole_copies_only(tmp_path: Path) -> None:
    for seed in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", BACK_UP_FOREVER, str(tmp_path), str(seed)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        for _ in range(3 + seed):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    found = backup.existing(tmp_path)

    assert len(found) >= 2
    for copied in found:
        backup.check(copied.path)


def test_the_timer_copies_an_hour_after_the_last_one_and_soon_after_a_long_pause(bench: Bench) -> None:
    upkeep = Upkeep(store=bench.store, clock=bench.clock)
    assert upkeep.step() is None
    bench.clock.advance(FIRST_BACKUP_MS)
    assert isinstance(upkeep.step(), Backup)
    bench.clock.advance(BACKUP_EVERY_MS - 1_000)
    assert upkeep.step() is None
    restarted = Upkeep(store=bench.store, clock=bench.clock)
    assert restarted.step() is None
    bench.clock.advance(FIRST_BACKUP_MS)
    assert isinstance(restarted.step(), Backup)
    assert isinstance(upkeep.step(), Backup)


def test_a_wall_clock_in_the_past_does_not_stop_the_copies(bench: Bench) -> None:
    made(bench)
    bench.clock.jump_wall(-400 * DAY_MS)
    upkeep = Upkeep(store=bench.store, clock=bench.clock)
    bench.clock.advance(BACKUP_EVERY_MS)

    assert isinstance(upkeep.step(), Backup)


@pytest.mark.expect_log("backup_skipped")
def test_after_a_copy_that_had_no_room_the_next_try_comes_sooner(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    upkeep = Upkeep(store=bench.store, clock=bench.clock)
    bench.clock.advance(FIRST_BACKUP_MS)
    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "disk", lambda: DiskState(0, True, True))
        assert upkeep.step() == Skipped("disk_nearly_full")
    assert upkeep.step() is None
    bench.clock.advance(BACKUP_AGAIN_MS)

    assert isinstance(upkeep.step(), Backup)


@pytest.mark.expect_log("upkeep_failed")
def test_the_thread_survives_a_copy_that_fails_and_ends_when_told(bench: Bench) -> None:
    pauses = threading.Semaphore(0)
    folder = bench.store.folder / backup.FOLDER_NAME
    folder.write_text("in the way")

    def pause(_event: threading.Event, _seconds: float) -> None:
        bench.clock.advance(BACKUP_EVERY_MS)
        pauses.acquire(timeout=10)

    upkeep = Upkeep(store=bench.store, clock=bench.clock, pause=pause)
    upkeep.start()
    pauses.release(2)
    wait_until(lambda: pauses._value == 0, "two rounds")
    folder.unlink()
    pauses.release()
    wait_until(lambda: backup.existing(bench.store.folder), "a copy")
    pauses.release(5)
    upkeep.stop()


def test_a_copy_opens_as_a_store_of_its_own(bench: Bench, tmp_path: Path) -> None:
    bench.append(phone="+821012345678")
    copied = made(bench)
    (tmp_path / "other").mkdir()
    shutil.copy(copied.path, tmp_path / "other" / "agent.sqlite3")
    other = enrolled(tmp_path / "other")
    try:
        assert other.counts().pending == 1
    finally:
        other.store.close()


def test_an_index_that_lost_a_row_is_found(bench: Bench) -> None:
    """The quick check alone does not see it, and the row would never be sent."""
    for _ in range(5):
        bench.append()
    copied = made(bench)
    conn = sqlite3.connect(copied.path)
    root = conn.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'outbox_status'").fetchone()[0]
    conn.close()
    raw = bytearray(copied.path.read_bytes())
    at = raw.index(b"pending", (root - 1) * 4096, root * 4096)
    raw[at] ^= 1
    copied.path.write_bytes(raw)

    with backup.opened(copied.path) as damaged:
        assert damaged.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        assert "outbox" in str(integrity.problem(damaged, shipped()))
