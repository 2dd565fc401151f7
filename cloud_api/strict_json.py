"""JSON without surprises: no duplicate keys, no NaN, no bottomless nesting."""

from __future__ import annotations

import json
from typing import Any

import msgspec

DEPTH_MAX = 32


class BadJson(ValueError):
    """The text is not strict JSON."""


class NotANumber(BadJson):
    """NaN, Infinity, or a number beyond every number."""


def loads(raw: bytes) -> Any:
    """Raises BadJson."""
    return loads_telling_floats(raw)[0]


def loads_telling_floats(raw: bytes, *, depth_max: int = DEPTH_MAX) -> tuple[Any, bool]:
    """The value, and whether a number with a fraction or an exponent is in it. Raises BadJson."""
    floats: list[float] = []

    def finite(text: str) -> float:
        floats.append(_finite(text))
        return floats[-1]

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=finite)
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise BadJson(str(error)) from error
    _check_depth(value, depth_max)
    return value, bool(floats)


_NESTED = frozenset({dict, list})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadJson("a key appears twice")
    return made


def _refuse(_name: str) -> Any:
    raise NotANumber("NaN and Infinity are no numbers")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NotANumber("a number is too large")
    return number


def _check_depth(value: Any, depth_max: int) -> None:
    # JSON yields exactly these two; asking for the type itself is three times as fast as asking for a kind of it.
    level = [value] if type(value) in _NESTED else []
    for _ in range(depth_max):
        level = [
            child
            for item in level
            for child in (item.values() if type(item) is dict else item)
            if type(child) in _NESTED
        ]
        if not level:
            return
    raise BadJson("nested too deeply")


# One encoder for everything: `json.dumps` with arguments makes a new one for each call.
_encoder = msgspec.json.Encoder()
_sorting = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True, check_circular=False
)


def dumps(value: Any) -> str:
    """Compact JSON of something of ours: whole numbers of 64 bits, texts, lists, objects."""
    return _encoder.encode(value).decode()


def dumps_sorted(value: Any) -> str:
    """The canonical spelling of something that was read as JSON and is known to hold no floats."""
    return _sorting.encode(value)
