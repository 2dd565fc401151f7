"""A damaged file: set aside, rebuilt from the newest backup and what still reads, the gap named (AGT-05, I2, I3)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sync import backup, opening, outbox, renewal
from sync.backup import Backup
from sync.chain import verify_chain
from sync.engine import Halted, Idle, WaitUntil
from sync.errors import StoreFull, StoreUnreadable
from sync.exchange import Exchange
from sync.outbox import Batch
from sync.outcomes import Denied, EpochOutcome, Pushed, PushOutcome, Reason, Renewed, Unavailable
from sync.profile import require_identity
from sync.protocol import CHAIN_START, OpResult, PushResponse, chain_hash
from sync.restored import RestoreReport
from sync.store import FILE_NAME, Store
from tests.helpers.devices import Bench, enrolled
from tests.sync.test_exchange import Script

PAGE = 4096
PHONE = "+821012345678"


@dataclass
class Cloud(Script):
    """Takes operations as the real one does: by (epoch, seq), the chain recomputed, ids known for ever."""

    epoch: int = 1
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    chain: dict[int, list[str]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    refuse: list[EpochOutcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def push(self, batch: Batch) -> PushOutcome:
        if batch.epoch != self.epoch:
            return Denied("stale_epoch")
        hashes = self.chain.setdefault(batch.epoch, [])
        results = []
        previous = batch.prev_hash
        for op in batch.ops:
            previous = chain_hash(previous, op)
            if op.seq == len(hashes) + 1:
                assert (hashes or [CHAIN_START])[-1] == (batch.prev_hash if op is batch.ops[0] else hashes[-1])
                hashes.append(previous)
                assert self.taken.setdefault(op.op_id, op.body) == op.body
            assert hashes[op.seq - 1] == previous, "a number was used twice"
            results.append(OpResult(op.seq, op.op_id, "applied"))
        return Pushed(PushResponse(tuple(results), len(hashes) + 1, 1, 1_000))

    def renew_epoch(self, after: int) -> EpochOutcome:
        self.asked.append(after)
        if self.refuse:
            return self.refuse.pop(0)
        if self.epoch <= after or self.chain.get(self.epoch):
            self.epoch = max(self.epoch, after) + 1
        return Renewed(self.epoch, len(self.chain.get(after, [])), 2_000)


def line(bench: Bench, cloud: Script) -> Exchange:
    return Exchange(
        store=bench.store,
        transport=cloud,
        cipher=bench.cipher,
        appliers={},
        on_result=lambda *_: None,
        clock=bench.clock,
        random_unit=lambda: 1.0,
        on_change=lambda: None,
        renews=True,
    )


def send_all(exchange: Exchange) -> object:
    while (action := exchange.push_step()) is None:
        continue
    return action


@dataclass
class Shop:
    """A device with a life: some operations sent, a backup, more of both, and what was confirmed at the counter."""

    folder: Path
    cloud: Cloud
    confirmed: list[str]
    copied: Backup | None

    def open(self) -> Bench:
        return enrolled(self.folder)


def lived(folder: Path, *, backed_up: bool = True, unsent: int = 40) -> Shop:
    bench = enrolled(folder)
    cloud = Cloud()
    confirmed = [bench.append({"n": n}, phone=PHONE).op_id for n in range(30)]
    assert isinstance(send_all(line(bench, cloud)), Idle)
    confirmed += [bench.append({"n": n}, phone=PHONE).op_id for n in range(30, 40)]
    copied = backup.make(bench.store, bench.clock) if backed_up else None
    confirmed += [bench.append({"n": n}, phone=PHONE).op_id for n in range(40, 50)]
    assert isinstance(send_all(line(bench, cloud)), Idle)
    for n in range(50, 50 + unsent):
        confirmed.append(bench.append({"n": n}, phone=PHONE if n % 2 else None).op_id)
    bench.store.close()
    assert copied is None or isinstance(copied, Backup)
    return Shop(folder, cloud, confirmed, copied)


def break_schema_root(path: Path) -> None:
    """A table's first page is gone: found at the start, and the queue still reads."""
    conn = sqlite3.connect(path)
    root = conn.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'customer_order'").fetchone()[0]
    conn.close()
    write_at(path, (root - 1) * PAGE, b"\xff" * 200)


