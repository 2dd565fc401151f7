"""Owns what the settings page shows and changes. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent.dispatch import Coalesced, Dispatcher
from agent.settings.service import HOTKEYS, Settings, SettingsService
from agent.texts import Texts


@dataclass(frozen=True)
class SettingsState:
    settings: Settings = field(default_factory=Settings)
    message: str = ""  # why a change could not be kept, or that the file was damaged
    hotkeys: tuple[tuple[str, str], ...] = ()
    version: str = ""


class SettingsViewModel:
    def __init__(self, *, service: SettingsService, dispatcher: Dispatcher, texts: Texts, version: str = "") -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._service, self._texts, self._version = service, texts, version
        self._message = ""
        self.state = SettingsState()
        self._unsubscribe = service.listeners.subscribe(Coalesced(dispatcher, self.refresh))
        if service.damaged:
            self._message = texts._("Some settings could not be read. The usual ones are in use; set yours again.")
        self.refresh()

    def close(self) -> None:
        self._unsubscribe()

    def change(self, **values: Any) -> None:
        """Set some values; when the disk refuses, everything stays as it was and the page says so."""
        try:
            self._service.change(**values)
            self._message = ""
        except OSError:
            self._message = self._texts._("The settings could not be saved. Is the disk full? Nothing was changed.")
        self.refresh()

    def refresh(self) -> None:
        none = self._texts._("None")
        hotkeys = tuple((key, key or none) for key in HOTKEYS)
        self.state = SettingsState(self._service.current, self._message, hotkeys, self._version)
        self.on_change()
