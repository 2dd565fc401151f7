"""The little of IPP (RFC 8010, 8011) that a print queue needs: requests out, attributes back, over HTTP.

Talks to the CUPS of this computer over its socket file or port 631. No names are looked up beyond those.
"""

from __future__ import annotations

import http.client
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

Value = str | int | bool
Attributes = dict[str, list[Value]]

CUPS_SOCKET: Final = Path("/run/cups/cups.sock")
CUPS_PORT: Final = 631
TIMEOUT_S: Final = 5.0
ANSWER_BYTES_MAX: Final = 4_000_000

PRINT_JOB, GET_JOB, CANCEL_JOB, GET_PRINTER, GET_PRINTERS = 0x0002, 0x0009, 0x0008, 0x000B, 0x4002
_OPERATION, _JOB, _END, _PRINTER = 0x01, 0x02, 0x03, 0x04
_INTEGER, _BOOLEAN, _ENUM = 0x21, 0x22, 0x23
_NAME, _KEYWORD, _URI, _CHARSET, _LANGUAGE, _MIME = 0x42, 0x44, 0x45, 0x47, 0x48, 0x49
_TEXTS: Final = frozenset({0x41, _NAME, _KEYWORD, _URI, 0x46, _CHARSET, _LANGUAGE, _MIME})
_TAG_OF: Final = {
    "printer-uri": _URI,
    "job-name": _NAME,
    "requesting-user-name": _NAME,
    "document-format": _MIME,
    "requested-attributes": _KEYWORD,
}


class IppUnreachable(Exception):
    """There is no print server, or it does not speak IPP."""


@dataclass(frozen=True)
class IppAnswer:
    """`status` below 0x0100 is success. One attribute group per object: printers or jobs, in order."""

    status: int
    objects: list[Attributes] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.status < 0x0100

    def first(self, name: str) -> Value | None:
        """The first value of this name in the first object that has it."""
        return next((found[name][0] for found in self.objects if found.get(name)), None)

    def all(self, name: str) -> list[Value]:
        return [value for found in self.objects for value in found.get(name, [])]


@dataclass(frozen=True)
class IppServer:
    """Where the print server listens: a socket file, or a host and port."""

    socket_file: Path | None = None
    host: str = "localhost"
    port: int = CUPS_PORT

    @staticmethod
    def of_this_computer() -> IppServer:
        return IppServer(CUPS_SOCKET) if CUPS_SOCKET.is_socket() else IppServer()

    def ask(
        self,
        operation: int,
        path: str,
        attributes: Sequence[tuple[str, Value | Sequence[str]]],
        payload: bytes = b"",
    ) -> IppAnswer:
        """Raises IppUnreachable. The answer may still say no."""
        body = request(operation, attributes) + payload
        connection = _Connection(self)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/ipp"})
            answer = connection.getresponse()
            content = answer.read(ANSWER_BYTES_MAX)
        except (OSError, http.client.HTTPException) as problem:
            raise IppUnreachable(type(problem).__name__) from problem
        finally:
            connection.close()
        if answer.status != 200:
            raise IppUnreachable(f"HTTP {answer.status}")
        return read_answer(content)


class _Connection(http.client.HTTPConnection):
    """HTTP over the print server's socket file, where there is one."""

    def __init__(self, server: IppServer) -> None:
        super().__init__("localhost" if server.socket_file else server.host, server.port, timeout=TIMEOUT_S)
        self._server = server

    def connect(self) -> None:
        if self._server.socket_file is None:
            super().connect()
            return
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(TIMEOUT_S)
        link.connect(str(self._server.socket_file))
        self.sock = link


def request(operation: int, attributes: Sequence[tuple[str, Value | Sequence[str]]]) -> bytes:
    """The bytes of a request; what every request starts with is put before `attributes`."""
    out = bytearray(struct.pack(">BBHI", 2, 0, operation, 1))
    out.append(_OPERATION)
    out += _attribute(_CHARSET, "attributes-charset", "utf-8")
    out += _attribute(_LANGUAGE, "attributes-natural-language", "en")
    for name, value in attributes:
        if isinstance(value, int):
            out += struct.pack(">BH", _INTEGER, len(name)) + name.encode() + struct.pack(">Hi", 4, value)
            continue
        values = [value] if isinstance(value, str) else list(value)
        for place, text in enumerate(values):
            out += _attribute(_TAG_OF[name], "" if place else name, text)
    out.append(_END)
    return bytes(out)


def _attribute(tag: int, name: str, text: str) -> bytes:
    content = text.encode("utf-8")
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(content)) + content


def read_answer(content: bytes) -> IppAnswer:
    """Raises IppUnreachable for what is no IPP."""
    try:
        _version, status, _request = struct.unpack_from(">HHI", content)
        answer = IppAnswer(status)
        at, name = 8, ""
        while content[at] != _END:
            if content[at] < 0x10:  # a group begins
                if content[at] in (_JOB, _PRINTER):
                    answer.objects.append({})
                at += 1
                continue
            tag = content[at]
            (length,) = struct.unpack_from(">H", content, at + 1)
            name = content[at + 3 : at + 3 + length].decode("utf-8") if length else name
            at += 3 + length
            (length,) = struct.unpack_from(">H", content, at)
            raw = content[at + 2 : at + 2 + length]
            at += 2 + length
            if answer.objects:
                answer.objects[-1].setdefault(name, []).append(_value(tag, raw))
    except (struct.error, IndexError, UnicodeDecodeError) as problem:
        raise IppUnreachable("not IPP") from problem
    return answer


def _value(tag: int, raw: bytes) -> Value:
    if tag in (_INTEGER, _ENUM) and len(raw) == 4:
        return int.from_bytes(raw, "big", signed=True)
    if tag == _BOOLEAN:
        return raw != b"\x00"
    return raw.decode("utf-8") if tag in _TEXTS else raw.decode("utf-8", "replace")
