"""Owns reading server-sent events from bytes, with a bound on what one event may hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

EVENT_BYTES_MAX = 1024 * 1024


class BadStream(ValueError):
    """What arrives is not our event stream: too long, not UTF-8, or an event that does not read."""


@dataclass(frozen=True)
class SseEvent:
    """``name`` is empty for an event without one; a comment has the name ``:``."""

    name: str
    event_id: str
    data: str


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as broken:
        raise BadStream("a line is no UTF-8") from broken


class SseReader:
    """Bytes in as they arrive, whole events out. Line ends may be LF, CR LF or CR, also cut in the middle."""

    def __init__(self) -> None:
        self._rest = b""
        self._size = 0
        self._name = ""
        self._event_id = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[SseEvent]:
        """Raises BadStream."""
        text = self._rest + chunk
        lines = text.replace(b"\r\n", b"\n").split(b"\n") if not text.endswith(b"\r") else self._split_late(text)
        self._rest = lines.pop()
        if len(self._rest) > EVENT_BYTES_MAX:
            raise BadStream(f"a line of more than {EVENT_BYTES_MAX} bytes")
        for line in lines:
            for part in line.split(b"\r"):
                event = self._line(_decoded(part))
                if event is not None:
                    yield event

    @staticmethod
    def _split_late(text: bytes) -> list[bytes]:
        """The last CR may be half of a CR LF: it waits for the next chunk."""
        lines = text[:-1].replace(b"\r\n", b"\n").split(b"\n")
        lines[-1] += b"\r"
        return lines

    def _line(self, line: str) -> SseEvent | None:
        if not line:
            return self._dispatch()
        if line.startswith(":"):
            return SseEvent(":", "", line[1:].strip())
        self._size += len(line)
        if self._size > EVENT_BYTES_MAX:
            raise BadStream(f"an event of more than {EVENT_BYTES_MAX} letters")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "id":
            self._event_id = value
        elif field == "data":
            self._data.append(value)
        return None

    def _dispatch(self) -> SseEvent | None:
        name, event_id, lines = self._name, self._event_id, self._data
        self._name, self._event_id, self._data, self._size = "", "", [], 0
        return SseEvent(name, event_id, "\n".join(lines)) if name or lines else None
