"""Leaving the store from the settings page: loudly blocked while anything is unsent, else asked once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.settings.leaving import Blocked, LeaveService, Left
from agent.settings.service import SettingsService
from agent.settings.viewmodel import SettingsViewModel
from agent.texts import Texts
from sync.secrets import PASSPHRASE_ENV, DeviceVault
from tests.helpers.devices import SECRETS, Bench, enrolled

pytestmark = pytest.mark.expect_log("left_store")


class Page:
    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.steps: list[str] = []
        self.vault = DeviceVault(folder, environ={PASSPHRASE_ENV: "vault passphrase"})
        self.vault.save("entry-1", SECRETS)
        self.service = LeaveService(
            store=bench.store,
            vault=self.vault,
            stop=lambda: self.steps.append("stop"),
            go_on=lambda: self.steps.append("go on"),
            farewell=self._farewell,
        )
        self.vm = SettingsViewModel(
            service=SettingsService(folder),
            dispatcher=ImmediateDispatcher(),
            texts=Texts("ko"),
            leaving=self.service,
        )
        self.vm.on_left = lambda: self.steps.append("left")

    def _farewell(self) -> Callable[[], bool]:
        def tell() -> bool:
            self.steps.append("cloud told")
            return True

        return tell


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    bench = enrolled(tmp_path)
    yield Page(bench, tmp_path)
    bench.store.close()


def test_unsent_records_are_named_and_there_is_nothing_to_confirm(page: Page) -> None:
    for n in range(3):
        page.bench.append({"n": n})
    page.vm.ask_leave()

    question = page.vm.state.leave
    assert question is not None
    assert "3건" in question.title
    for words in ("2026-09-", "withfom outbox export", "인터넷에 연결"):
        assert words in question.sentence
    assert question.confirm_word == ""
    page.vm.confirm_leave()
    page.vm.dismiss()
    assert (page.steps, page.vm.state.leave, page.bench.counts().pending) == ([], None, 3)


def test_when_everything_is_sent_it_is_asked_and_then_done(page: Page) -> None:
    page.vm.ask_leave()
    assert page.vm.state.leave is not None
    page.vm.confirm_leave()

    assert page.steps == ["stop", "cloud told", "left"]
    assert page.bench.rows("SELECT count(*) FROM meta") == [(0,)]
    assert page.vm.state.leave is None


def test_a_record_that_came_in_between_stops_it(page: Page) -> None:
    page.vm.ask_leave()
    page.bench.append()
    page.vm.confirm_leave()

    question = page.vm.state.leave
    assert question is not None
    assert (question.confirm_word, page.steps) == ("", [])
    page.service._stop = page.bench.append  # type: ignore[assignment]
    with page.bench.store.transaction() as conn:
        conn.execute("UPDATE outbox SET status = 'applied'")
    assert isinstance(page.service.leave(), Blocked)
    assert page.steps == ["go on"]


def test_copies_of_updates_and_broken_files_go_as_well(page: Page, tmp_path: Path) -> None:
    """What is left beside the file was the shop's, too; files of others stay."""
    names = ("agent.schema0007.sqlite3", "agent.broken-17.sqlite3", "agent.broken-17.sqlite3-wal", "agent.notes.txt")
    for name in names:
        (tmp_path / name).write_bytes(b"customers")

    assert page.service.leave() == Left(0)

    assert [name for name in names if (tmp_path / name).exists()] == ["agent.notes.txt"]


def test_whoever_left_may_leave_again(page: Page) -> None:
    assert page.service.leave() == Left(0)
    assert page.service.leave() == Left(0)
