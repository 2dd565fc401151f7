"""Owns the words on screen: Korean (default) and English, looked up from the English source text."""

from __future__ import annotations

import gettext
from typing import Literal

from agent.assets import asset_path
from agent.particles import with_particles
from rules.calendar import local_time

Language = Literal["ko", "en"]
DOMAIN = "withfom"
_WEEKDAYS_KO = "월화수목금토일"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def mark(text: str) -> str:
    """Mark a source text that is looked up later (in tables); the catalogue test finds it by this name."""
    return text


class Texts:
    """Looks texts up and writes figures as people read them. Handed to every view and view-model."""

    def __init__(self, language: Language = "ko") -> None:
        self.language: Language = language
        self._catalogue: gettext.NullTranslations = _catalogue(language)

    def set_language(self, language: Language) -> None:
        """Change the language from now on; views ask again for their texts."""
        self.language = language
        self._catalogue = _catalogue(language)

    def _(self, text: str) -> str:
        """The text in the chosen language."""
        return self._catalogue.gettext(text) if text else ""

    def n(self, text: str, **values: object) -> str:
        """The text in the chosen language with ``{names}`` filled in after the look-up."""
        filled = self._(text).format(**values)
        return with_particles(filled) if self.language == "ko" else filled

    # -- figures --------------------------------------------------------------------------------------------------
    def number(self, value: int) -> str:
        """Thousands separated, with a true minus sign."""
        return f"{value:,}".replace("-", "−")

    def won(self, amount_won: int) -> str:
        """``4,500원`` or ``₩4,500``; the minus sign comes first in both."""
        if self.language == "ko":
            return f"{self.number(amount_won)}원"
        return ("−" if amount_won < 0 else "") + f"₩{self.number(abs(amount_won))}"

    def points(self, points: int) -> str:
        return f"{self.number(points)}P"

    def clock(self, wall_ms: int, *, seconds: bool = False) -> str:
        """The time of day in Seoul, 24 hours: ``14:02``."""
        return local_time(wall_ms).strftime("%H:%M:%S" if seconds else "%H:%M")

    def left(self, ms: int) -> str:
        """``2:58``; a started second counts whole, so that nothing shows 0:00 while there is still time."""
        minutes, seconds = divmod(-(-max(ms, 0) // 1000), 60)
        return f"{minutes}:{seconds:02d}"

    def date(self, wall_ms: int) -> str:
        """``11월 20일 금요일`` or ``Fri 20 Nov``."""
        day = local_time(wall_ms)
        if self.language == "ko":
            return f"{day.month}월 {day.day}일 {_WEEKDAYS_KO[day.weekday()]}요일"
        return f"{_WEEKDAYS_EN[day.weekday()]} {day.day} {day.strftime('%b')}"


def _catalogue(language: Language) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()  # the source texts are English
    with asset_path(f"locale/{language}/LC_MESSAGES/{DOMAIN}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)
