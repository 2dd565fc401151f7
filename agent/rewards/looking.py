"""Owns how a page looks at one report of the cloud: what is kept at once, what is new as soon as it comes. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from agent.dispatch import Dispatcher, Rounds
from agent.rewards.reports import Report
from agent.texts import Texts
from sync.clock import Clock

AGAIN_MS = 30_000  # so old may figures be while somebody looks


class ReportsPort(Protocol):
    """What the pages need of ``agent.rewards.reports.RewardReports``."""

    def known(self, name: str, params: Mapping[str, str]) -> Report | None: ...
    def ask(self, name: str, params: Mapping[str, str], done: Callable[[Report | None], None]) -> None: ...


class Looking:
    """One question at a time: an answer to an earlier one is dropped. ``changed`` is told when there is a new one."""

    def __init__(
        self, reports: ReportsPort, name: str, clock: Clock, dispatcher: Dispatcher, changed: Callable[[], None]
    ) -> None:
        self._reports, self._name, self._clock, self._changed = reports, name, clock, changed
        self._rounds = Rounds(dispatcher)
        self._params: dict[str, str] = {}
        self._asked_mono_ms: int | None = None
        self.report: Report | None = None
        self.asking = False
        self.failed = False

    def at(self, params: dict[str, str]) -> None:
        """Look at this; what is kept of it is there at once, and the cloud is asked."""
        self._params = params
        self.report = self._reports.known(self._name, params)
        self._ask()

    def tick(self) -> None:
        """Ask again when it has become old."""
        asked = self._asked_mono_ms
        if not self.asking and asked is not None and self._clock.mono_ms() - asked >= AGAIN_MS:
            self._ask()

    def _ask(self) -> None:
        self._rounds.begin()
        self.asking, self._asked_mono_ms = True, self._clock.mono_ms()
        self._reports.ask(self._name, self._params, self._rounds.later(self._answered))

    def _answered(self, report: Report | None) -> None:
        self.asking, self.failed = False, report is None
        if report is not None:
            self.report = report
        self._changed()


def as_of(t: Texts, looking: Looking) -> tuple[str, bool]:
    """When the figures are of, and whether they may be old."""
    if looking.report is None:
        return "", False
    time = f"{t.date(looking.report.at_ms)} {t.clock(looking.report.at_ms)}"
    if looking.failed:
        return t.n("No internet: as of {time}", time=time), True
    return t.n("As of {time}", time=time), False


def missing(t: Texts, looking: Looking) -> str:
    """What stands there while there is nothing to show."""
    if looking.report is not None:
        return ""
    if looking.failed:
        return t._("No internet. It is shown once the counter is online.")
    return t._("One moment…")
