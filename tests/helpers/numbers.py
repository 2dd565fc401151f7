"""Owns looking for a phone number in files, in every form in which a program might have written it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path


def forms(national: str) -> dict[str, bytes]:
    """How ``01012345678`` may lie in a file; the tail of eight digits is part of most of them."""
    rest = national.removeprefix("0")
    middle, last = national[3:7], national[7:]
    written = {
        "digits": national[3:],
        "hyphens": f"{middle}-{last}",
        "blanks": f"{middle} {last}",
        "dots": f"{middle}.{last}",
        "full width": "".join(chr(ord(digit) + 0xFEE0) for digit in national[3:]),
    }
    found = {name: text.encode() for name, text in written.items()}
    found["utf-16"] = national[3:].encode("utf-16-le")
    found["number"] = int(national).to_bytes(5, "big")
    found["reversed"] = national[::-1][:8].encode()
    found["hex"] = national[3:].encode().hex().encode()
    # The middle of what base64 makes of it, for each of the three places at which it may begin.
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + f"+82{rest}".encode())
        found[f"base64 {shift}"] = coded[8:-4]
    return found


def files_with(folder: Path, nationals: Iterable[str]) -> list[tuple[str, str, str]]:
    """(file, number, form) of everything that was found; empty is what one wants."""
    wanted = [(national, name, form) for national in nationals for name, form in forms(national).items()]
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        found += [(str(path.relative_to(folder)), national, name) for national, name, form in wanted if form in content]
    return found
