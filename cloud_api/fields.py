"""Types of values that callers may send; whatever does not fit is a 422."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, StrictStr

from rules.phone import NATIONAL_DIGITS_MAX, Phone, parse_phone

WON_MAX = 1_000_000_000_000
POINTS_MAX = 1_000_000_000


class Body(BaseModel):
    """A request body: unknown fields are refused, so that nobody sets what is not theirs to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def clean(text: str) -> str:
    """No control or direction-changing characters: a name must not reorder or hide what stands beside it."""
    for letter in text:
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            raise ValueError("control characters are not allowed")
    return unicodedata.normalize("NFC", text.strip())


def _not_blank(text: str) -> str:
    if not text:
        raise ValueError("must not be blank")
    return text


def _mobile(text: str) -> str:
    found = parse_phone(text)
    if not isinstance(found, Phone):
        raise ValueError(f"not a Korean mobile number ({found.value})")
    return found.e164


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[StrictStr, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-11-26"]), AfterValidator(_day)]
Text = Annotated[StrictStr, Field(max_length=200), AfterValidator(clean)]
Name = Annotated[StrictStr, Field(max_length=60), AfterValidator(clean), AfterValidator(_not_blank)]
Reason = Annotated[StrictStr, Field(max_length=200), AfterValidator(clean), AfterValidator(_not_blank)]
Nickname = Annotated[StrictStr, Field(max_length=30), AfterValidator(clean)]
_IDENT = r"^[A-Za-z0-9-]{1,64}$"
Ident = Annotated[StrictStr, Field(pattern=_IDENT)]
PathId = Annotated[str, Path(pattern=_IDENT)]  # an id in an address, whose parameter says of what
IdempotencyKey = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._:-]{8,100}$")]
Won = Annotated[StrictInt, Field(ge=0, le=WON_MAX)]
Points = Annotated[StrictInt, Field(ge=1, le=POINTS_MAX)]
PhoneNumber = Annotated[
    StrictStr, Field(max_length=NATIONAL_DIGITS_MAX + 9, examples=["010-1234-5678"]), AfterValidator(_mobile)
]
