"""Owns settings.json in the data folder: language, theme, sound. A damaged file gives defaults and a message."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from agent.dispatch import Listeners
from agent.texts import Language

FILE_NAME = "settings.json"
ThemeChoice = Literal["system", "light", "dark"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")
THEMES: tuple[ThemeChoice, ...] = ("system", "light", "dark")
SOUND_MAX = 10
# Korean POS programs use the function keys, so that nothing is taken until somebody chooses.
HOTKEYS = ("", "F9", "F10", "F11", "F12")


@dataclass(frozen=True)
class Settings:
    """Every value has a default that suits a Korean counter."""

    language: Language = "ko"
    theme: ThemeChoice = "light"
    sound: bool = True
    volume: int = 7  # of SOUND_MAX
    hotkey: str = ""
    animations: bool = True


class SettingsService:
    """Reads once, writes whole files: a power cut leaves the old settings or the new ones."""

    def __init__(self, folder: Path) -> None:
        self.listeners = Listeners()
        self._path = folder / FILE_NAME
        self.damaged = False  # the file could not be read, defaults are in force; it is kept beside as .damaged
        self._current = self._read()

    @property
    def current(self) -> Settings:
        return self._current

    def change(self, **values: Any) -> Settings:
        """Set some values, keep the others, write, tell listeners. Raises ValueError for a value that cannot be,
        OSError when the disk refuses; then nothing has changed."""
        wanted = replace(self._current, **values)
        if wanted == self._current:
            return wanted
        problem = _problem(asdict(wanted))
        if problem:
            raise ValueError(problem)
        self._write(wanted)
        self._current = wanted
        self.listeners.notify()
        return wanted

    def _read(self) -> Settings:
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Settings()
        except (OSError, ValueError):
            raw = None
        if not isinstance(raw, dict):
            self._set_aside()
            return Settings()
        # A value of a newer version, or one edited by hand, falls back alone; the others stay.
        known = {name: raw[name] for name in asdict(Settings()) if name in raw and not _problem({name: raw[name]})}
        self.damaged = any(name in raw and name not in known for name in asdict(Settings()))
        return Settings(**known)

    def _set_aside(self) -> None:
        self.damaged = True
        try:
            self._path.replace(self._path.with_suffix(".damaged"))
        except OSError:
            return  # still unreadable next time, which gives defaults again

    def _write(self, settings: Settings) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(asdict(settings), file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def _problem(values: dict[str, Any]) -> str:
    """The name of the first value that cannot be, or nothing."""
    checks = {
        "language": lambda value: value in LANGUAGES,
        "theme": lambda value: value in THEMES,
        "sound": lambda value: isinstance(value, bool),
        "volume": lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SOUND_MAX,
        "hotkey": lambda value: value in HOTKEYS,
        "animations": lambda value: isinstance(value, bool),
    }
    return next((name for name, value in values.items() if name in checks and not checks[name](value)), "")
