"""Korean mobile numbers: what a customer may type, what we keep, what we show (MEM-01, MEM-02)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

# MEM-02. Only ASCII digits: full-width or Arabic digits are refused, so that one person is one number.
_NATIONAL = re.compile(r"01[016789][0-9]{7,8}")
_SEPARATORS = str.maketrans("", "", " -.()")

# 010-000-1234 is the number that customers give to issue a cash receipt to nobody; it is never a member.
# It has ten digits; the eleven-digit spelling 010-0000-1234 is refused with it.
_SELF_ISSUE = frozenset({"0100001234", "01000001234"})

NATIONAL_DIGITS_MAX = 11
# What our own agents send: nothing of it has to be normalised.
_AS_KEPT = re.compile(r"\+8210[0-9]{8}")
# What nearly every customer types, and the counter waits for.
_AS_TYPED = re.compile(r"010[0-9]{8}")


class PhoneProblem(StrEnum):
    """Why a text is not a member's phone number."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_MOBILE = "not_mobile"
    NOT_DIGITS = "not_digits"
    SELF_ISSUE = "self_issue"


@dataclass(frozen=True)
class Phone:
    """A valid mobile number in E.164 form, e.g. ``+821012345678``."""

    e164: str

    @property
    def national(self) -> str:
        """Digits as typed in Korea, e.g. ``01012345678``."""
        return "0" + self.e164.removeprefix("+82")

    @cached_property
    def masked(self) -> str:
        """``010-****-5678``: the only form that screens, slips and logs may show (MEM-02)."""
        national = self.national
        return f"{national[:3]}-****-{national[-4:]}"


def parse_phone(text: str) -> Phone | PhoneProblem:
    """Read a typed or received number; blanks, dots, hyphens and a leading +82 are allowed."""
    if _AS_KEPT.fullmatch(text) and "0" + text[3:] not in _SELF_ISSUE:
        return Phone(text)
    if _AS_TYPED.fullmatch(text) and text not in _SELF_ISSUE:
        return Phone("+82" + text[1:])
    digits = text.strip().translate(_SEPARATORS)
    if digits.startswith("+82"):
        digits = "0" + digits[3:].removeprefix("0")
    if not digits.isascii() or not digits.isdigit():
        return PhoneProblem.NOT_DIGITS
    if digits in _SELF_ISSUE:
        return PhoneProblem.SELF_ISSUE
    if len(digits) > NATIONAL_DIGITS_MAX:
        return PhoneProblem.TOO_LONG
    if not digits.startswith("01"):
        return PhoneProblem.NOT_MOBILE
    if len(digits) < 10 or (digits.startswith("010") and len(digits) < 11):
        return PhoneProblem.TOO_SHORT
    if not _NATIONAL.fullmatch(digits):
        return PhoneProblem.NOT_MOBILE
    return Phone("+82" + digits[1:])
