"""Owns how long this device keeps what it does not need any more, and its purging in small steps (AGT-13).

Time is the cloud's, as it last told us: a wall clock set wrong purges nothing, and neither does a device that is
offline. The queue of operations has its own rule (sync.outbox.purge).
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.requests import OPEN_STATES
from sync import outbox, uploads
from sync.clock import Clock
from sync.snapshot import UNFINISHED_ORDERS

if TYPE_CHECKING:
    from sync.store import Store

log = logging.getLogger("sync")

DAY_MS = 86_400_000
CLOCK_BEHIND_MS = 3_600_000
ROWS_A_STEP = 200  # a few milliseconds, so that nobody at the counter notices
# Tables without a row number.
_KEYS = {"phone_entry": "entry_id", "earn": "earn_id", "paper_coupon": "coupon_id", "report_kept": "name"}
_OPEN = ", ".join(f"'{state.value}'" for state in sorted(OPEN_STATES))
_UNFINISHED = ", ".join(f"'{state}'" for state in UNFINISHED_ORDERS)
_UNSENT = "EXISTS (SELECT 1 FROM outbox WHERE outbox.op_id = {0}.op_id AND status IN ('pending', 'forked'))"
_UNSENT_EARN = f"EXISTS (SELECT 1 FROM earn WHERE earn.earn_id = document.earn_id AND {_UNSENT.format('earn')})"
# The newest document stays: its row number is the end of what was uploaded, and must not be given out again.
_OLD_DOCUMENT = (
    "captured_ms < :before AND outcome <> 'waiting' AND rowid <= :uploaded"
    f" AND rowid < (SELECT max(rowid) FROM document) AND NOT {_UNSENT_EARN}"
)


@dataclass(frozen=True)
class Rule:
    """Rows of ``table`` that fit ``where`` go after ``keep_ms``; with ``forget`` only those columns do."""

    table: str
    keep_ms: int
    where: str
    why: str
    forget: str | None = None

    @property
    def sql(self) -> str:
        key = _KEYS.get(self.table, "rowid")
        chosen = f"WHERE {key} IN (SELECT {key} FROM {self.table} WHERE {self.where} LIMIT :most)"
        return (
            f"UPDATE {self.table} SET {self.forget} {chosen}" if self.forget else f"DELETE FROM {self.table} {chosen}"
        )


RULES = (
    Rule(
        "phone_entry",
        DAY_MS,
        "opened_ms < :before AND state <> 'waiting'",
        "its number left with its end; the limit of entries looks back ten minutes, the screens a day",
    ),
    Rule(
        "document",
        14 * DAY_MS,
        f"lines_json <> '[]' AND {_OLD_DOCUMENT}",
        "the text is for questions of the same days; the cloud has it redacted for ninety",
        forget="lines_json = '[]'",
    ),
    Rule(
        "print_job",
        14 * DAY_MS,
        "created_ms < :before AND state NOT IN ('queued', 'printing')",
        "nobody prints a slip again after two weeks, and it may name a customer",
    ),
    Rule(
        "paper_coupon",
        14 * DAY_MS,
        "issued_ms < :before",
        "who wants it on paper says so within days; the coupon itself is the cloud's",
    ),
    Rule(
        "report_kept",
        14 * DAY_MS,
        "at_ms < :before",
        "older figures mislead more than they tell, and their names are customers'",
    ),
    Rule(
        "request",
        30 * DAY_MS,
        f"coalesce(decided_ms, created_ms) < :before AND state NOT IN ({_OPEN}) AND local_decision IS NULL",
        "taking an approval back is a matter of days; the cloud keeps the whole story",
    ),
    Rule(
        "spend",
        30 * DAY_MS,
        "created_ms < :before AND (state <> 'open' OR snapshot_ms IS NULL) AND (op_id IS NULL OR settled = 1)"
        f" AND NOT {_UNSENT.format('spend')}",
        "its day's quota is over, and so is what its customer may still ask at the counter",
    ),
    Rule(
        "customer_order",
        92 * DAY_MS,
        f"created_ms < :before AND state NOT IN ({_UNFINISHED})",
        "the list of orders is searched by day within a season",
    ),
    Rule(
        "document",
        92 * DAY_MS,
        _OLD_DOCUMENT,
        "as long as a cancel slip looks for its sale here first; for older ones the cloud finds it",
    ),
    Rule(
        "earn",
        92 * DAY_MS,
        f"created_ms < :before AND status <> 'provisional' AND NOT {_UNSENT.format('earn')}",
        "goes with its document",
    ),
    Rule(
        "reversal",
        92 * DAY_MS,
        f"created_ms < :before AND NOT {_UNSENT.format('reversal')}",
        "as long as the same cancel slip may be printed again",
    ),
)


def purge_step(store: Store, clock: Clock) -> int:
    """One small transaction a rule; how many rows went or were blanked. Called again soon when there may be more.

    Nothing while our own clock is behind the cloud's: what is on a screen now would look years old.
    """
    with store.read() as conn:
        now_ms = outbox.heard_ms(conn)
        uploaded = uploads.document_sent(conn)
        if clock.wall_ms() < now_ms - CLOCK_BEHIND_MS:
            return 0
        due = [rule for rule in RULES if _finds(conn, rule, now_ms, uploaded)]
    gone = 0
    for rule in due:
        with store.transaction() as conn:
            gone += conn.execute(rule.sql, _values(rule, now_ms, uploaded)).rowcount
    if gone:
        log.info("purged rows=%s", gone)
    return gone


def _finds(conn: sqlite3.Connection, rule: Rule, now_ms: int, uploaded: int) -> bool:
    """Asked without a write lock, because nearly always the answer is no."""
    values = _values(rule, now_ms, uploaded)
    found = conn.execute(f"SELECT EXISTS (SELECT 1 FROM {rule.table} WHERE {rule.where} LIMIT :most)", values)
    return bool(found.fetchone()[0])


def _values(rule: Rule, now_ms: int, uploaded: int) -> dict[str, int]:
    return {"before": now_ms - rule.keep_ms, "uploaded": uploaded, "most": ROWS_A_STEP}
