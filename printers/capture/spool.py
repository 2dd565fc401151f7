"""Owns the spool folder: captured documents as files that appear at once and whole, and are taken by the agent."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from printers.capture.files import replace_file

log = logging.getLogger("capture")

SPOOL_VERSION = 1
STATUS_FILE = "capture-status.json"
SUFFIX = ".doc.json"
FILE_BYTES_MAX = 2_000_000  # a bigger file is not one of ours
LINES_MAX = 600  # rows kept of one document; the longest receipts have some hundred


class SpoolFull(OSError):
    """The document could not be written (disk full, folder gone); printing goes on all the same."""


@dataclass(frozen=True)
class CapturedDocument:
    """One printed document as the agent gets it: what was read, and its text without personal numbers.

    `reading` has the fields that `withfom decode` prints, without approval numbers. `source` is the till this capture
    stands at. `text_digest` is equal for two prints of the same text, whatever was stamped on the second.
    """

    document_id: str
    captured_wall_ms: int
    source: str
    reading: dict[str, Any]
    approval_tags: tuple[str, ...] = ()
    original_approval_tags: tuple[str, ...] = ()
    original_receipt_no: str | None = None
    text_digest: str = ""
    lines: tuple[str, ...] = field(default=())
    version: int = SPOOL_VERSION

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> CapturedDocument:
        """Raises ValueError when the text is not a captured document of a version we know."""
        try:
            found = json.loads(text)
            if found["version"] != SPOOL_VERSION:
                raise ValueError(f"captured document of version {found['version']}")
            return CapturedDocument(
                document_id=_text(found["document_id"]),
                captured_wall_ms=_whole(found["captured_wall_ms"]),
                source=_text(found["source"]),
                reading=_reading(found["reading"]),
                approval_tags=_texts(found["approval_tags"]),
                original_approval_tags=_texts(found["original_approval_tags"]),
                original_receipt_no=_text_or_none(found["original_receipt_no"]),
                text_digest=_text(found["text_digest"]),
                lines=_texts(found["lines"]),
            )
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"not a captured document: {error}") from error


def write(folder: Path, document: CapturedDocument) -> Path:
    """Hand a document over, durably. Raises SpoolFull; nothing is left behind then."""
    name = f"{max(document.captured_wall_ms, 0):015d}-{document.document_id}{SUFFIX}"
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, document.to_json().encode(), durable=True)
    except OSError as error:
        raise SpoolFull(error.errno, f"cannot write {name}: {error.strerror}") from error
    return path


def pending(folder: Path) -> list[Path]:
    """Documents that wait, oldest first. An absent folder has none."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX) and path.name[0] != ".")
    except (FileNotFoundError, NotADirectoryError):
        return []


def load(path: Path) -> CapturedDocument | None:
    """The document in a file; None when it is damaged, and then it is set aside as `.bad` for support.

    Raises FileNotFoundError when somebody else has taken it, OSError when the disk fails.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ValueError("file too large")
        return CapturedDocument.from_json(path.read_bytes().decode())
    except ValueError as error:  # also what is not UTF-8 or not JSON
        path.replace(path.with_name(path.name + ".bad"))
        log.warning("spool_file_damaged name=%s reason=%s", path.name, type(error).__name__)
        return None


def done(path: Path) -> None:
    """The document is booked; its file goes. Twice is fine."""
    path.unlink(missing_ok=True)


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("text expected")
    return found


def _text_or_none(found: object) -> str | None:
    return None if found is None else _text(found)


def _whole(found: object) -> int:
    if isinstance(found, bool) or not isinstance(found, int):
        raise TypeError("whole number expected")
    return found


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise TypeError("list expected")
    return tuple(_text(item) for item in found)


def _reading(found: object) -> dict[str, Any]:
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
        raise TypeError("reading expected")
    return found
