"""The local file: one owner, all or nothing, and a broken one is set aside, never deleted (AGT-05)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sync.clock import FakeClock
from sync.errors import StoreBusy, StoreClosed, StoreFull, StoreReadOnly, StoreTooNew, StoreUnreadable
from sync.migrations import Migration, expected, shipped, statements, written
from sync.store import FILE_NAME, Store, StoreMisuse, get_meta
from tests.helpers.devices import enrolled

ROOT = Path(__file__).resolve().parents[2]


def opened(folder: Path, **more: object) -> Store:
    return Store.open(folder, clock=FakeClock(), **more)  # type: ignore[arg-type]


def test_a_new_file_has_the_shipped_schema_and_the_durable_settings(tmp_path: Path) -> None:
    with opened(tmp_path / "매장 폴더") as store, store.read() as conn:
        tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        strict = {row["name"] for row in conn.execute("PRAGMA table_list") if row["strict"]}

        assert {"outbox", "inbox_cursor", "feed_row", "meta", "request", "customer_order", "document"} <= tables
        assert tables == strict
        assert conn.execute("PRAGMA user_version").fetchone()[0] == shipped()[-1].number
    with opened(tmp_path / "매장 폴더") as store, store.transaction() as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert conn.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert conn.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    if sys.platform != "win32":
        assert (tmp_path / "매장 폴더" / FILE_NAME).stat().st_mode & 0o077 == 0


def test_what_was_committed_is_there_after_reopening_and_what_was_not_is_not(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with store.transaction() as conn:
            Store.set_meta(conn, "kept", "1")
        with pytest.raises(ZeroDivisionError):
            _write_and_fail(store, "lost")
    with opened(tmp_path) as store:
        assert store.meta("kept") == "1"
        assert store.meta("lost") is None


def test_meta_can_be_removed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with store.transaction() as conn:
            Store.set_meta(conn, "a", "1")
        with store.transaction() as conn:
            Store.set_meta(conn, "a", None)
        assert store.meta("a") is None


def test_a_second_store_on_the_folder_is_refused_in_this_process_and_in_another(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sync.clock import FakeClock; from sync.errors import StoreBusy\n"
        "from sync.store import Store\n"
        "try: Store.open(Path(sys.argv[1]), clock=FakeClock())\n"
        "except StoreBusy as busy: print(busy.user_message_en)"
    )
    with opened(tmp_path):
        with pytest.raises(StoreBusy) as refused:
            opened(tmp_path)
        other = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
        )

    assert "이미 실행 중" in refused.value.user_message
    assert "already running" in other.stdout
    opened(tmp_path).close()  # the lock is given back


def test_a_transaction_inside_a_transaction_is_a_bug_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with store.transaction(), pytest.raises(StoreMisuse), store.transaction():
            pass
        with store.transaction() as conn:
            Store.set_meta(conn, "after", "1")
        assert store.meta("after") == "1"


def test_reading_inside_the_own_transaction_sees_what_it_wrote_and_others_do_not(tmp_path: Path) -> None:
    seen: list[str | None] = []
    with opened(tmp_path) as store:
        with store.transaction() as conn:
            Store.set_meta(conn, "key", "new")
            assert store.meta("key") == "new"
            other = threading.Thread(target=lambda: seen.append(store.meta("key")))
            other.start()
            other.join()
        assert seen == [None]
        assert store.meta("key") == "new"


def test_a_reader_keeps_one_picture_while_others_write(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store.read() as conn:
        assert conn.execute("SELECT count(*) FROM meta").fetchone()[0] == 0
        writer = threading.Thread(target=lambda: _write(store, "key"))
        writer.start()
        writer.join()

        assert conn.execute("SELECT count(*) FROM meta").fetchone()[0] == 0


def _write(store: Store, key: str, large: str = "") -> None:
    with store.transaction() as conn:
        Store.set_meta(conn, key, "1")
        if large:
            Store.set_meta(conn, "large", large)


def _write_and_fail(store: Store, key: str) -> None:
    with store.transaction() as conn:
        Store.set_meta(conn, key, "1")
        raise ZeroDivisionError


def test_readers_cannot_write(tmp_path: Path) -> None:
    with opened(tmp_path) as store, pytest.raises(StoreReadOnly), store.read() as conn:
        conn.execute("DELETE FROM meta")


def test_listeners_hear_of_commits_only_and_cannot_undo_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str | None] = []
    with opened(tmp_path) as store:
        store.after_commit(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
        unsubscribe = store.after_commit(lambda: heard.append(store.meta("key")))
        _write(store, "key")
        with pytest.raises(ZeroDivisionError), store.transaction():
            raise ZeroDivisionError
        unsubscribe()
        _write(store, "other")

    assert heard == ["1"]
    assert "after_commit_failed" in caplog.text


@pytest.mark.expect_log("disk_reserve_released")
def test_a_full_disk_saves_nothing_of_the_transaction_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with store.transaction() as conn:
            pages = conn.execute("PRAGMA page_count").fetchone()[0]
            conn.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreFull) as full:
            _write(store, "small", large="x" * 1_000_000)
        assert "저장 공간 부족" in full.value.user_message
        assert store.meta("small") is None
        with store.transaction() as conn:
            conn.execute("PRAGMA max_page_count = 1000000")
            Store.set_meta(conn, "large", "x" * 1_000_000)
        assert store.meta("large") is not None


@pytest.mark.expect_log("store_set_aside")
@pytest.mark.parametrize("content", [b"this is no database " * 500, b"", b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_file_that_is_no_database_is_set_aside_and_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with opened(tmp_path) as store:
        assert store.set_aside is not None
        assert store.set_aside.path.read_bytes() == content
        assert store.set_aside.reason
        _write(store, "key")
    with opened(tmp_path) as store:
        assert store.set_aside is None
        assert store.meta("key") == "1"


@pytest.mark.expect_log("store_set_aside")
def test_a_damaged_page_is_found_at_start_and_the_file_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store.transaction() as conn:
        for n in range(2_000):
            Store.set_meta(conn, f"key-{n}", "value" * 10)
    raw = bytearray((tmp_path / FILE_NAME).read_bytes())
    page_size = int.from_bytes(raw[16:18], "big")
    used = [n for n in range(1, len(raw) // page_size) if raw[n * page_size : (n + 1) * page_size].count(b"value") > 5]
    for n in used[:3]:
        raw[n * page_size : n * page_size + 200] = os.urandom(200)
    (tmp_path / FILE_NAME).write_bytes(raw)

    with opened(tmp_path) as store:
        assert store.set_aside is not None
        assert store.set_aside.path.read_bytes() == bytes(raw)


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    conn = sqlite3.connect(tmp_path / FILE_NAME)
    conn.execute("PRAGMA user_version = 9999")
    conn.close()
    before = (tmp_path / FILE_NAME).read_bytes()

    with pytest.raises(StoreTooNew) as refused:
        opened(tmp_path)

    assert "업데이트 필요" in refused.value.user_message
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_migrations_run_once_in_order_and_keep_a_copy_of_the_file_before(tmp_path: Path) -> None:
    second = Migration(2, "0002_more.sql", "CREATE TABLE more (n INTEGER) STRICT;\nINSERT INTO more VALUES (7);\n")
    with opened(tmp_path, migrations=shipped()[:1]) as store:
        _write(store, "from-0001")
    for _ in range(2):
        with opened(tmp_path, migrations=[*shipped()[:1], second]) as store, store.read() as conn:
            assert [row[0] for row in conn.execute("SELECT n FROM more")] == [7]
            assert store.meta("from-0001") == "1"

    with_old_program = Store.open(tmp_path / "old", clock=FakeClock())
    with_old_program.close()
    copy = sqlite3.connect(tmp_path / "agent.schema0001.sqlite3")
    assert copy.execute("PRAGMA user_version").fetchone()[0] == 1
    assert copy.execute("SELECT value FROM meta WHERE key = 'from-0001'").fetchone()[0] == "1"
    copy.close()


@pytest.mark.parametrize("found", [migration.number for migration in shipped()[:-1]])
def test_a_file_of_every_earlier_schema_is_brought_up_to_date_with_all_it_holds(tmp_path: Path, found: int) -> None:
    with opened(tmp_path, migrations=shipped()[:found]) as store:
        _write(store, "kept")
        with store.transaction() as conn:
            conn.execute("INSERT INTO phone_entry (entry_id, till, opened_ms, state) VALUES ('e', '1', 7, 'open')")
    with opened(tmp_path) as store, store.read() as conn:
        assert store.set_aside is None
        assert store.meta("kept") == "1"
        assert conn.execute("SELECT count(*) FROM phone_entry").fetchone()[0] == 1
        assert written(conn) == expected(shipped())
        assert conn.execute("SELECT count(*) FROM member").fetchone()[0] == 0
    copy = tmp_path / f"agent.schema{found:04d}.sqlite3"
    assert copy.exists()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    broken = Migration(2, "0002_broken.sql", "CREATE TABLE more (n INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);\n")
    with opened(tmp_path, migrations=shipped()[:1]) as store:
        _write(store, "key")

    with pytest.raises(sqlite3.OperationalError):
        opened(tmp_path, migrations=[*shipped()[:1], broken])

    with opened(tmp_path, migrations=shipped()[:1]) as store, store.read() as conn:
        assert store.meta("key") == "1"
        assert conn.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").fetchone()[0] == 0


def test_a_script_is_split_at_statements_not_at_semicolons() -> None:
    script = "-- a; comment\nCREATE TABLE a (b TEXT DEFAULT ';');\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n"
    script += "  DELETE FROM a;\nEND;\n-- the end\n"

    assert len(list(statements(script))) == 2
    with pytest.raises(ValueError, match="unfinished"):
        list(statements("CREATE TABLE a (b TEXT)"))


def test_a_folder_that_cannot_be_made_is_an_answer_not_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises((StoreUnreadable, StoreReadOnly)) as refused:
        opened(tmp_path / "file" / "folder")

    assert refused.value.user_message


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.close()
    store.close()

    with pytest.raises(StoreClosed), store.transaction():
        pass
    with pytest.raises(StoreClosed), store.read():
        pass


APPEND_FOREVER = """
import sys
from pathlib import Path
from tests.helpers.devices import enrolled
bench = enrolled(Path(sys.argv[1]), seed=int(sys.argv[2]))
while True:
    print(bench.append(phone="+821012345678").op_id, flush=True)
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
def test_everything_confirmed_before_kill_9_is_in_the_file(tmp_path: Path) -> None:
    """I3: a crash between commit and push loses nothing, three times over on the same file."""
    confirmed: list[str] = []
    for seed in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", APPEND_FOREVER, str(tmp_path), str(seed)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        for _ in range(60 + 20 * seed):
            confirmed.append(child.stdout.readline().strip())
        child.send_signal(signal.SIGKILL)
        confirmed += [line.strip() for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        child.wait()
        child.stdout.close()

    bench = enrolled(tmp_path)
    try:
        stored = bench.rows("SELECT op_id, seq FROM outbox ORDER BY seq")
        from sync.chain import verify_chain

        with bench.store.read() as conn:
            assert verify_chain(conn, bench.cipher) is None
    finally:
        bench.store.close()
    assert len(confirmed) >= 240
    assert set(confirmed) <= {op_id for op_id, _seq in stored}
    assert [seq for _op_id, seq in stored] == list(range(1, len(stored) + 1))
    assert len(stored) - len(confirmed) <= 3  # at most one committed and not yet printed a kill


def test_the_writer_keeps_single_values_and_forgets_what_is_undone(tmp_path: Path) -> None:
    """What it answers is what a reader finds, after a rollback and inside a transaction too (AGT-05)."""
    asked: list[str] = []
    with opened(tmp_path) as store:
        with store.transaction() as conn:
            Store.set_meta(conn, "a", "0")
        with pytest.raises(ZeroDivisionError):
            _write_and_fail(store, "a")
        with store.transaction() as conn:
            assert get_meta(conn, "a") == store.meta("a") == "0"
            conn.set_trace_callback(asked.append)
            assert (get_meta(conn, "a"), get_meta(conn, "a")) == ("0", "0")
            conn.set_trace_callback(None)
            Store.set_meta(conn, "a", None)
            assert get_meta(conn, "a") is None
        assert not asked
        assert store.meta("a") is None
