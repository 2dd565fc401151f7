"""Owns what the cloud tells of this store's rewards: asked for when somebody looks, kept for when the line is down.

Rules: CPN-21, CPN-22, CPN-31, STP-22 (read-only without a line, with the time of the figures).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from agent.logbook import topic
from sync.clock import Clock
from sync.outcomes import TellOutcome, Told
from sync.store import Store

USES, BOARDS = "reward-uses", "rewards"
_FIELDS = {USES: {"rows", "page", "pages", "coupons"}, BOARDS: {"days", "coupons", "points", "stamps", "card"}}
KEPT_MAX = 24  # pages that somebody looked at lately
log = topic("rewards")


@dataclass(frozen=True)
class Report:
    """What the cloud said, and when by this counter's clock."""

    fields: dict[str, Any]
    at_ms: int


class ReportPort(Protocol):
    """The line to the cloud (sync.transport.HttpTransport)."""

    def read_report(self, name: str, params: Mapping[str, str]) -> TellOutcome: ...


class RewardReports:
    """Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        online: Callable[[], bool],
        run: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._store, self._clock, self._online = store, clock, online
        self._run = run or _on_a_thread
        self._port: ReportPort | None = None

    def attach(self, port: ReportPort | None) -> None:
        """The line to the cloud was started, or ended."""
        self._port = port

    def known(self, name: str, params: Mapping[str, str]) -> Report | None:
        """The last answer to this question; None when it was never asked here, or too long ago."""
        with self._store.read() as conn:
            query = "SELECT body, at_ms FROM report_kept WHERE name = ?"
            row = conn.execute(query, (_key(name, params),)).fetchone()
        return None if row is None else Report(json.loads(row[0]), int(row[1]))

    def ask(self, name: str, params: Mapping[str, str], done: Callable[[Report | None], None]) -> None:
        """Asks the cloud; ``done`` gets its answer, or None without one, perhaps on another thread."""

        def read() -> None:
            done(self._ask(name, params))

        self._run(read)

    def _ask(self, name: str, params: Mapping[str, str]) -> Report | None:
        port = self._port
        if port is None or not self._online():
            return None
        answer = port.read_report(name, params)
        if not isinstance(answer, Told) or not answer.fields.keys() >= _FIELDS[name]:
            # A captive portal answers 200 as well.
            log.event("report_not_read", report=name, why=type(answer).__name__)
            return None
        report = Report(answer.fields, self._clock.wall_ms())
        with self._store.transaction() as conn:
            conn.execute(
                "INSERT INTO report_kept (name, body, at_ms) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET body = excluded.body, at_ms = excluded.at_ms",
                (_key(name, params), json.dumps(report.fields, ensure_ascii=False), report.at_ms),
            )
            conn.execute(
                "DELETE FROM report_kept WHERE name NOT IN"
                " (SELECT name FROM report_kept ORDER BY at_ms DESC, name LIMIT ?)",
                (KEPT_MAX,),
            )
        return report


def _key(name: str, params: Mapping[str, str]) -> str:
    return f"{name}?{urlencode(sorted(params.items()))}"


def _on_a_thread(job: Callable[[], None]) -> None:
    threading.Thread(target=job, name="report", daemon=True).start()
