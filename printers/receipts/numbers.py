"""Finds the numbers that identify a receipt: approvals, receipt number, till, order and table, and its time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import NamedTuple

from printers.receipts.lines import Line, Unit

APPROVAL_LENGTHS = range(4, 13)


class _Label(NamedTuple):
    """`signs`: a row without any of them, blanks and small letters apart, cannot have the label. Asked first, because a
    pattern that allows blanks everywhere is slow."""

    signs: tuple[str, ...]
    pattern: re.Pattern[str]

    def on(self, line: Line) -> re.Match[str] | None:
        capitals = line.capitals
        for sign in self.signs:
            if sign in capitals:
                return self.pattern.search(line.raw)
        return None


def _spaced(label: str) -> str:
    """A label whose letters may be set apart."""
    return r"\s*".join(re.escape(letter) for letter in label)


_NO = r"(?:번\s*호|N\s*[Oo]\s*\.?|#|코\s*드)"
_APPROVAL = _Label(
    ("승인",),
    re.compile(
        rf"(?P<original>원\s*거?\s*래?\s*|당\s*초\s*|취\s*소\s*전\s*)?승\s*인\s*{_NO}(?:\s*/\s*[가-힣\s]+)?\s*(?:\([^)]*\))?\s*[\])]?\s*[:.#=\-]*\s*"
        r"(?P<value>[A-Za-z0-9#][A-Za-z0-9#\- ]*)?"
    ),
)
_APPROVAL_BARE = _Label(
    ("승인",),
    re.compile(r"(?:신용카드|신용|카드|체크카드|정상)\s*승\s*인\s*[:.#]*\s+(?P<value>[A-Z0-9#]{6,13})\s*$"),
)
_APPROVAL_ENGLISH = _Label(
    ("AUTH", "APP"),
    re.compile(
        r"\b(?:AUTH(?:ORI[SZ]ATION)?|APPROVAL|APPR|APP)\.?\s*(?:(?:NO|CODE|NUMBER|#)\.?\s*[:#.]*|[:#.]+)\s*"
        r"(?P<value>(?=[A-Z]*\d)[A-Z0-9]{4,12})\b",
        re.I,
    ),
)
_VALUE = r"[\])]?\s*[:.#=]*\s*(?P<value>[A-Za-z0-9#](?:[A-Za-z0-9]|\s?[-/_.]\s?(?=[A-Za-z0-9]))*)"
_NOT_INSIDE = r"(?<![가-힣A-Za-z])"
_RECEIPT_LABELS: tuple[_Label, ...] = tuple(
    _Label(signs, re.compile(_NOT_INSIDE + f"(?:{pattern})" + r"\s*" + _VALUE, re.I))
    for signs, pattern in (
        (
            ("영수", "RECEIPT"),
            rf"{_spaced('영수증')}\s*(?:일\s*련\s*)?{_NO}|{_spaced('영수')}\s*{_NO}|RECEIPT\s*(?:NO|#|ID)\.?",
        ),
        (
            ("전표", "빌", "BILL", "매출", "판매"),
            rf"{_spaced('전표')}\s*(?:관리\s*)?{_NO}|{_spaced('빌')}\s*{_NO}|BILL\s*(?:NO|#)\.?|{_spaced('매출')}\s*{_NO}|"
            rf"{_spaced('판매')}\s*{_NO}|{_spaced('매출전표')}\s*{_NO}",
        ),
        (
            ("거래", "일련", "TRAN"),
            rf"{_spaced('거래')}\s*(?:일련\s*|고유\s*)?{_NO}|{_spaced('일련')}\s*{_NO}|TRAN(?:S|SACTION)?\s*(?:NO|#|ID)?\.?",
        ),
        (("영수증",), rf"{_spaced('영수증')}(?=\s*[:#]|\s\s)"),
    )
)
_BARE_NUMBER = _Label(
    ("NO", "번호", "#", "№"),
    re.compile(r"(?:^|\s{2,}|\d\s+)(?:N\s*[Oo]\s*[.:#]|NO\s*[.:#]?|№|번\s*호|#)\s*" + _VALUE),
)
_TILL = _Label(
    ("POS", "포스", "계산대", "등록기", "키오스크", "KIOSK", "TILL"),
    re.compile(
        _NOT_INSIDE
        + r"(?:POS|포\s*스|계\s*산\s*대|등\s*록\s*기|키오스크|KIOSK|TILL)\s*(?:N\s*[Oo]\.?|번\s*호|#|ID)?\s*[:#.\-]?\s*"
        r"(?P<value>\d[\w\-]{0,11})",
        re.I,
    ),
)
_ORDER = _Label(
    ("주문", "번호", "순번"),
    re.compile(
        _NOT_INSIDE
        + r"(?:주\s*문\s*번\s*호|대\s*기\s*번\s*호|교\s*환\s*번\s*호|호\s*출\s*번\s*호|순\s*번|주문\s*N\s*[Oo]\.?|"
        r"픽업\s*번호|주문(?=\s+[A-Z]))"
        r"\s*[:.#]*\s*(?P<value>[A-Z]?[A-Z0-9\-]*\d[A-Z0-9\-]*)",
        re.I,
    ),
)
_TABLE = _Label(
    ("테이블", "TABLE", "좌석"),
    re.compile(
        _NOT_INSIDE
        + r"(?:테\s*이\s*블|TABLE|좌\s*석)\s*(?:번\s*호|NO\.?|명)?\s*[:.#]*\s*(?P<value>[A-Za-z]?-?\d{1,4})",
        re.I,
    ),
)
_ORIGINAL_RECEIPT = _Label(
    ("원", "당초"),
    re.compile(
        rf"(?:원\s*{_spaced('영수증')}\s*{_NO}|원\s*{_spaced('전표')}\s*{_NO}|원\s*{_spaced('거래')}\s*{_NO}|원\s*{_spaced('매출')}\s*{_NO}|"
        rf"원\s*{_spaced('판매')}\s*{_NO}|{_spaced('당초')}\s*{_spaced('영수증')}\s*{_NO})\s*" + _VALUE
    ),
)


@dataclass(frozen=True)
class Approval:
    number: str
    index: int
    original: bool
    cash_receipt: bool


def approvals_of(lines: Sequence[Line]) -> list[Approval]:
    """Approval numbers in printing order, each once a role; `original` for those of the sale that a cancel means."""
    found: dict[tuple[str, bool], Approval] = {}
    cash_section = False
    for line in lines:
        if not line.money and "현금영수증" in line.squeezed:
            cash_section = True
        elif line.squeezed.startswith(("[", "<", "*")) and ("카드" in line.squeezed or "신용" in line.squeezed):
            cash_section = False
        match = _APPROVAL.on(line)
        if match:
            number = _approval_number(match["value"] or "") or _number_below(lines, line)
            original = bool(match["original"])
            cash = cash_section or "국세청" in line.squeezed or "현금" in line.squeezed
        else:
            match = _APPROVAL_BARE.on(line) or _APPROVAL_ENGLISH.on(line)
            number = _approval_number(match["value"]) if match else None
            original, cash = False, cash_section
        if number:
            found.setdefault((number, original), Approval(number, line.index, original, cash))
    return list(found.values())


def _approval_number(text: str) -> str | None:
    """Blanks and # removed. A second word belongs to it only when the first is too short to stand alone."""
    words = text.replace("#", "").split()
    if not words:
        return None
    number = words[0].strip("-")
    for word in words[1:]:
        if len(number) >= 6 or not word.isalnum() or len(number) + len(word) > max(APPROVAL_LENGTHS):
            break
        number += word
    number = number.replace("-", "")
    digits = sum(letter.isdigit() for letter in number)
    return number if len(number) in APPROVAL_LENGTHS and digits >= 3 else None


