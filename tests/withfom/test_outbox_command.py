"""`withfom outbox`: unsent records leave a device in a sealed file and come back, told in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.secrets import PASSPHRASE_ENV as VAULT_ENV
from sync.secrets import DeviceVault
from tests.helpers.devices import SECRETS, enrolled
from withfom.commands.outbox import PASSPHRASE_ENV
from withfom.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An enrolled device with three unsent records and its keys in a sealed vault; its agent does not run."""
    monkeypatch.setenv(VAULT_ENV, "vault passphrase")
    monkeypatch.setenv(PASSPHRASE_ENV, "라떼 두 잔 주세요 10")
    bench = enrolled(tmp_path / "agent")
    DeviceVault(tmp_path / "agent").save("entry-1", SECRETS)
    for n in range(3):
        bench.append({"n": n}, phone="+821012345678")
    bench.store.close()
    return tmp_path / "agent"


def outbox(action: str, folder: Path) -> int:
    return main(["outbox", action, str(folder.parent / "file"), "--folder", str(folder)])


def test_out_and_in_again_changes_nothing_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outbox("export", folder) == 0
    assert "3건" in capsys.readouterr().out
    assert [outbox("import", folder), outbox("import", folder)] == [0, 0]
    assert capsys.readouterr().out.count("0 records imported, 3 were known.") == 2
    bench = enrolled(folder)
    assert bench.counts().pending == 3
    bench.store.close()


def test_what_was_lost_with_the_disk_comes_back_from_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outbox("export", folder) == 0
    bench = enrolled(folder)
    with bench.store.transaction() as conn:
        conn.execute("DELETE FROM outbox")
    bench.store.close()

    assert outbox("import", folder) == 0
    assert "3 records imported" in capsys.readouterr().out


def test_refusals_are_sentences_and_exit_codes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outbox("import", folder) == 1  # no such file
    assert "미전송 기록 파일이 아니" in capsys.readouterr().err
    assert outbox("export", folder.parent / "nowhere") == 1
    assert "에이전트 폴더가 아니" in capsys.readouterr().err
    outbox("export", folder)
    monkeypatch.setenv(PASSPHRASE_ENV, "another passphrase")
    assert outbox("import", folder) == 1
    assert "passphrase is wrong" in capsys.readouterr().err
    monkeypatch.setenv(PASSPHRASE_ENV, "short")
    assert outbox("export", folder) == 2
    bench = enrolled(folder)
    monkeypatch.setenv(PASSPHRASE_ENV, "라떼 두 잔 주세요 10")
    assert outbox("export", folder) != 0  # the agent runs
    assert "이미 실행 중" in capsys.readouterr().err
    bench.store.close()


def test_two_different_passphrases_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSPHRASE_ENV)
    words = iter(["passphrase one", "passphrase two"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(words))

    assert outbox("export", folder) == 2
    assert not (folder.parent / "file").exists()
