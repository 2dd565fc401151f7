"""Where events may go: public addresses by https, so that nobody reaches the inside of our network through us."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

URL_MAX = 500
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedAddress(Exception):
    """The address is not one that events may go to; the text says why."""


def checked(url: str, allowed: Collection[str]) -> SplitResult:
    """The parts of an acceptable address. ``allowed`` hosts may be private and without https. Raises RefusedAddress."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise RefusedAddress("url") from error
    if len(url) > URL_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise RefusedAddress("url")
    if not host or parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise RefusedAddress("url")
    if host in allowed and parts.scheme in ("http", "https"):
        return parts
    if parts.scheme != "https":
        raise RefusedAddress("https")
    literal = _literal(host)
    # A bare number is an address to some resolvers, and a name without a dot is one of the network's own.
    if literal is None and ("." not in host or host.rsplit(".", 1)[1].isdigit()):
        raise RefusedAddress("host")
    if literal is not None and not is_public(literal):
        raise RefusedAddress("private")
    return parts


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could reach it, also by an address of the other kind that it carries."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def resolved(parts: SplitResult, allowed: Collection[str]) -> str:
    """The address to connect to: what was checked is what is called, or a name could change between the two.

    Raises RefusedAddress, also when one of several addresses is private; OSError when there is none.
    """
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise OSError("no address")
    if host not in allowed and not all(is_public(ipaddress.ip_address(one.partition("%")[0])) for one in addresses):
        raise RefusedAddress("private")
    return addresses[0]
