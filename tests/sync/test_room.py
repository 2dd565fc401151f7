"""A full disk: warned of, decisions and the queue go on with the reserve, new value is refused whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import outbox, room
from sync.errors import StoreFull
from sync.outbox import Settled
from sync.protocol import OpResult, PushResponse
from sync.room import FULL_BYTES, RESERVE_BYTES, RESERVE_NAME, WARN_BYTES, DiskRoom
from sync.store import SqliteVersion, Store
from tests.helpers.devices import Bench, enrolled

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 48 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux":
        pytest.skip("needs a file system of a chosen size: Linux tmpfs")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a small file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Somebody else's file takes the room."""
    free = DiskRoom(folder).state().free_bytes
    assert free is not None
    hog = folder / "hog"
    with hog.open("ab") as file:
        file.write(bytes(max(free - leave, 0)))
    return hog


def drain(bench: Bench) -> Settled:
    """One push that the cloud takes whole."""
    with bench.store.read() as conn:
        batch = outbox.next_batch(conn, bench.cipher)
    assert batch is not None
    results = tuple(OpResult(op.seq, op.op_id, "applied", None, {"points": 45}) for op in batch.ops)
    answer = PushResponse(results, batch.last_seq + 1, 1, bench.clock.wall_ms())
    with bench.store.transaction() as conn:
        settled = outbox.apply_results(conn, batch, answer, clock=bench.clock, on_result=lambda *_: None)
    assert isinstance(settled, Settled)
    return settled


def test_a_roomy_disk_neither_warns_nor_refuses(tmp_path: Path) -> None:
    bench = enrolled(tmp_path)
    try:
        state = bench.store.disk()
        assert state.free_bytes is not None
        assert (state.warn, state.full) == (state.free_bytes < WARN_BYTES, False)
        assert bench.store.keep_reserve()
        reserve = tmp_path / RESERVE_NAME
        assert reserve.stat().st_size == RESERVE_BYTES
        if sys.platform != "win32":
            assert reserve.stat().st_blocks * 512 >= RESERVE_BYTES  # it takes its place, no sparse file
    finally:
        bench.store.close()


@pytest.mark.expect_log("disk_reserve_released")
def test_on_a_full_disk_the_queue_drains_and_decisions_are_kept_but_no_new_value(small_disk: Path) -> None:
    bench = enrolled(small_disk / "agent")
    try:
        assert bench.store.keep_reserve()
        assert bench.store.disk().warn
        assert not bench.store.disk().full
        for _ in range(300):
            bench.append(phone="+821012345678")
        hog = fill(small_disk, leave=0)

        with pytest.raises(StoreFull) as full:
            bench.append()
        assert "저장 공간 부족" in full.value.user_message
        assert bench.counts().pending == 300
        assert bench.store.disk().full
        assert not (small_disk / "agent" / RESERVE_NAME).exists()

        decided = bench.append({"request_id": "r-1", "decision": "approve"}, kind="request.decide")
        assert decided.seq == 301
        assert len(drain(bench).settled) == 301
        assert not bench.store.keep_reserve()  # still no room

        hog.unlink()
        assert bench.store.keep_reserve()
        assert not bench.store.disk().full
        assert bench.append().seq == 302
    finally:
        bench.store.close()


@pytest.mark.expect_log("disk_reserve_released")
def test_the_whole_of_two_weeks_offline_drains_into_the_reserve(small_disk: Path) -> None:
    """5,000 operations leave while nothing but the reserve is free."""
    bench = enrolled(small_disk / "agent")
    try:
        assert bench.store.keep_reserve()
        with bench.store.transaction() as conn:
            for n in range(5_000):
                op = outbox.NewOp("earn", {"n": n}, "tablet")
                outbox.append(conn, op, clock=bench.clock, ids=bench.ids, cipher=None)
        fill(small_disk, leave=0)
        with pytest.raises(StoreFull):
            bench.append()
        while bench.counts().pending:
            drain(bench)
        assert bench.counts().acked == 5_000
    finally:
        bench.store.close()


@pytest.mark.expect_log("disk_reserve_released", "checkpoint_failed")
def test_when_even_the_reserve_is_used_up_nothing_is_half_written(small_disk: Path) -> None:
    bench = enrolled(small_disk / "agent")
    try:
        bench.append()
        fill(small_disk, leave=0)  # there never was a reserve
        refused = 0
        stored = 0
        for n in range(3_000):
            try:
                bench.append({"request_id": f"r-{n}", "text": "x" * 4_000}, kind="request.decide")
                stored += 1
            except StoreFull:
                refused += 1
        assert refused
        assert bench.counts().pending == 1 + stored
    finally:
        bench.store.close()
    (small_disk / "hog").unlink()
    again = enrolled(small_disk / "agent")
    try:
        assert again.store.set_aside is None
        assert again.counts().pending == 1 + stored
    finally:
        again.store.close()


@pytest.mark.expect_log("disk_reserve_released")
def test_when_sqlite_meets_the_wall_first_the_reserve_is_given_up_too(tmp_path: Path) -> None:
    """A quota that the system does not report as free space."""
    bench = enrolled(tmp_path)
    try:
        assert bench.store.keep_reserve()
        with bench.store.transaction() as conn:
            pages = conn.execute("PRAGMA page_count").fetchone()[0]
            conn.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreFull), bench.store.transaction() as conn:
            Store.set_meta(conn, "large", "x" * 100_000)
        with pytest.raises(StoreFull, match="earn"):
            bench.append()
        assert bench.store.disk().full
        assert not (tmp_path / RESERVE_NAME).exists()
    finally:
        bench.store.close()


def test_a_reserve_of_another_size_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / RESERVE_NAME).write_bytes(b"cut off")

    assert DiskRoom(tmp_path).keep()
    assert (tmp_path / RESERVE_NAME).stat().st_size == RESERVE_BYTES


@pytest.mark.expect_log("disk_reserve_not_made")
def test_a_reserve_that_cannot_be_made_is_no_reason_to_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path, _size: int) -> None:
        raise OSError("no")

    monkeypatch.setattr(room, "_fill", refused)
    space = DiskRoom(tmp_path)

    assert not space.keep()
    assert not space.look()


def test_a_system_that_does_not_say_how_much_is_free_is_not_full(tmp_path: Path) -> None:
    space = DiskRoom(tmp_path / "gone")

    assert space.state() == room.DiskState(None, warn=False, full=False)
    assert not space.look()
    assert RESERVE_BYTES + FULL_BYTES < WARN_BYTES


@pytest.mark.parametrize(
    ("version", "bug"),
    [((3, 37, 0), True), ((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 0), False)],
)
def test_the_library_version_is_known_and_so_is_its_bug(version: tuple[int, ...], bug: bool) -> None:
    """R5; the one writing connection is the guard, so it is told, not refused."""
    assert SqliteVersion.of(version) == SqliteVersion(".".join(map(str, version)), bug)


def test_the_store_says_which_library_it_runs_on(tmp_path: Path) -> None:
    bench = enrolled(tmp_path)
    try:
        with bench.store.read() as conn:
            assert bench.store.sqlite_version.text == conn.execute("SELECT sqlite_version()").fetchone()[0]
    finally:
        bench.store.close()
