"""When a job is due again: every so many minutes, or once a day at a minute of the Korean day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from rules.calendar import MINUTE_MS, local_day, moment_ms


@dataclass(frozen=True)
class Every:
    """At whole multiples of so many minutes, so that restarts do not shift it."""

    minutes: int

    def after(self, now_ms: int) -> int:
        step_ms = self.minutes * MINUTE_MS
        return (now_ms // step_ms + 1) * step_ms


@dataclass(frozen=True)
class Daily:
    """At this minute after midnight in Korea."""

    minute: int

    def after(self, now_ms: int) -> int:
        today_ms = moment_ms(local_day(now_ms), self.minute)
        return today_ms if now_ms < today_ms else moment_ms(local_day(now_ms) + timedelta(days=1), self.minute)


Schedule = Every | Daily
