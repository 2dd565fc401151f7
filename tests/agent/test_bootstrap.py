"""The composition root: a vault that is locked at the start, asked again without anybody waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.earn.types import Waiting
from agent.keys import StoreKeys
from sync import enroll, keychange
from sync.errors import VaultUnavailable
from sync.outcomes import KeyChanged
from sync.secrets import DeviceVault
from sync.store import Store
from tests.helpers.counter import Counter, counter
from tests.helpers.devices import SECRETS


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


@pytest.mark.expect_log("keys_not_loaded")
def test_a_locked_vault_is_asked_again_and_no_tap_waits_for_it(shop: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """AGT-09: the tablet says at once that it cannot save, instead of standing still for seconds."""
    agent, settled = shop.agent, []

    def locked(*_given: object) -> None:
        settled.append(agent.keyring._settled.is_set())
        raise VaultUnavailable("locked")

    monkeypatch.setattr(enroll, "load_device", locked)
    agent.background.connect()
    with pytest.raises(VaultUnavailable):
        agent.earn.submit_phone(agent.earn.open_entry(), "01012345678")

    agent.background.connect(again=True)

    assert settled == [False, True]


def test_a_vault_that_opens_takes_numbers_again(shop: Counter) -> None:
    shop.agent.keyring.refuse(VaultUnavailable("locked"))
    entry_id = shop.agent.earn.open_entry()
    with pytest.raises(VaultUnavailable):
        shop.agent.earn.submit_phone(entry_id, "01012345678")

    shop.agent.keyring.install(StoreKeys(SECRETS.store_key, shop.bench.cipher))

    assert isinstance(shop.agent.earn.submit_phone(entry_id, "01012345678"), Waiting)


def test_a_key_change_that_was_cut_off_is_finished_in_the_background(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cloud may soon take only the new key; nobody has to call the command again."""
    agent = shop.agent
    finished = threading.Event()
    connected: list[dict[str, bool]] = []

    def change(store: Store, _vault: DeviceVault, **_how: object) -> KeyChanged:
        with store.transaction() as conn:
            Store.set_meta(conn, keychange.PENDING, None)
        return KeyChanged(1)

    monkeypatch.setattr(keychange, "change_key", change)
    monkeypatch.setattr(keychange, "reseal", lambda *_: finished.set())
    monkeypatch.setattr(agent.background, "connect", lambda **how: connected.append(how))
    agent.background._finish_key_change()
    assert agent.background._key_change is None, "nothing was cut off"
    with agent.store.transaction() as conn:
        Store.set_meta(conn, keychange.PENDING, "entry")

    agent.background._finish_key_change()

    assert finished.wait(5)
    assert connected == [{"again": True}]
