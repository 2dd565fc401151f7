"""Owns the digits a customer types on the tablet: editing, masking, and whether they can be a phone number."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules.phone import NATIONAL_DIGITS_MAX, Phone, PhoneProblem, parse_phone

PREFIX = "010"  # what nearly every number starts with, so it is there already
KEPT = "01"  # every mobile number starts so; the third digit may be typed over for an old 011 or 016 number
OPEN_DIGITS = 3  # the network prefix says nothing about a person and stays readable
REVEAL_MS = 1_000  # the last digit is readable this long, so that a slip of the finger is noticed
DOT = "•"


@dataclass(frozen=True)
class TypedNumber:
    """What stands on the number line. Every edit gives a new value; an edit that makes no sense gives the same one."""

    digits: str = PREFIX
    reveal_until_ms: int = 0

    def press(self, digit: str, now_ms: int) -> TypedNumber:
        """One key. A number begun with 010 although 010 stood there already is understood, not punished."""
        if len(digit) != 1 or digit not in "0123456789":
            return self
        if len(self.digits) < NATIONAL_DIGITS_MAX:
            return TypedNumber(self.digits + digit, now_ms + REVEAL_MS)
        if self.digits.startswith(PREFIX + PREFIX):
            return TypedNumber(self.digits[len(PREFIX) :] + digit, now_ms + REVEAL_MS)
        return self

    def back(self) -> TypedNumber:
        if len(self.digits) <= len(KEPT):
            return self
        return TypedNumber(self.digits[:-1])

    def clear(self) -> TypedNumber:
        return TypedNumber()

    def paste(self, text: str) -> TypedNumber:
        """Takes a whole, valid number; anything else changes nothing."""
        parsed = parse_phone(text)
        return TypedNumber(parsed.national) if isinstance(parsed, Phone) else self

    def settle(self, now_ms: int) -> TypedNumber:
        """Covers the last digit once its second is over."""
        if self.reveal_until_ms and now_ms >= self.reveal_until_ms:
            return replace(self, reveal_until_ms=0)
        return self

    @property
    def can_submit(self) -> bool:
        return isinstance(parse_phone(self.digits), Phone)

    @property
    def problem(self) -> PhoneProblem | None:
        """Why a finished number is no phone number; while someone is still typing there is nothing to say."""
        unfinished = self.digits.startswith(PREFIX) and len(self.digits) < NATIONAL_DIGITS_MAX
        parsed = parse_phone(self.digits)
        if unfinished or isinstance(parsed, Phone) or parsed is PhoneProblem.TOO_SHORT:
            return None
        return parsed

    @property
    def shown(self) -> str:
        """``010-••••-•••8``: what may be painted. Never the digits themselves."""
        last = len(self.digits) - 1
        cells = [
            ch if i < OPEN_DIGITS or (i == last and self.reveal_until_ms) else DOT for i, ch in enumerate(self.digits)
        ]
        middle_end = 6 if len(cells) == 10 and not self.digits.startswith(PREFIX) else 7
        out = "".join(cells[:3])
        if len(cells) >= 3:
            out += "-" + "".join(cells[3:middle_end])
        if len(cells) >= middle_end:
            out += "-" + "".join(cells[middle_end:])
        return out
