"""JSON without surprises: no duplicate keys, no NaN, no bottomless nesting."""

from __future__ import annotations

import json
from typing import Any

DEPTH_MAX = 32


class BadJson(ValueError):
    """The text is not strict JSON."""


def loads(raw: bytes) -> Any:
    """Raises BadJson."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BadJson(str(error)) from error
    _check_depth(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadJson("a key appears twice")
    return made


def _refuse(_name: str) -> Any:
    raise BadJson("NaN and Infinity are not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise BadJson("the number is too large")
    return number


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise BadJson("nested too deeply")


# One encoder for everything: `json.dumps` with arguments makes a new one for each call.
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dumps(value: Any) -> str:
    """Compact JSON."""
    return _encoder.encode(value)
