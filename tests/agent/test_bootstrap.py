"""The composition root: a vault that is locked at the start, asked again without anybody waiting for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.earn.types import Waiting
from agent.keys import StoreKeys
from sync import enroll
from sync.errors import VaultUnavailable
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
