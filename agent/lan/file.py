"""Owns <data>/lan.json: how local tools find the running agent. Imports nothing heavy: `withfom status` uses it."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE_NAME = "lan.json"


def write_lan_file(folder: Path, *, port: int, token: str) -> None:
    """Readable by this user only, complete or not there at all."""
    path = folder / FILE_NAME
    scratch = folder / f".{FILE_NAME}.{os.getpid()}"
    body = json.dumps({"port": port, "token": token, "pid": os.getpid()})
    scratch.unlink(missing_ok=True)
    with open(scratch, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(body)
    scratch.replace(path)


def read_lan_file(folder: Path) -> tuple[int, str] | None:
    """(port, token) of the agent of this folder; None when there is none."""
    try:
        found = json.loads((folder / FILE_NAME).read_text("utf-8"))
        return int(found["port"]), str(found["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_lan_file(folder: Path) -> None:
    """A tool that finds none knows that no agent runs."""
    (folder / FILE_NAME).unlink(missing_ok=True)
