"""Named topics, key=value lines and the rotating log file. Phone numbers appear masked or not at all (NFR-08)."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

from rules.calendar import local_time

LOG_BYTES_MAX = 2_000_000  # one file; a busy day writes about a tenth of it
LOG_FILES_KEPT = 5
_PREFIX = "withfom."


class Topic:
    """One named topic. Events are past tense, fields are key=value."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(_PREFIX + name)

    def event(self, event: str, **fields: object) -> None:
        if self._logger.isEnabledFor(logging.INFO):
            self._logger.info("%s", _line(event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self._logger.warning("%s", _line(event, fields))

    def failure(self, event: str, **fields: object) -> None:
        """An unexpected error, with its stack trace in the file."""
        self._logger.error("%s", _line(event, fields), exc_info=True)


def topic(name: str) -> Topic:
    """sync, print, capture, approval, earn, ui, lan, agent."""
    return Topic(name)


def _line(event: str, fields: dict[str, object]) -> str:
    return " ".join([event, *(f"{key}={_value(value)}" for key, value in fields.items())])


def _value(value: object) -> str:
    text = str(value)
    return text if text and not any(ch in text for ch in ' "=\n') else '"' + text.replace('"', "'") + '"'


class _SeoulFormatter(logging.Formatter):
    """Times of the shop's land, whatever zone the computer is set to (NFR-08)."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802
        return local_time(int(record.created * 1000)).isoformat(timespec="milliseconds")


def open_log(folder: Path, name: str) -> Path:
    """Write everything from INFO up to ``<folder>/<name>.log``; answers the file. Call once per process."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    writer = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES_MAX, backupCount=LOG_FILES_KEPT, encoding="utf-8"
    )
    writer.setFormatter(_SeoulFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(writer)
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "waitress", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return path
