"""What GET /v1/status says: the line, the queue, printers and capture in one answer (AGT-14)."""

from __future__ import annotations

from typing import Any

from agent.bootstrap import Agent
from agent.lan.api import to_json
from agent.printing.capture import capture_state
from sync import backup
from sync.snapshot import read_taken


def status_of(agent: Agent, version: str) -> dict[str, Any]:
    """``failing`` counts operations whose last way to the cloud failed; ``synced`` those that the cloud has taken."""
    link = agent.link.status()
    now_ms = agent.clock.wall_ms()
    oldest_ms = link.oldest_pending_wall_ms
    capture = capture_state(
        agent.settings.spool_folder, agent.settings.capture_file, agent.receipts.read_since, agent.clock
    )
    return {
        "online": link.online,
        "offline_since": link.offline_since_wall_ms,
        "queued": link.pending,
        "synced": agent.link.acknowledged(),
        "failing": link.pending if link.last_error else 0,
        "last_error": link.last_error,
        "needs_attention": link.needs_attention,
        "oldest_age_ms": max(now_ms - oldest_ms, 0) if oldest_ms is not None else None,
        "last_synced": link.last_synced_wall_ms,
        "printers": to_json(agent.printing.printers()),
        "capture": {
            "state": capture.word.value,
            "last_document_ms": capture.last_document_ms,
            "read_today": capture.read_today,
        },
        "snapshot": _snapshot(agent),
        "store": to_json(agent.link.store_profile()),
        "storage": _storage(agent),
        "version": version,
    }


def _snapshot(agent: Agent) -> dict[str, int] | None:
    """Of whom this counter knows what they had when; what it goes by without a line."""
    with agent.store.read() as conn:
        taken = read_taken(conn)
    return None if taken is None else {"members": taken.members, "taken": taken.wall_ms}


def _storage(agent: Agent) -> dict[str, Any]:
    """The local file: room, backups, and what happened if it ever had to be restored."""
    disk, library = agent.store.disk(), agent.store.sqlite_version
    copies = backup.existing(agent.store.folder)
    report = agent.store.restored()
    return {
        "free_bytes": disk.free_bytes,
        "nearly_full": disk.warn,
        "full": disk.full,
        "last_backup": copies[0].wall_ms if copies else None,
        "sqlite": library.text,
        "sqlite_wal_reset_bug": library.wal_reset_bug,
        "restored": None
        if report is None
        else {
            "at": report.at_wall_ms,
            "backup": report.backup_wall_ms,
            "salvaged": report.salvaged,
            "missing": [list(pair) for pair in report.missing],
            "lost": report.lost_ops,
            "waiting": report.waiting,
            "message": report.user_message,
            "message_en": report.user_message_en,
        },
    }
