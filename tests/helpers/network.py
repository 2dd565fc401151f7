"""Owns the rule that a test talks to this machine only."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

refused: list[str] = []
_installed = False
_WATCHED = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})


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


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _WATCHED:
        return
    target = arguments[0] if event in {"socket.getaddrinfo", "socket.gethostbyname"} else arguments[1]
    host = target[0] if isinstance(target, tuple) else target
    if isinstance(target, str | bytes) and event in {"socket.connect", "socket.sendto"}:
        return  # a unix socket's path
    if not is_loopback(host):
        refused.append(f"{event} {target!r}")
        raise NetworkRefused(f"{event} {target!r}: tests may only use loopback")


def install_guard() -> None:
    """Refuses every other address for the rest of this Python; code under test cannot patch an audit hook away."""
    global _installed
    if not _installed:
        sys.addaudithook(_guard)
        _installed = True
