"""``withfom keys renew``: what it says when it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sync.profile import read_identity, write_identity
from sync.secrets import DeviceVault
from tests.helpers.devices import SECRETS, enrolled
from withfom.main import main


def test_a_folder_without_an_agent_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "renew", "--folder", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("cheap_scrypt")
def test_without_a_line_the_keys_in_use_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WITHFOM_VAULT_PASSPHRASE", "correct horse")
    bench = enrolled(tmp_path)
    with bench.store.transaction() as conn:
        identity = read_identity(conn)
        assert identity is not None
        write_identity(conn, replace(identity, base_url="http://127.0.0.1:9"))
    bench.store.close()
    vault = DeviceVault(tmp_path)
    vault.save(identity.vault_entry, SECRETS)

    assert main(["keys", "renew", "--folder", str(tmp_path)]) == 1

    assert "the keys in use stay" in capsys.readouterr().err
    assert vault.load(identity.vault_entry) == SECRETS
