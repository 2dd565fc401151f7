"""Owns making a new store out of the newest readable backup and whatever the damaged file still tells."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sync import backup, renewal
from sync import migrations as schema
from sync.backup import Backup
from sync.clock import Clock
from sync.errors import StoreDamaged, StoreTooNew
from sync.meta import set_meta
from sync.outbox import SERVER_TIME
from sync.profile import IDENTITY, POLICY, STORE_PROFILE, Identity, read_identity
from sync.restored import KEY, RestoreReport, ranges_of
from sync.salvage import COLUMNS, Salvage, salvage
from sync.snapshot import Why, ask_for
from sync.sqlite_errors import translated_errors

log = logging.getLogger("sync")

_KEPT_META = (IDENTITY, STORE_PROFILE, POLICY, SERVER_TIME, KEY)


def rebuild(
    draft: Path,
    damaged: Path | None,
    known: Sequence[schema.Migration],
    clock: Clock,
    reason: str,
    *,
    aside: str | None,
) -> RestoreReport:
    """Writes a whole store to ``draft``; ``damaged`` is only read. Raises StoreFull, StoreReadOnly, StoreUnreadable."""
    found = salvage(damaged) if damaged is not None else Salvage()
    base = _copy_newest(draft, known)
    with translated_errors(), contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        conn.execute("PRAGMA journal_mode = DELETE")
        schema.migrate(conn, known)
        conn.execute("BEGIN IMMEDIATE")
        report = _fill(conn, base, found, RestoreReport(clock.wall_ms(), reason, aside=aside))
        conn.execute("COMMIT")
    backup.check(draft, known)
    log.info(
        "store_rebuilt backup=%s salvaged=%s missing=%s unreadable=%s",
        *(report.backup, report.salvaged, report.missing, report.unreadable),
    )
    return report


def _copy_newest(draft: Path, known: Sequence[schema.Migration]) -> Backup | None:
    """The newest copy that is sound and that this program can read."""
    for candidate in backup.existing(draft.parent):
        try:
            backup.check(candidate.path, known)
            with translated_errors(), backup.opened(candidate.path) as conn:
                schema.check_not_newer(conn, known)
                backup.copy(conn, draft)
        except (StoreDamaged, StoreTooNew) as unusable:
            log.warning("backup_not_usable file=%s error=%s", candidate.path.name, unusable)
            draft.unlink(missing_ok=True)
            continue
        return candidate
    return None


def _fill(conn: sqlite3.Connection, base: Backup | None, found: Salvage, report: RestoreReport) -> RestoreReport:
    if base is None:
        _keep_meta(conn, found)
    identity = read_identity(conn)
    before = {tuple(row) for row in conn.execute("SELECT device_id, epoch, seq FROM outbox")}
    ends = {(row[0], row[1]): int(row[2]) for row in conn.execute("SELECT device_id, epoch, last_seq FROM outbox_head")}
    unsent = history = 0
    for row in found.ops:
        if _insert(conn, row):
            waits = row["status"] in ("pending", "forked")
            unsent, history = unsent + waits, history + (not waits)
    report = replace(report, salvaged=unsent, history=history, unreadable=found.unreadable)
    if base is not None:
        report = replace(report, backup=base.path.name, backup_wall_ms=base.wall_ms)
        _forget_what_passed(conn)
    if identity is None:
        report = replace(report, end_known=False)
    else:
        report = _name_the_gap(report, identity.device_id, before, ends, found)
    _raise_heads(conn, found)
    ask_for(conn, Why.REBUILT if base is not None else Why.ENROLLED)
    return renewal.begin(conn, report)


def _keep_meta(conn: sqlite3.Connection, found: Salvage) -> None:
    """Who we are, from the damaged file, when no backup says it. Only if it reads as what it must be."""
    try:
        Identity(**json.loads(found.meta[IDENTITY]))
    except (KeyError, TypeError, ValueError):
        return
    for key in _KEPT_META:
        text = found.meta.get(key)
        with contextlib.suppress(ValueError):
            if text is not None:
                json.loads(text)
                set_meta(conn, key, text)


def _insert(conn: sqlite3.Connection, row: dict[str, object]) -> bool:
    """Whether the operation was not known from the backup. What the backup has was checked; it stays as it is."""
    names, marks = ", ".join(COLUMNS), ", ".join("?" for _ in COLUMNS)
    done = conn.execute(f"INSERT OR IGNORE INTO outbox ({names}) VALUES ({marks})", [row[name] for name in COLUMNS])
    return done.rowcount == 1


def _forget_what_passed(conn: sqlite3.Connection) -> None:
    """What was under way at the time of the backup is over: no slip comes out twice, no number meets a later sale."""
    conn.execute(
        "UPDATE print_job SET state = 'unknown', last_error = 'interrupted' WHERE state IN ('queued', 'printing')"
    )
    conn.execute("UPDATE phone_entry SET state = 'expired' WHERE state IN ('open', 'waiting')")


def _name_the_gap(
    report: RestoreReport,
    device_id: str,
    before: set[tuple[object, ...]],
    ends: dict[tuple[str, int], int],
    found: Salvage,
) -> RestoreReport:
    """Which numbers of the newest chain neither file had."""
    chains = {(one, epoch) for one, epoch in (*ends, *found.heads) if one == device_id}
    chains |= {(device_id, row["epoch"]) for row in found.ops if row["device_id"] == device_id}
    if not chains:
        return replace(report, end_known=False)
    newest = max(chains)
    there = {int(str(key[2])) for key in before if key[:2] == newest}
    there |= {row["seq"] for row in found.ops if (row["device_id"], row["epoch"]) == newest}
    start = ends.get(newest, min(there, default=1) - 1 if there else 0)
    head = found.heads.get(newest)
    end = max([start, *there, *([head[0]] if head else [])])
    missing = ranges_of(number for number in range(start + 1, end + 1) if number not in there)
    return replace(report, missing=missing, end_known=head is not None, epoch=newest[1])


def _raise_heads(conn: sqlite3.Connection, found: Salvage) -> None:
    """No number of any chain that anybody remembers is given out again."""
    ends = [(*chain, *end) for chain, end in found.heads.items()]
    ends += [(row["device_id"], row["epoch"], row["seq"], row["hash"]) for row in found.ops]
    conn.executemany(
        "INSERT INTO outbox_head (device_id, epoch, last_seq, last_hash) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (device_id, epoch) DO UPDATE SET last_seq = excluded.last_seq,"
        " last_hash = excluded.last_hash WHERE excluded.last_seq > outbox_head.last_seq",
        ends,
    )
