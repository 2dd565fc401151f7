"""Reading what people and spreadsheets write into cells: numbers, counts, days, names."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from cloud_api.fields import POINTS_MAX
from rules.phone import Phone, parse_phone

NAME_MAX = 30
STAMPS_MAX = 10_000
UNREADABLE = "\N{REPLACEMENT CHARACTER}"

# Excel shows numbers of many digits like this and saves what it shows: 1.0123E+09.
_SHORTENED = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,2})")
_WHOLE_WITH_POINT = re.compile(r"([0-9]+)\.0+")
_AS_TEXT = re.compile(r'="(.*)"')  # how a spreadsheet is told in CSV to leave a number alone
_LOST_ZERO = re.compile(r"1[016789][0-9]{7,8}")
_COUNTRY = re.compile(r"820?(1[016789][0-9]{7,8})")
_SIGNS = str.maketrans("", "", " -.()")
_UNITS = re.compile(r"(?:p|점|원|개|포인트|point|points|won)$", re.IGNORECASE)
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE]\+?[0-9]{1,2})?")
_DAY = re.compile(r"([0-9]{4})\s*(?:[-./]|년)\s*([0-9]{1,2})\s*(?:[-./]|월)\s*([0-9]{1,2})\s*(?:일|\.)?(?:[\sT].*)?")
_DAY_IN_ONE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4,6})?")
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_SERIALS = range(20_000, 80_000)  # days of 1954 to 2119
SERIAL_DAY_0 = date(1899, 12, 30)
_YEARS = range(1950, 2200)


class Unread(str):
    """Why a cell cannot be read: one of ``problems.ROW``."""

    __slots__ = ()


def tidy(cell: str) -> str:
    """Full-width signs as plain ones, without what surrounds a value."""
    text = unicodedata.normalize("NFKC", cell).strip()
    wrapped = _AS_TEXT.fullmatch(text)
    return (wrapped.group(1) if wrapped else text).strip().removeprefix("'").strip()


def read_phone(cell: str) -> Phone | Unread:
    """A mobile number, also without the zero that a spreadsheet took away. A number that a spreadsheet rounded is not
    guessed."""
    text = tidy(cell)
    if not text:
        return Unread("phone_missing")
    if UNREADABLE in text:
        return Unread("unreadable")
    shortened = _SHORTENED.fullmatch(text)
    if shortened:
        digits, places = shortened.group(1) + (shortened.group(2) or ""), int(shortened.group(3))
        if len(digits) <= places or digits[places + 1 :].strip("0"):
            return Unread("phone_rounded")
        text = digits[: places + 1]
    elif whole := _WHOLE_WITH_POINT.fullmatch(text):
        text = whole.group(1)
    digits = text.translate(_SIGNS)
    if _LOST_ZERO.fullmatch(digits):
        text = "0" + digits
    elif country := _COUNTRY.fullmatch(digits):
        text = "0" + country.group(1)
    found = parse_phone(text)
    return found if isinstance(found, Phone) else Unread(f"phone_{found.value}")


def read_count(cell: str, most: int = POINTS_MAX) -> int | Unread:
    """A whole number of points or stamps; nothing is none."""
    text = tidy(cell).replace("₩", "").replace(" ", "")
    text = _UNITS.sub("", text)
    if text in ("", "-"):
        return 0
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        return Unread("unreadable" if UNREADABLE in text else "count_invalid")
    shortened = _SHORTENED.fullmatch(text)
    if shortened and len(shortened.group(2) or "") < int(shortened.group(3)):
        return Unread("count_invalid")  # digits are missing
    try:
        number = Decimal(text)
    except InvalidOperation:
        return Unread("count_invalid")
    if number < 0:
        return Unread("count_negative")
    if number > most:
        return Unread("count_too_large")
    return int(number) if number == int(number) else Unread("count_fraction")


def read_day(cell: str, today: date, serial_day_0: date = SERIAL_DAY_0) -> date | Unread | None:
    """A day in the ways Korean services write it, or a spreadsheet's number of a day; None for an empty cell."""
    text = tidy(cell)
    if text in ("", "-"):
        return None
    serial = _SERIAL.fullmatch(text)
    if serial and int(serial.group(1)) in _SERIALS:
        found = serial_day_0 + timedelta(days=int(serial.group(1)))
    else:
        written = _DAY.fullmatch(text) or _DAY_IN_ONE.fullmatch(text)
        if written is None or int(written.group(1)) not in _YEARS:
            return Unread("unreadable" if UNREADABLE in text else "day_invalid")
        try:
            found = date(*(int(part) for part in written.groups()))
        except ValueError:
            return Unread("day_invalid")
    return Unread("day_in_future") if found > today else found


def read_name(cell: str, most: int = NAME_MAX) -> str:
    """A name without what would hide or reorder it; whatever it says is a text and nothing else."""
    kept = (
        " " if letter.isspace() else letter
        for letter in cell
        if letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))[:most].strip()
