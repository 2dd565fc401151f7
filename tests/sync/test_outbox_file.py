"""The sealed outbox file: unsent operations leave under a passphrase and come back exactly once (I2, I3)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.chain import verify_chain
from sync.engine import Idle
from sync.errors import NotEnrolled, OutboxFileUnreadable, StoreReadOnly, StoreUnreadable, WrongPassphrase
from sync.outbox_file import Exported, ForeignStore, Imported, export_outbox, import_outbox
from sync.profile import require_identity, write_identity
from sync.secrets import FieldCipher
from sync.store import Store
from tests.helpers.devices import Bench, enrolled
from tests.sync.test_rebuild import Cloud, line, send_all

pytestmark = pytest.mark.usefixtures("cheap_scrypt")

PASSPHRASE = "라떼 두 잔 주세요 10"
PHONE = "+821012345678"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path / "old")
    yield made
    made.store.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Bench]:
    """The same shop's new PC: another device, another field key."""
    made = enrolled(tmp_path / "new", seed=77)
    made.cipher = FieldCipher(b"n" * 32)
    with made.store.transaction() as conn:
        write_identity(conn, replace(require_identity(conn), device_id="device-2"))
    yield made
    made.store.close()


def exported(bench: Bench, path: Path) -> Exported:
    return export_outbox(bench.store, path, PASSPHRASE, cipher=bench.cipher)


def test_what_is_unsent_arrives_once_with_its_ids_order_and_secrets(bench: Bench, other: Bench, tmp_path: Path) -> None:
    ids = [bench.append({"n": n}, phone=PHONE if n % 2 else None).op_id for n in range(20)]
    own = other.append({"n": 100}).op_id
    file = tmp_path / "미전송.outbox"

    assert exported(bench, file) == Exported(20, 0)
    assert import_outbox(other.store, file, PASSPHRASE, cipher=other.cipher) == Imported(20, 0)
    before = other.rows("SELECT * FROM outbox ORDER BY seq")
    assert import_outbox(other.store, file, PASSPHRASE, cipher=other.cipher) == Imported(0, 20)
    assert other.rows("SELECT * FROM outbox ORDER BY seq") == before

    cloud = Cloud()
    assert send_all(line(other, cloud)) == Idle()
    assert list(cloud.taken) == [own, *ids]
    assert cloud.taken[ids[1]] == {"n": 1, "phone": PHONE}
    with other.store.read() as conn:
        assert verify_chain(conn, other.cipher) is None
    assert import_outbox(other.store, file, PASSPHRASE, cipher=other.cipher) == Imported(0, 20)  # sent, and still known


def test_the_device_that_exported_may_send_and_import_as_well(bench: Bench, tmp_path: Path) -> None:
    bench.append(phone=PHONE)
    exported(bench, tmp_path / "file")
    assert send_all(line(bench, Cloud())) == Idle()

    assert import_outbox(bench.store, tmp_path / "file", PASSPHRASE, cipher=bench.cipher) == Imported(0, 1)
    assert bench.counts().pending == 0


def test_the_file_shows_nothing_and_only_its_owner_may_read_it(bench: Bench, tmp_path: Path) -> None:
    bench.append({"n": 1, "name": "plain-word"}, phone=PHONE)
    file = tmp_path / "file"
    exported(bench, file)

    raw = file.read_bytes()
    assert b"8210" not in raw
    assert b"plain-word" not in raw
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file"]
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0


def test_what_was_sent_is_not_exported(bench: Bench, tmp_path: Path) -> None:
    bench.append()
    send_all(line(bench, Cloud()))

    assert exported(bench, tmp_path / "file") == Exported(0, 0)


def test_a_changed_operation_is_left_out_and_counted(bench: Bench, tmp_path: Path) -> None:
    for n in range(3):
        bench.append({"n": n})
    with bench.store.transaction() as conn:
        conn.execute("""UPDATE outbox SET body = '{"n":9}' WHERE seq = 2""")

    assert exported(bench, tmp_path / "file") == Exported(2, 1)


def test_a_wrong_passphrase_or_one_changed_byte_changes_nothing(bench: Bench, other: Bench, tmp_path: Path) -> None:
    bench.append()
    file = tmp_path / "file"
    exported(bench, file)
    raw = file.read_bytes()

    with pytest.raises(WrongPassphrase):
        import_outbox(other.store, file, "another passphrase", cipher=other.cipher)
    for at in (raw.index(b"nonce") + 10, len(raw) // 2, len(raw) - 10):
        changed = bytearray(raw)
        changed[at] = ord("A") if changed[at] != ord("A") else ord("B")
        file.write_bytes(changed)
        with pytest.raises((WrongPassphrase, OutboxFileUnreadable)) as refused:
            import_outbox(other.store, file, PASSPHRASE, cipher=other.cipher)
        assert "바뀌지 않았" in refused.value.user_message
    assert other.counts().pending == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"{}\n", b'{"format":"withfom-outbox","v":2}\n', b"[" * 100_000, b"\xff\xfe" * 50],
)
def test_files_that_are_something_else_are_refused(other: Bench, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(OutboxFileUnreadable):
        import_outbox(other.store, tmp_path / "file", PASSPHRASE, cipher=other.cipher)
    with pytest.raises(OutboxFileUnreadable):
        import_outbox(other.store, tmp_path / "gone", PASSPHRASE, cipher=other.cipher)


def test_another_stores_file_is_refused(bench: Bench, other: Bench, tmp_path: Path) -> None:
    bench.append()
    exported(bench, tmp_path / "file")
    with other.store.transaction() as conn:
        write_identity(conn, replace(require_identity(conn), store_id="store-elsewhere"))

    found = import_outbox(other.store, tmp_path / "file", PASSPHRASE, cipher=other.cipher)

    assert isinstance(found, ForeignStore)
    assert other.counts().pending == 0


def test_a_short_passphrase_and_a_device_without_identity_are_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="passphrase"):
        export_outbox(bench.store, tmp_path / "file", "short", cipher=bench.cipher)
    with Store.open(tmp_path / "fresh", clock=bench.clock) as fresh, pytest.raises(NotEnrolled):
        export_outbox(fresh, tmp_path / "file", PASSPHRASE, cipher=bench.cipher)
    assert not (tmp_path / "file").exists()


def test_a_place_that_cannot_be_written_is_an_answer_and_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.append()
    with pytest.raises((StoreUnreadable, StoreReadOnly)):
        exported(bench, tmp_path / "no such folder" / "file")
    (tmp_path / "dir").mkdir()
    with pytest.raises((StoreUnreadable, StoreReadOnly)):
        exported(bench, tmp_path / "dir")
    assert list(tmp_path.glob(".*partial")) == []
