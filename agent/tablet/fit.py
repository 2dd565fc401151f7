"""Owns the measures of the customer's screen for a window size. No Qt: numbers in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

COMPACT_BELOW = 700  # a lying screen lower than this (1024 × 600) has smaller type and tighter gaps


@dataclass(frozen=True)
class Fit:
    width: int
    height: int
    portrait: bool
    compact: bool

    @staticmethod
    def of(width: int, height: int) -> Fit:
        portrait = height > width
        return Fit(width, height, portrait, height < (900 if portrait else COMPACT_BELOW))

    @property
    def margin(self) -> int:
        """Left and right of the greeting."""
        return 40 if self.portrait else 48 if self.compact else 80

    @property
    def side(self) -> int:
        """Left and right of keypad and outcome."""
        return 40 if self.portrait or self.compact else 56

    @property
    def header_top(self) -> int:
        return 12 if self.compact else 24

    @property
    def picture(self) -> int:
        """Side of the cup."""
        if self.portrait:
            return min(472, self.width - 160, self.height * 472 // 1280)
        return min(640, self.width * 472 // 1280, self.height * 472 // 800)

    @property
    def start_height(self) -> int:
        return 112 if self.compact else 144 if self.portrait else 128

    @property
    def key_gap(self) -> int:
        return 12 if self.compact or self.portrait else 16
