"""Owns what may stand in the cloud address field: https anywhere, plain http only on this very machine."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from urllib.parse import urlsplit


class AddressProblem(StrEnum):
    EMPTY = "empty"
    NOT_AN_ADDRESS = "not_an_address"
    NOT_ENCRYPTED = "not_encrypted"


def cloud_address(text: str) -> str | AddressProblem:
    """The address as it is used, or what is wrong with it; a missing ``https://`` is added."""
    trimmed = text.strip()
    if not trimmed:
        return AddressProblem.EMPTY
    trimmed = (trimmed if "://" in trimmed else "https://" + trimmed).rstrip("/")
    try:
        parts = urlsplit(trimmed)
        host, port = parts.hostname, parts.port
    except ValueError:
        return AddressProblem.NOT_AN_ADDRESS
    has_extras = bool(parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not host or port == 0 or has_extras or not _is_host(host):
        return AddressProblem.NOT_AN_ADDRESS
    if parts.scheme == "http" and not _is_loopback(host):
        return AddressProblem.NOT_ENCRYPTED
    return trimmed


def _is_host(host: str) -> bool:
    return bool(host) and not any(ch.isspace() or ch in "<>\"'\\" for ch in host) and not host.startswith((".", "-"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
