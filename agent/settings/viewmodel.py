"""Owns what the settings page shows and changes. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from agent.dispatch import Coalesced, Dispatcher
from agent.settings.leaving import Blocked, Left, Unsent
from agent.settings.service import HOTKEYS, Settings, SettingsService
from agent.texts import Texts
from rules.alerts import AlertMode
from rules.calendar import local_day
from sync.errors import SyncError


class Leaving(Protocol):
    """What the page needs of ``agent.settings.leaving``."""

    def unsent(self) -> Unsent: ...
    def leave(self) -> Left | Blocked: ...


class Alerts(Protocol):
    """What the page needs of ``agent.approval.alerts.OrderAlerts``."""

    def own(self) -> str: ...
    def choose(self, mode: str) -> None: ...


class Till(Protocol):
    """What the page needs of ``agent.receipts.lessons.LessonsService``."""

    def pos_model(self) -> str: ...
    def pos_models(self) -> tuple[str, ...]: ...
    def set_pos_model(self, name: str) -> None: ...


# The ones that Korean cafes have most; any other name may be typed.
POS_MODELS = ("OKPOS", "이지포스", "유니온포스", "토스 포스", "페이히어")


@dataclass(frozen=True)
class LeaveQuestion:
    """Without a word to confirm with, it only says why it cannot be."""

    title: str
    sentence: str
    confirm_word: str = ""


@dataclass(frozen=True)
class SettingsState:
    settings: Settings = field(default_factory=Settings)
    message: str = ""  # why a change could not be kept, or that the file was damaged
    hotkeys: tuple[tuple[str, str], ...] = ()
    version: str = ""
    can_leave: bool = False
    leave: LeaveQuestion | None = None
    alert_mode: str = ""  # how orders are told of here; empty: as the store says
    alert_modes: tuple[tuple[str, str], ...] = ()  # empty: nothing to choose
    pos_model: str = ""
    pos_models: tuple[tuple[str, str], ...] = ()  # empty: no receipts are read here


class SettingsViewModel:
    def __init__(
        self,
        *,
        service: SettingsService,
        dispatcher: Dispatcher,
        texts: Texts,
        version: str = "",
        leaving: Leaving | None = None,
        alerts: Alerts | None = None,
        till: Till | None = None,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_left: Callable[[], None] = lambda: None
        self._service, self._texts, self._version = service, texts, version
        self._leaving, self._alerts, self._till = leaving, alerts, till
        self._question: LeaveQuestion | None = None
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

    def choose_alerts(self, mode: str) -> None:
        """How new orders are told of at this counter (AGT-01, AGT-02)."""
        if self._alerts is None:
            return
        try:
            self._alerts.choose(mode)
            self._message = ""
        except SyncError:
            self._message = self._texts._("The settings could not be saved. Is the disk full? Nothing was changed.")
        self.refresh()

    def choose_pos_model(self, name: str) -> None:
        """Which till prints the receipts; labels that were learned from the same one are tried first."""
        if self._till is None or name.strip() == self._till.pos_model():
            return
        try:
            self._till.set_pos_model(name)
            self._message = ""
        except SyncError:
            self._message = self._texts._("The settings could not be saved. Is the disk full? Nothing was changed.")
        self.refresh()

    def _pos_models(self) -> tuple[tuple[str, str], ...]:
        if self._till is None:
            return ()
        named = (*POS_MODELS, *self._till.pos_models(), self._till.pos_model())
        return (("", self._texts._("Not said")), *((name, name) for name in dict.fromkeys(named) if name))

    def _alert_modes(self) -> tuple[tuple[str, str], ...]:
        if self._alerts is None:
            return ()
        t = self._texts
        words = {
            "": t._("As the store says"),
            AlertMode.POPUP_SOUND: t._("On the screen, with sound"),
            AlertMode.PRINT: t._("On paper"),
            AlertMode.BOTH: t._("Screen and paper"),
        }
        return tuple((str(mode), word) for mode, word in words.items())

    def ask_leave(self) -> None:
        """Open the question whether to leave the store, or say loudly what stands in the way."""
        if self._leaving is None:
            return
        waiting = self._leaving.unsent()
        t = self._texts
        if waiting.count:
            self._question = self._blocked(waiting)
        else:
            sentence = t._("Points, approvals and printing end on this computer, and what it knows of customers goes.")
            self._question = LeaveQuestion(t._("Leave the store?"), sentence, t._("Yes, leave the store"))
        self.refresh()

    def confirm_leave(self) -> None:
        if self._leaving is None or self._question is None or not self._question.confirm_word:
            return
        try:
            done = self._leaving.leave()
        except SyncError:
            self._question = None
            self._message = self._texts._("The store could not be left. Try again, or call the help desk.")
        else:
            self._question = self._blocked(done.unsent) if isinstance(done, Blocked) else None
            if isinstance(done, Left):
                self.on_left()
        self.refresh()

    def dismiss(self) -> None:
        """Close the question; everything stays."""
        self._question = None
        self.refresh()

    def _blocked(self, waiting: Unsent) -> LeaveQuestion:
        t = self._texts
        oldest = t.clock(waiting.oldest_wall_ms or 0)
        title = t.n("Not yet: {n} records are unsent", n=t.number(waiting.count))
        sentence = t.n(
            "The oldest is of {time}. They are only on this computer. Connect to the internet until they are sent, or"
            " take them out with “withfom outbox export”.",
            time=f"{local_day(waiting.oldest_wall_ms or 0):%Y-%m-%d} {oldest}",
        )
        return LeaveQuestion(title, sentence)

    def refresh(self) -> None:
        none = self._texts._("None")
        hotkeys = tuple((key, key or none) for key in HOTKEYS)
        self.state = SettingsState(
            self._service.current,
            self._message,
            hotkeys,
            self._version,
            self._leaving is not None,
            self._question,
            "" if self._alerts is None else self._alerts.own(),
            self._alert_modes(),
            "" if self._till is None else self._till.pos_model(),
            self._pos_models(),
        )
        self.on_change()