def _number_below(lines: Sequence[Line], line: Line) -> str | None:
    if line.index + 1 >= len(lines) or not re.fullmatch(r"\W*(?:원)?승인(?:번호|NO\.?|#)\W*", line.squeezed, re.I):
        return None
    below = lines[line.index + 1].raw.strip()
    return _approval_number(below) if re.fullmatch(r"[#A-Za-z0-9 ]{4,16}", below) else None


def receipt_number(lines: Sequence[Line]) -> str | None:
    """As printed. A named number wins over a bare "No."."""
    for label in _RECEIPT_LABELS:
        value = _first(label, lines, _is_receipt_number)
        if value:
            return value
    for line in lines:
        match = _BARE_NUMBER.on(line)
        if (
            match
            and not any(value.unit is Unit.WON for value in line.money)
            and _is_receipt_number(match["value"])
            and not _other_number(line)
        ):
            return _tidy(match["value"])
    return None


def _other_number(line: Line) -> bool:
    head = line.squeezed.split(":")[0].upper()
    return bool(
        re.match(
            r"(사업자|전화|TEL|가맹|단말|승인|카드|회원|주문|대기|교환|테이블|쿠폰|계좌|우편|고객|차량|호출|진동벨|픽업)",
            head,
        )
    )


def original_receipt_number(lines: Sequence[Line]) -> str | None:
    return _first(_ORIGINAL_RECEIPT, lines, _is_receipt_number)


def till_number(lines: Sequence[Line]) -> str | None:
    return _first(_TILL, lines, lambda value: len(value) <= 12)


def order_number(lines: Sequence[Line]) -> str | None:
    return _first(_ORDER, lines, _anything)


def table_number(lines: Sequence[Line]) -> str | None:
    return _first(_TABLE, lines, _anything)


def _first(label: _Label, lines: Iterable[Line], fits: Callable[[str], bool]) -> str | None:
    for line in lines:
        match = label.on(line)
        if match and fits(match["value"]):
            return _tidy(match["value"])
    return None


def _anything(_value: str) -> bool:
    return True


def _tidy(value: str) -> str:
    return re.sub(r"\s*([-/_.])\s*", r"\1", value).strip("-/_.#")


