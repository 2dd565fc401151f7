"""Owns the watch over our own log: an unexpected warning is a finding."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

OUR_FOLDERS = ("rules", "sync", "printers", "agent", "cloud_api", "withfom", "demo", "simulation")


class _Collector(logging.Handler):
    def __init__(self, root: Path) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[logging.LogRecord] = []
        self._ours = tuple(str(root / folder) for folder in OUR_FOLDERS)

    def emit(self, record: logging.LogRecord) -> None:
        if record.pathname.startswith(self._ours):
            self.seen.append(record)


@contextmanager
def watching(root: Path) -> Iterator[list[logging.LogRecord]]:
    """Collects warnings and errors logged from our folders, on every thread, while the block runs."""
    collector = _Collector(root)
    top = logging.getLogger()
    top.addHandler(collector)
    try:
        yield collector.seen
    finally:
        top.removeHandler(collector)


def unexpected(seen: Sequence[logging.LogRecord], expected: Sequence[str]) -> list[str]:
    """The records no pattern announced, as lines to print."""
    return [
        f"{record.levelname} {record.name}: {record.getMessage()} ({Path(record.pathname).name}:{record.lineno})"
        for record in seen
        if not any(re.search(pattern, record.getMessage()) for pattern in expected)
    ]
