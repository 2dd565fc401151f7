"""Settings survive a restart, a damaged file and a full disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.settings.service import FILE_NAME, Settings, SettingsService
from agent.settings.viewmodel import SettingsViewModel
from agent.texts import Texts
from sync.errors import StoreClosed


def test_a_change_is_there_after_a_restart(tmp_path: Path) -> None:
    SettingsService(tmp_path).change(language="en", theme="dark", sound=False)

    again = SettingsService(tmp_path)

    assert again.current == Settings(language="en", theme="dark", sound=False)
    assert not again.damaged


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00\x01", "null"])
def test_a_damaged_file_gives_the_defaults_and_is_kept_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)

    service = SettingsService(tmp_path)

    assert service.current == Settings()
    assert service.damaged
    assert (tmp_path / "settings.damaged").read_text() == content


def test_one_bad_value_falls_back_alone(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps({"language": "en", "theme": "pink", "volume": True, "later": 1}))

    service = SettingsService(tmp_path)

    assert service.current == Settings(language="en")
    assert service.damaged


def test_a_value_that_cannot_be_changes_nothing(tmp_path: Path) -> None:
    service = SettingsService(tmp_path)

    with pytest.raises(ValueError, match="volume"):
        service.change(volume=11)

    assert service.current == Settings()
    assert not (tmp_path / FILE_NAME).exists()


def test_a_disk_that_refuses_leaves_the_old_settings_and_says_so(tmp_path: Path) -> None:
    service = SettingsService(tmp_path / "gone")
    vm = SettingsViewModel(service=service, dispatcher=ImmediateDispatcher(), texts=Texts("ko"))

    vm.change(language="en")

    assert vm.state.settings.language == "ko"
    assert "저장하지 못했어요" in vm.state.message


def test_listeners_hear_a_change_once(tmp_path: Path) -> None:
    service = SettingsService(tmp_path)
    heard: list[str] = []
    service.listeners.subscribe(lambda: heard.append(service.current.theme))

    service.change(theme="dark")
    service.change(theme="dark")

    assert heard == ["dark"]


class Till:
    def __init__(self) -> None:
        self.said = ""
        self.broken = False

    def pos_model(self) -> str:
        return self.said

    def pos_models(self) -> tuple[str, ...]:
        return ("달POS", "OKPOS")

    def set_pos_model(self, name: str) -> None:
        if self.broken:
            raise StoreClosed("gone")
        self.said = name.strip()


def test_the_pos_is_chosen_from_a_short_list_or_typed(tmp_path: Path) -> None:
    """PNT-07"""
    till = Till()
    vm = SettingsViewModel(
        service=SettingsService(tmp_path), dispatcher=ImmediateDispatcher(), texts=Texts("ko"), till=till
    )
    assert vm.state.pos_models[0] == ("", "정하지 않음")
    assert [key for key, _ in vm.state.pos_models].count("OKPOS") == 1
    assert ("달POS", "달POS") in vm.state.pos_models, "what others have taught for is in the list"

    vm.choose_pos_model(" 우리동네 포스 ")
    assert (vm.state.pos_model, till.said) == ("우리동네 포스", "우리동네 포스")
    assert vm.state.pos_models[-1][0] == "우리동네 포스"

    till.broken = True
    vm.choose_pos_model("")
    assert vm.state.pos_model == "우리동네 포스"
    assert "저장하지 못했어요" in vm.state.message
