"""Owns which cloud addresses are acceptable: https, or plain http to this very machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


class BadAddress(ValueError):
    """``code`` is ``malformed`` or ``insecure``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean_base_url(text: str) -> str:
    """The address without a closing slash. Raises BadAddress for anything that is no plain https address."""
    try:
        parts = urlsplit(text.strip())
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as broken:
        raise BadAddress("malformed") from broken
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or not port_is_fine or not host.isascii() or " " in host:
        raise BadAddress("malformed")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadAddress("malformed")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise BadAddress("insecure")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
