"""Owns the rule that a test talks to this machine only."""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

refused: list[str] = []
_MARK = "_asks_for_loopback"


class NetworkRefused(RuntimeError):
    """A test tried to reach another machine."""


def is_loopback(host: object) -> bool:
    """Whether a host as given to a socket call is this machine (no name is looked up to find out)."""
    if host is None:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if text in {"", "localhost", "0.0.0.0", "::"}:  # the wildcard addresses are for listening
        return True
    try:
        return ipaddress.ip_address(text.split("%")[0]).is_loopback
    except ValueError:
        return False


def install_guard() -> None:
    """Refuses every other address for the rest of this Python, before a packet leaves.

    The ways out are wrapped: an audit hook would see them too, but Python calls it for everything (every ``id()``,
    every import), which costs each test a twentieth of its time.
    """
    for name in ("connect", "connect_ex", "sendto"):
        _wrap(socket.socket, name, lambda arguments: _host_of(arguments[-1]))
    _wrap(socket.socket, "sendmsg", lambda arguments: _host_of(arguments[4]) if len(arguments) > 4 else None)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        _wrap(socket, name, lambda arguments: arguments[0])


def _host_of(address: object) -> object:
    """The machine in the address of a socket call; a Unix socket's path is on this one."""
    return address[0] if isinstance(address, tuple) else None


def _can_be_sent(host: object) -> bool:
    """Whether this is a name at all; Python refuses any other itself, which a test may want to see."""
    if isinstance(host, str):
        try:
            host.encode("idna")
        except UnicodeError:
            return False
    return True


def _wrap(owner: Any, name: str, host_of: Callable[[tuple[Any, ...]], object]) -> None:
    real = getattr(owner, name, None)  # sendmsg is missing on Windows
    if real is None or hasattr(real, _MARK):
        return

    @functools.wraps(real)
    def guarded(*arguments: Any, **named: Any) -> Any:
        host = named["host"] if "host" in named else host_of(arguments)
        if not is_loopback(host) and _can_be_sent(host):
            refused.append(f"{name} {host!r}")
            raise NetworkRefused(f"{name} {host!r}: tests may only use loopback")
        return real(*arguments, **named)

    setattr(guarded, _MARK, True)
    setattr(owner, name, guarded)
