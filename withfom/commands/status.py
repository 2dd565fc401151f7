"""``withfom status``: asks the running agent how it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

ANSWER_S = 5.0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "status",
        help="실행 중인 에이전트의 상태 · how the running agent is",
        description="실행 중인 에이전트에게 상태를 물어봐요. Asks the running agent for its state.",
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="에이전트의 폴더 · the agent's folder; its usual place when left out"
    )
    parser.add_argument("--json", action="store_true", help="모두 JSON으로 · everything, as JSON")


def run(args: argparse.Namespace) -> int:
    from agent.lan.file import read_lan_file
    from agent.launch import default_folder

    folder: Path = args.folder or default_folder()
    found = read_lan_file(folder)
    status = _ask(*found) if found is not None else None
    if status is None:
        print(f"실행 중인 에이전트가 없어요: {folder} (다른 폴더는 --folder로 알려 주세요)", file=sys.stderr)
        print(f"No agent is running on this folder: {folder} (name another with --folder)", file=sys.stderr)
        return 1
    print(_as_json(status) if args.json else _as_text(status))
    return 0


def _ask(port: int, token: str) -> dict[str, Any] | None:
    """The agent's answer; None when nobody answers there, or somebody else does."""
    import http.client
    import json

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/v1/status", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        return found if answer.status == 200 and isinstance(found, dict) else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _as_json(status: dict[str, Any]) -> str:
    import json

    return json.dumps(status, ensure_ascii=False, indent=2)


def _as_text(status: dict[str, Any]) -> str:
    store = status["store"] or {}
    line = "온라인 · online" if status["online"] else "오프라인 · offline"
    rows = [
        ("매장 · store", store.get("name") or "-"),
        ("연결 · link", line),
        ("대기 · waiting", status["queued"]),
        ("전송됨 · synced", status["synced"]),
        ("확인 필요 · needs attention", status["needs_attention"]),
        *_storage_rows(status.get("storage") or {}),
        *((f"프린터 · printer {one['name']}", one["status"]) for one in status["printers"]),
        ("버전 · version", status["version"]),
    ]
    return "\n".join(f"{name}: {value}" for name, value in rows)


def _storage_rows(storage: dict[str, Any]) -> list[tuple[str, Any]]:
    """What there is to say about the local file; an agent of an earlier version says nothing."""
    if not storage:
        return []
    free = storage["free_bytes"]
    room = "-" if free is None else f"{free // 1_000_000} MB"
    if storage["full"]:
        room += " (가득 참 · full)"
    elif storage["nearly_full"]:
        room += " (부족 · low)"
    guard = " (WAL-reset bug, guarded by one writer)" if storage["sqlite_wal_reset_bug"] else ""
    rows: list[tuple[str, Any]] = [
        ("저장 공간 · disk", room),
        ("최근 백업 · last backup", _when(storage["last_backup"])),
        ("SQLite", storage["sqlite"] + guard),
    ]
    if storage["restored"] is not None:
        rows.append(("복구 · restored", f"{_when(storage['restored']['at'])} {storage['restored']['message']}"))
        rows.append(("", storage["restored"]["message_en"]))
    return rows


def _when(wall_ms: int | None) -> str:
    from rules.calendar import local_time

    return "-" if wall_ms is None else f"{local_time(wall_ms):%Y-%m-%d %H:%M}"
