"""`withfom leave`: blocked loudly while anything is unsent, and nothing of the shop is left behind afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync import backup
from sync.secrets import PASSPHRASE_ENV as VAULT_ENV
from sync.secrets import DeviceVault
from tests.helpers.devices import SECRETS, enrolled
from withfom.main import main

pytestmark = pytest.mark.expect_log("left_store")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheap_scrypt: None) -> Path:
    """An enrolled device with two unsent records, a member and a backup."""
    monkeypatch.setenv(VAULT_ENV, "vault passphrase")
    bench = enrolled(tmp_path / "agent")
    DeviceVault(tmp_path / "agent").save("entry-1", SECRETS)
    for n in range(2):
        bench.append({"n": n}, phone="+821012345678")
    with bench.store.transaction() as conn:
        conn.execute("INSERT INTO member (lookup, masked, points, taken_ms) VALUES ('ab', '010-****-5678', 7, 1)")
    backup.make(bench.store, bench.clock)
    bench.store.close()
    return tmp_path / "agent"


def leave(folder: Path, *more: str) -> int:
    return main(["leave", "--folder", str(folder), *more])


def answered(folder: Path) -> None:
    bench = enrolled(folder)
    with bench.store.transaction() as conn:
        conn.execute("UPDATE outbox SET status = 'applied'")
    bench.store.close()


@pytest.mark.parametrize("more", [(), ("--check",), ("--give-up", "1"), ("--give-up", "3")])
def test_unsent_records_block_it_with_their_number_their_age_and_a_way_out(
    folder: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    assert leave(folder, *more) == 1

    said = capsys.readouterr().err
    for words in ("2건", "2 records are unsent", "withfom outbox export", "2026-09-"):
        assert words in said
    bench = enrolled(folder)
    assert bench.counts().pending == 2
    assert bench.rows("SELECT count(*) FROM member") == [(1,)]
    assert DeviceVault(folder).load("entry-1") == SECRETS
    bench.store.close()


def test_leaving_removes_keys_customers_and_copies_and_gives_no_number_out_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(folder)
    assert leave(folder, "--check") == 0
    assert leave(folder) == 0

    said = capsys.readouterr().out
    assert "매장에서 해제했어요" in said
    assert "본사에서 이 기기를 해지" in said  # nobody answers at the cloud's address
    assert backup.existing(folder) == []
    assert list(folder.glob("vault-*")) == []
    bench = enrolled(folder)  # joins again
    assert bench.rows("SELECT count(*) FROM member") == [(0,)]
    assert bench.append().seq == 3
    bench.store.close()


def test_whoever_knows_how_many_they_are_may_lose_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(folder, "--give-up", "2") == 0
    assert "2 lost" in capsys.readouterr().out


def test_a_folder_without_a_store_is_no_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(tmp_path / "nowhere") == 0
    assert "No store is joined" in capsys.readouterr().out
