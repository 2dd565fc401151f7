"""What a key may do: ``<first noun after /v1/>:<read|write>``, derived from a route, so that no route declares it."""

from __future__ import annotations

import re
from collections.abc import Iterable

ALL = "*"
READ, WRITE = "read", "write"
SCOPES_MAX = 50
_SCOPE = re.compile(r"\*|(\*|[a-z][a-z-]{1,30}):(\*|read|write)")
_READING = frozenset({"GET", "HEAD"})
# Routes that change nothing although they are posted to: what they ask about must not stand in an address.
READS = frozenset({("POST", "/v1/members/find")})


def needed(method: str, path: str) -> str:
    """The scope of a route, by its path template."""
    noun = path.removeprefix("/v1/").partition("/")[0]
    reads = method in _READING or (method, path) in READS
    return f"{noun}:{READ if reads else WRITE}"


def covers(granted: Iterable[str], scope: str) -> bool:
    """Whether one of the granted scopes is this one, or a wildcard of it. To write does not mean to read."""
    noun, _, does = scope.partition(":")
    return not {ALL, f"{noun}:*", f"*:{does}", "*:*", scope}.isdisjoint(granted)


def parse(texts: Iterable[str]) -> tuple[str, ...]:
    """Scopes as somebody wrote them, sorted. Raises ValueError with the one that is none."""
    found = sorted(set(texts))
    for text in found:
        if not _SCOPE.fullmatch(text):
            raise ValueError(f"no scope: {text}")
    if not 1 <= len(found) <= SCOPES_MAX:
        raise ValueError(f"1 to {SCOPES_MAX} scopes")
    return tuple(found)
