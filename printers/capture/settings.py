"""Owns the file in which a shop keeps how its capture runs: read and replaced whole, never half."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from printers.capture.ends import Address
from printers.capture.files import replace_file
from printers.capture.named import parse_entrance, parse_networks, parse_printer
from printers.capture.serial_side import SerialPort

VERSION: Final = 1
TILL_LETTERS_MAX: Final = 20
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1", *_EVERYWHERE})


class Problem(StrEnum):
    """Why settings cannot be served."""

    LISTEN = "listen"
    PRINTER = "printer"
    CIRCLE = "circle"  # the printer is the capture itself: every byte would come back for ever
    ALLOW = "allow"
    TILL = "till"


class Unread(StrEnum):
    """Why a settings file says nothing."""

    MISSING = "missing"
    BROKEN = "broken"
    NEWER = "newer"  # a later version of the program wrote it; it must not be replaced by this one


@dataclass(frozen=True)
class CaptureSettings:
    """The words of `withfom capture`. `on` is False where a shop has switched its capture off; `kind` is what the
    counter's page noted about the way the POS prints, and `program` the version that wrote the file: a newer one
    changes it, so that a capture that has run for weeks begins anew with the program that is installed now."""

    listen: str
    printer: str
    till: str = "1"
    allow: tuple[str, ...] = ()
    on: bool = True
    kind: str = ""
    program: str = ""

    def problem(self, own_hosts: Collection[str] = ()) -> Problem | None:
        """The first thing that is wrong; `own_hosts` are further addresses of this machine."""
        entrance, printer = parse_entrance(self.listen), parse_printer(self.printer)
        if entrance is None:
            return Problem.LISTEN
        if printer is None:
            return Problem.PRINTER
        if isinstance(printer, Address | SerialPort) and _meet(entrance, printer, own_hosts):
            return Problem.CIRCLE
        if isinstance(parse_networks(self.allow), str):
            return Problem.ALLOW
        if not self.till.strip() or len(self.till) > TILL_LETTERS_MAX or not self.till.isprintable():
            return Problem.TILL
        return None


def _meet(entrance: Address | SerialPort, printer: Address | SerialPort, own_hosts: Collection[str]) -> bool:
    if isinstance(entrance, SerialPort) or isinstance(printer, SerialPort):
        return isinstance(entrance, SerialPort) and isinstance(printer, SerialPort) and entrance.port == printer.port
    if entrance.port != printer.port:
        return False
    here = _THIS_MACHINE | set(own_hosts) if entrance.host in _EVERYWHERE else {entrance.host}
    return printer.host in here or {entrance.host, printer.host} <= _THIS_MACHINE


def read_settings(path: Path) -> CaptureSettings | Unread:
    """What the file says; whether it can be served is `problem`'s question."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Unread.MISSING
    except (OSError, ValueError):
        return Unread.BROKEN
    if not isinstance(found, dict) or not isinstance(found.get("version"), int):
        return Unread.BROKEN
    return Unread.NEWER if found["version"] > VERSION else _settings(found)


def _settings(found: dict[str, Any]) -> CaptureSettings | Unread:
    words = [found.get(name) for name in ("listen", "printer", "till")]
    allow, on = found.get("allow"), found.get("on")
    if not all(isinstance(word, str) for word in words) or not isinstance(on, bool):
        return Unread.BROKEN
    if not isinstance(allow, list) or not all(isinstance(network, str) for network in allow):
        return Unread.BROKEN
    listen, printer, till = (str(word) for word in words)
    return CaptureSettings(
        listen, printer, till, tuple(allow), on, str(found.get("kind", "")), str(found.get("program", ""))
    )


def write_settings(path: Path, settings: CaptureSettings) -> None:
    """Replace the file; it survives a power cut. Raises OSError, and the old file stays then."""
    text = json.dumps({"version": VERSION, **asdict(settings)}, ensure_ascii=False, indent=1)
    replace_file(path, f"{text}\n".encode(), durable=True)