def _is_receipt_number(value: str) -> bool:
    digits = sum(letter.isdigit() for letter in value)
    return digits >= 1 and len(value) <= 40 and not re.fullmatch(r"\d{4}[-./]\d{2}[-./]\d{2}", value)


# -- time ---------------------------------------------------------------------------------------------------------

_DATES = (
    re.compile(r"(?<!\d)(20\d{2})\s?[-/.년]\s?(\d{1,2})\s?[-/.월]\s?(\d{1,2})(?!\d)\s?일?"),
    re.compile(r"(?<![\d\-/.])(\d{2})[-/.](\d{2})[-/.](\d{2})(?![\d\-/])"),
    re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?=\d{4}(?:\d{2})?(?!\d)|\s+\d{1,2}:\d{2}|\s*$)"),
)
# What every day and every time of day has somewhere, blanks apart; a row with neither is passed over.
_DAY_OR_TIME = re.compile(r"\d[-/.:년시]|20\d{6}")
_TIME = re.compile(
    r"(?<![\d:])(?P<half>오전|오후|AM|PM)?\s*(?P<hour>\d{1,2})\s?[:시]\s?(?P<minute>\d{2})(?:\s?[:분]\s?(?P<second>\d{2})초?)?(?![\d:])"
    r"\s*(?P<after>AM|PM)?",
    re.I,
)
_COMPACT_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})?(?!\d)")
_SALE_TIME = re.compile(
    r"판매|거래일|거래시|매출일|결제일|결제시|주문일|주문시|영수일|계산일|일자|일시|날짜|시각|시간|DATE|TIME", re.I
)
_APPROVED_TIME = re.compile(r"승인일|승인시|전송일")
_PRINTED_TIME = re.compile(r"출력|발행|인쇄|PRINT", re.I)
_OTHER_TIME = re.compile(
    r"재발행|재출력|재인쇄|원거래|원승인|원판매|원매출|당초|유효|만료|까지|부터|~|기간|개업|오픈|소멸|사용가능|행사|이벤트|영업|운영|도착|예정|입고|제조|마감시간|포인트"
)


@dataclass(frozen=True)
class Moment:
    day: date | None
    clock: time | None
    score: int

    @property
    def iso(self) -> str:
        if self.day is None:
            return self.clock.isoformat() if self.clock else ""
        return f"{self.day.isoformat()}T{self.clock.isoformat()}" if self.clock else self.day.isoformat()


def printed_time(lines: Sequence[Line]) -> str | None:
    """Local ISO time of the sale; a date alone, or a time alone, when that is all there is."""
    moments = [moment for line in lines if (moment := _moment(line)) is not None]
    dated = [moment for moment in moments if moment.day is not None]
    if not dated:
        clocks = [moment for moment in moments if moment.clock is not None]
        return max(clocks, key=lambda moment: moment.score).iso if clocks else None
    best = max(dated, key=lambda moment: (moment.clock is not None and moment.score > 1, moment.score))
    if best.clock is None:
        clocks = [moment for moment in moments if moment.day is None and moment.clock is not None and moment.score > 1]
        if clocks:
            return Moment(best.day, clocks[0].clock, 0).iso
    return best.iso


def original_date(lines: Sequence[Line]) -> str | None:
    """The day of the sale that a cancel means."""
    for line in lines:
        if re.match(r"\W*(원거래|원승인|원매출|원판매|당초)", line.squeezed):
            day, _ = _day(line.raw)
            if day:
                return day.isoformat()
    return None


def _moment(line: Line) -> Moment | None:
    if not _DAY_OR_TIME.search(line.squeezed):
        return None
    day, rest = _day(line.raw)
    clock = _clock(rest if day else line.raw, compact=bool(day))
    if (day is None and (clock is None or line.money)) or _OTHER_TIME.search(line.squeezed):
        return None
    if _PRINTED_TIME.search(line.squeezed):
        score = 1
    elif _APPROVED_TIME.search(line.squeezed):
        score = 2
    else:
        score = 4 if _SALE_TIME.search(line.squeezed) else 3
    return Moment(day, clock, score)


def _day(text: str) -> tuple[date | None, str]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            year, month, day = (int(part) for part in match.groups())
            try:
                return date(year + 2000 if year < 100 else year, month, day), text[match.end() :]
            except ValueError:
                continue
    return None, text


def _clock(text: str, *, compact: bool) -> time | None:
    match = _TIME.search(text)
    if match is None and compact:
        packed = _COMPACT_TIME.match(text)
        parts = [int(part or 0) for part in packed.groups()] if packed else []
        return _valid_time(*parts) if parts else None
    if match is None:
        return None
    hour = int(match["hour"])
    half = (match["half"] or match["after"] or "").upper()
    if half in ("오후", "PM") and hour < 12:
        hour += 12
    elif half in ("오전", "AM") and hour == 12:
        hour = 0
    return _valid_time(hour, int(match["minute"]), int(match["second"] or 0))


def _valid_time(hour: int, minute: int, second: int) -> time | None:
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None
