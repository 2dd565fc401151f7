"""Whether a logo can be printed on cup holders (CUP-30)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FORMATS = frozenset({"png", "svg", "jpg"})
MIN_PX = 512
MAX_BYTES = 5 * 1024 * 1024
MIN_MARGIN_PERCENT = 10


class LogoLayout(StrEnum):
    SPLIT = "split"
    LOGO_ONLY = "logo_only"


class LogoSize(StrEnum):
    SMALL = "small"
    NORMAL = "normal"
    LARGE = "large"


class LogoAlign(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class LogoProblem(StrEnum):
    FORMAT = "format"
    PIXELS = "pixels"
    COLOURS = "colours"
    BYTES = "bytes"
    MARGIN = "margin"
    OPAQUE = "opaque"  # advice only: a transparent background prints better


@dataclass(frozen=True)
class Logo:
    """A file's measures. ``margin_percent`` is the narrowest free edge, of the file's shorter side."""

    file_format: str
    width_px: int
    height_px: int
    size_bytes: int
    margin_percent: int
    rgb: bool = True
    transparent: bool = True


def logo_problems(logo: Logo) -> tuple[LogoProblem, ...]:
    """All that is wrong, so that a person can mend it in one go; a drawing (SVG) has no pixels to count."""
    kind = logo.file_format.lower()
    found = []
    if kind not in FORMATS:
        found.append(LogoProblem.FORMAT)
    if kind != "svg" and min(logo.width_px, logo.height_px) < MIN_PX:
        found.append(LogoProblem.PIXELS)
    if not logo.rgb:
        found.append(LogoProblem.COLOURS)
    if logo.size_bytes > MAX_BYTES:
        found.append(LogoProblem.BYTES)
    if logo.margin_percent < MIN_MARGIN_PERCENT:
        found.append(LogoProblem.MARGIN)
    return tuple(found)


def logo_advice(logo: Logo) -> tuple[LogoProblem, ...]:
    """What would be better and is no reason to refuse."""
    return () if logo.transparent else (LogoProblem.OPAQUE,)