def write_at(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def leaf_pages(path: Path, table: str = "outbox") -> list[int]:
    """Offsets of the table's leaf pages, by their rows: the first bytes say what kind of page it is."""
    raw = path.read_bytes()
    found = []
    for offset in range(0, len(raw), PAGE):
        if raw[offset] == 13 and raw.count(b'"n":', offset, offset + PAGE):
            found.append(offset)
    assert table == "outbox"
    return found


def report_of(bench: Bench) -> RestoreReport:
    report = bench.store.restored()
    assert report is not None
    return report


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[list[Bench]]:
    """Stores that the test opened, closed afterwards."""
    benches: list[Bench] = []
    yield benches
    for bench in benches:
        bench.store.close()


@pytest.mark.expect_log("store_set_aside")
def test_nothing_confirmed_is_lost_when_the_queue_still_reads(tmp_path: Path, opened: list[Bench]) -> None:
    shop = lived(tmp_path)
    break_schema_root(tmp_path / FILE_NAME)
    broken = (tmp_path / FILE_NAME).read_bytes()

    bench = shop.open()
    opened.append(bench)

    assert bench.store.set_aside is not None
    assert bench.store.set_aside.path.read_bytes() == broken
    report = report_of(bench)
    assert shop.copied is not None
    assert (report.backup, report.aside) == (shop.copied.path.name, bench.store.set_aside.path.name)
    assert (report.salvaged, report.history, report.missing, report.unreadable) == (40, 10, (), 0)
    assert (report.end_known, report.waiting, report.epoch) == (True, True, 1)
    assert "복구" in report.user_message
    assert "restored" in report.user_message_en

    during = bench.append({"n": 999}, phone=PHONE)  # the counter goes on before the cloud is reached
    assert bench.rows("SELECT epoch FROM outbox WHERE op_id = ?", during.op_id) == [(renewal.EPOCH_AWAITED,)]
    exchange = line(bench, shop.cloud)
    assert isinstance(send_all(exchange), Idle)

    assert shop.cloud.asked == [1]
    assert list(shop.cloud.taken) == [*shop.confirmed, during.op_id]
    assert bench.counts().pending == 0
    settled = report_of(bench)
    assert (settled.waiting, settled.cloud_has, settled.lost_ops) == (False, 50, 0)
    assert settled.carried_over == 10 + 40 + 1  # ten were sent after the backup: the cloud knows them by their ids
    assert "빠진 기록 없음" in settled.user_message
    with bench.store.read() as conn:
        assert require_identity(conn).epoch == 2
        assert verify_chain(conn, bench.cipher) is None
    bench.append()
    assert isinstance(send_all(exchange), Idle)


@pytest.mark.expect_log("store_set_aside")
def test_operations_on_a_destroyed_page_are_named_and_the_others_saved(tmp_path: Path, opened: list[Bench]) -> None:
    shop = lived(tmp_path)
    newest = leaf_pages(tmp_path / FILE_NAME)[-2:]
    write_at(tmp_path / FILE_NAME, newest[0], b"\x00" * 600)

    bench = shop.open()
    opened.append(bench)
    report = report_of(bench)

    assert report.missing
    missing = {seq for first, last in report.missing for seq in range(first, last + 1)}
    assert 0 < len(missing) < 40
    assert report.salvaged == 40 - len({seq for seq in missing if seq > 50})
    assert send_all(line(bench, shop.cloud)) == Idle()
    lost = {shop.confirmed[seq - 1] for seq in missing if seq > 50}
    assert set(shop.cloud.taken) == set(shop.confirmed) - lost
    settled = report_of(bench)
    assert settled.lost_ops == len(lost)
    assert f"{len(lost)}건" in settled.user_message
    assert str(settled.lost[0][0]) in settled.user_message_en


@pytest.mark.expect_log("store_set_aside")
def test_a_file_that_tells_nothing_is_replaced_by_the_backup_and_the_end_is_called_unknown(
    tmp_path: Path, opened: list[Bench]
) -> None:
    shop = lived(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"\xff" * 50_000)

    bench = shop.open()
    opened.append(bench)
    report = report_of(bench)

    assert (report.salvaged, report.end_known, report.backup is not None) == (0, False, True)
    assert send_all(line(bench, shop.cloud)) == Idle()
    assert set(shop.cloud.taken) == set(shop.confirmed[:50])
    assert "확인할 수 없" in report_of(bench).user_message


@pytest.mark.expect_log("store_set_aside")
def test_without_a_backup_the_readable_rest_is_enough(tmp_path: Path, opened: list[Bench]) -> None:
    shop = lived(tmp_path, backed_up=False)
    break_schema_root(tmp_path / FILE_NAME)

    bench = shop.open()
    opened.append(bench)

    assert report_of(bench).backup is None
    assert (report_of(bench).salvaged, report_of(bench).history) == (40, 50)
    assert send_all(line(bench, shop.cloud)) == Idle()
    assert set(shop.cloud.taken) == set(shop.confirmed)


@pytest.mark.expect_log("store_set_aside")
def test_a_file_that_is_gone_comes_back_from_its_backup(tmp_path: Path, opened: list[Bench]) -> None:
    """Never silently empty."""
    shop = lived(tmp_path)
    (tmp_path / FILE_NAME).unlink()

    bench = shop.open()
    opened.append(bench)

    assert bench.store.set_aside is None
    assert (report_of(bench).reason, report_of(bench).aside) == ("the file is gone", None)
    assert bench.counts().pending == 10


@pytest.mark.expect_log("store_set_aside", "backup_not_usable")
def test_a_damaged_backup_is_passed_over_for_the_one_before(tmp_path: Path, opened: list[Bench]) -> None:
    shop = lived(tmp_path)
    assert shop.copied is not None
    newer = shop.copied.path.with_name(f"agent-{shop.copied.wall_ms + 5}.sqlite3")
    shutil.copy(shop.copied.path, newer)
    write_at(newer, leaf_pages(newer)[0], b"\x00" * 500)
    break_schema_root(tmp_path / FILE_NAME)

    bench = shop.open()
    opened.append(bench)

    assert report_of(bench).backup == shop.copied.path.name
    assert newer.exists()


@pytest.mark.expect_log("store_set_aside", "backup_not_usable")
def test_a_backup_of_a_newer_program_is_not_used(tmp_path: Path, opened: list[Bench]) -> None:
    shop = lived(tmp_path)
    assert shop.copied is not None
    conn = sqlite3.connect(shop.copied.path)
    conn.execute("PRAGMA user_version = 9999")
    conn.close()
    break_schema_root(tmp_path / FILE_NAME)

    bench = shop.open()
    opened.append(bench)

    assert report_of(bench).backup is None
    assert report_of(bench).salvaged == 40


@pytest.mark.expect_log("store_set_aside", "link_changed")
def test_until_the_cloud_gives_an_epoch_nothing_is_sent_and_everything_is_kept(
    tmp_path: Path, opened: list[Bench]
) -> None:
    shop = lived(tmp_path)
    break_schema_root(tmp_path / FILE_NAME)
    sent_before = len(shop.cloud.taken)
    shop.cloud.refuse = [Unavailable(Reason.UNREACHABLE), Denied("not_found"), Unavailable(Reason.THROTTLED, "", 7_000)]
    bench = shop.open()
    opened.append(bench)
    exchange = line(bench, shop.cloud)

    for _ in range(3):
        wait = send_all(exchange)
        assert isinstance(wait, WaitUntil)
        assert send_all(exchange) == wait
        assert exchange.status().last_error == renewal.RESTORED
        bench.append({"n": 500})
        bench.clock.advance(wait.mono_ms - bench.clock.mono_ms())
    assert len(shop.cloud.taken) == sent_before
    bench.store.close()

    again = shop.open()  # a restart in between changes nothing
    opened.append(again)
    assert send_all(line(again, shop.cloud)) == Idle()
    assert len(shop.cloud.taken) == len(shop.confirmed) + 3


@pytest.mark.expect_log("store_set_aside")
def test_damaged_twice_before_the_cloud_answered(tmp_path: Path, opened: list[Bench]) -> None:
    shop = lived(tmp_path)
    break_schema_root(tmp_path / FILE_NAME)
    first = shop.open()
    later = [first.append({"n": 700 + n}).op_id for n in range(5)]
    first.store.close()
    break_schema_root(tmp_path / FILE_NAME)

    bench = shop.open()
    opened.append(bench)
    bench.append({"n": 800})

    assert send_all(line(bench, shop.cloud)) == Idle()
    assert set(shop.confirmed + later) <= set(shop.cloud.taken)
    assert shop.cloud.asked == [1]


@pytest.mark.expect_log("store_set_aside")
def test_a_backup_from_before_a_renewal_asks_above_all_epochs(tmp_path: Path, opened: list[Bench]) -> None:
    shop = lived(tmp_path)
    break_schema_root(tmp_path / FILE_NAME)
    first = shop.open()
    send_all(line(first, shop.cloud))
    first.append({"n": 900})
    first.store.close()
    (tmp_path / FILE_NAME).write_bytes(b"\xff" * 50_000)

    bench = shop.open()
    opened.append(bench)
    bench.append({"n": 901})

    assert send_all(line(bench, shop.cloud)) == Idle()
    assert shop.cloud.epoch == 3


class PowerCut(BaseException):
    """The machine stops here."""


@pytest.mark.expect_log("store_set_aside")
@pytest.mark.parametrize("renames", range(5))
def test_a_crash_while_files_change_places_leaves_the_next_start_all_it_needs(
    tmp_path: Path, opened: list[Bench], monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    """Cut before each rename of the exchange, with a log beside the broken file."""
    shop = lived(tmp_path)
    break_schema_root(tmp_path / FILE_NAME)
    (tmp_path / f"{FILE_NAME}-wal").write_bytes(b"left over")
    (tmp_path / f"{FILE_NAME}-shm").write_bytes(b"left over")
    done = 0
    really = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal done
        if self.parent == tmp_path:
            if done == renames:
                raise PowerCut
            done += 1
        return really(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        try:
            shop.open().store.close()
        except PowerCut:
            assert done == renames

    bench = shop.open()
    opened.append(bench)
    assert send_all(line(bench, shop.cloud)) == Idle()
    assert set(shop.cloud.taken) == set(shop.confirmed)
    assert len(list(tmp_path.glob("agent.broken-*.sqlite3"))) >= 1
    assert not (tmp_path / "agent.rebuilt.sqlite3").exists()


def test_no_room_to_rebuild_leaves_everything_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = lived(tmp_path)
    break_schema_root(tmp_path / FILE_NAME)
    before = (tmp_path / FILE_NAME).read_bytes()

    def full(*_args: object) -> None:
        raise StoreFull("no room")

    with monkeypatch.context() as patch:
        patch.setattr(backup, "copy", full)
        with pytest.raises(StoreFull):
            shop.open()

    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert not list(tmp_path.glob("agent.broken-*"))


def test_a_broken_file_that_cannot_be_renamed_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = lived(tmp_path)
    break_schema_root(tmp_path / FILE_NAME)
    really = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if self.name == FILE_NAME:
            raise PermissionError("held by another program")
        return really(self, target)

    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr(opening.log, "error", lambda *_: None)
    with pytest.raises(StoreUnreadable):
        shop.open()


@pytest.mark.expect_log("store_set_aside")
def test_what_was_under_way_at_the_backup_is_over(tmp_path: Path, opened: list[Bench]) -> None:
    """No slip comes out twice, and no customer's number meets a later sale."""
    bench = enrolled(tmp_path)
    with bench.store.transaction() as conn:
        for job, state in (("a", "queued"), ("b", "printing"), ("c", "printed"), ("d", "failed")):
            conn.execute(
                "INSERT INTO print_job (job_id, kind, document_json, printer, state, created_ms, updated_ms)"
                " VALUES (?, 'slip', '{}', 'p', ?, 1, 1)",
                (job, state),
            )
        for entry, state in (("a", "open"), ("b", "waiting"), ("c", "earned")):
            conn.execute(
                "INSERT INTO phone_entry (entry_id, till, opened_ms, state) VALUES (?, '1', 1, ?)", (entry, state)
            )
    backup.make(bench.store, bench.clock)
    bench.store.close()
    (tmp_path / FILE_NAME).write_bytes(b"")

    again = enrolled(tmp_path)
    opened.append(again)

    assert again.rows("SELECT state FROM print_job ORDER BY job_id") == [
        ("unknown",),
        ("unknown",),
        ("printed",),
        ("failed",),
    ]
    assert again.rows("SELECT state FROM phone_entry ORDER BY entry_id") == [("expired",), ("expired",), ("earned",)]


@pytest.mark.expect_log("store_set_aside")
def test_a_device_that_was_never_enrolled_starts_anew_and_says_so(tmp_path: Path) -> None:
    from sync.clock import FakeClock

    (tmp_path / FILE_NAME).write_bytes(b"no database" * 900)
    with Store.open(tmp_path, clock=FakeClock()) as store:
        report = store.restored()
        assert report is not None
        assert (report.device_id, report.end_known, report.waiting) == (None, False, False)
        assert "다시 등록" in report.user_message
        assert "enroll" in report.user_message_en


# One changed operation in a file that is sound otherwise ------------------------------------------------------------


@pytest.mark.expect_log("push_halted", "carry_over_unreadable")
def test_an_operation_that_was_changed_on_the_disk_is_parked_and_the_others_go_on(
    tmp_path: Path, opened: list[Bench]
) -> None:
    """Case 58: a flipped bit must not reach the cloud, neither as a fact nor as a fork."""
    bench = enrolled(tmp_path)
    opened.append(bench)
    ops = [bench.append({"points": 40 + n}).op_id for n in range(6)]
    with bench.store.transaction() as conn:
        conn.execute("""UPDATE outbox SET body = '{"points":9042}' WHERE seq = 3""")
    cloud = Cloud()

    assert send_all(line(bench, cloud)) == Idle()

    assert list(cloud.taken) == [*ops[:2], *ops[3:]]
    assert bench.rows("SELECT op_id, code FROM outbox WHERE status = 'parked'") == [(ops[2], "hash_mismatch")]
    assert bench.counts().needs_attention == 1
    assert report_of(bench).lost_ops == 1
    assert report_of(bench).unsound == 1


@pytest.mark.expect_log("push_halted")
def test_without_a_way_to_ask_for_an_epoch_the_queue_stays_halted(tmp_path: Path, opened: list[Bench]) -> None:
    bench = enrolled(tmp_path)
    opened.append(bench)
    bench.append()
    with bench.store.transaction() as conn:
        conn.execute("UPDATE outbox SET actor = 'somebody'")
    exchange = line(bench, Script())

    assert send_all(exchange) == Halted(renewal.RESTORED)
    assert bench.store.meta(outbox.HALTED) == renewal.RESTORED


@pytest.mark.expect_log("queue_does_not_fit")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE outbox_head SET last_seq = last_seq - 1",
        "UPDATE outbox_head SET last_seq = last_seq + 4",
        "UPDATE outbox_head SET last_hash = replace(last_hash, 'a', 'b') || ''",
        "UPDATE outbox SET hash = 'x' || substr(hash, 2) WHERE seq = 3",
        "UPDATE outbox SET prev_hash = 'x' || substr(prev_hash, 2) WHERE seq = 4",
        "UPDATE outbox SET seq = 40 WHERE seq = 4",
        "DELETE FROM outbox WHERE seq = 4",
    ],
)
def test_a_queue_that_does_not_hang_together_gets_new_numbers(tmp_path: Path, opened: list[Bench], change: str) -> None:
    bench = enrolled(tmp_path)
    ops = [bench.append({"n": n}).op_id for n in range(6)]
    with bench.store.transaction() as conn:
        head = conn.execute("SELECT last_hash FROM outbox_head").fetchone()[0]
        conn.execute(change if "a" in head or "last_hash" not in change else "UPDATE outbox_head SET last_hash = '0'")
    bench.store.close()

    again = enrolled(tmp_path)
    opened.append(again)
    kept = [row[0] for row in again.rows("SELECT op_id FROM outbox")]
    new = again.append({"n": 7}).op_id
    cloud = Cloud()
    with again.store.read() as conn:
        assert require_identity(conn).epoch == renewal.EPOCH_AWAITED
    import logging

    logging.getLogger("sync").setLevel(logging.CRITICAL)
    try:
        assert send_all(line(again, cloud)) == Idle()
    finally:
        logging.getLogger("sync").setLevel(logging.NOTSET)

    parked = {row[0] for row in again.rows("SELECT op_id FROM outbox WHERE status = 'parked'")}
    assert set(cloud.taken) == ({*kept, new} - parked)
    assert len(parked) <= 1
    assert set(kept) <= set(ops)
