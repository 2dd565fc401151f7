"""Remembers, for our own slips, what the POS has set in the printer: a file beside the captured documents.

A slip of ours that is printed between two documents restores exactly this (printers.encode, `left_by_pos`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from printers.capture.files import replace_file
from printers.state import POWER_ON, StreamState, after_tokens
from printers.stream.tokenizer import Token

log = logging.getLogger("capture")

SHADOW_FILE = "printer-state.json"


def load_shadow(folder: Path) -> StreamState:
    """The modes the POS has left behind; those of a printer just switched on when nothing is known."""
    try:
        found = json.loads((folder / SHADOW_FILE).read_text(encoding="utf-8"))
        kinds = {field.name: type(getattr(POWER_ON, field.name)) for field in fields(StreamState)}
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}
        for name, value in known.items():
            whole = isinstance(value, int) or value is None
            if name not in kinds or not (whole or kinds[name] is tuple):
                return POWER_ON
        return StreamState(**known)
    except (OSError, ValueError, TypeError, AttributeError):
        return POWER_ON


class Shadow:
    """The state of one printer, kept from the tokens of all its sessions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved = self.state = load_shadow(folder)

    def watch(self, tokens: Iterable[Token]) -> None:
        self.state = after_tokens(self.state, tokens)

    def save(self) -> None:
        """Write it down when it has changed. A full disk is survived: the next change tries again."""
        if self.state == self._saved:
            return
        try:
            content = json.dumps(asdict(self.state)).encode()
            replace_file(self._folder / SHADOW_FILE, content, durable=False)
            self._saved = self.state
        except OSError as error:
            log.warning("shadow_not_written error=%s", error)
            self._saved = self.state  # said once, not at every tick
