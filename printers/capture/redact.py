"""Takes personal numbers out of receipt text before it is written anywhere (R7).

A safety net behind the terminals, which mask cards themselves: what could identify a card or a person goes, also when
blanks, hyphens or the end of a line part it. When in doubt, it goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from printers.capture.cards import STAR, starred, without_cards

FACT_DIGITS_MIN = 6  # a shorter number identifies nobody
_PARTLY_MASKED = re.compile(
    r"(?<![0-9A-Za-z*])(?!20\d{2}-\d{2}-\d{2})(?=[\d*xX●•#\- ./·쨌\ufffd]{11,31}(?![\w*]))(?=[^*xX●•#]*[*xX●•#]{2})"
    r"\d[\d*xX●•#\- ./·쨌\ufffd]{9,29}[\d*xX●•#]"
)
_PHONE = re.compile(
    r"(?<![\d\-*])(?:\+?82[\-. )]*0?|0)(?:1[016789]|50\d?|[2-6]\d?|70|80)[\-. )]{0,2}"
    r"(?:\d{3,4}|\*{3,4}|[xX]{3,4})[\-. ]{0,2}\d{4}(?![\d\-])"
)
_PHONE_TAIL = re.compile(r"(?<!\d)01\d[\-. ]?[\d*]{3,4}[\-. ]?[\d*]{4}(?!\d)")
_VALIDITY = re.compile(
    r"((?:유\s*효\s*(?:기\s*간|일\s*자?)|VALID(?:\s*THRU)?|EXP(?:IRY|\.)?(?:\s*DATE)?)\s*[:.]?\s*)"
    r"(\d{2}\s*[/\-.]?\s*\d{2})(?!\s*[\d./\-])",
    re.I,
)
_LABELLED = re.compile(
    r"((?:현금영수증\s*(?:번호|식별번호)|신분확인(?:번호)?|식별번호|확인번호|소득공제\s*번호|발급(?:번호|수단)|"
    r"고객(?:번호|전화|연락처)|연락처|휴대폰(?:번호)?|핸드폰|전화번호|안심번호|회원번호|멤버십번호|계좌번호|"
    r"주민(?:등록)?번호)\s*[:.]?\s*)([\d*][\d*\-. ]{3,28})"
)
_NAMED = re.compile(
    r"((?:고객명|고객성함|주문자(?:명)?|수령인|수령자|받는\s?분|받는\s?사람|예약자(?:명)?|회원명|성명|성함|"
    r"고객님?\s*(?:성함|이름))\s*[:.]?\s*)(\S.*)$"
)
_ADDRESS = re.compile(
    r"((?:배달\s?주소|배달지|배송지|배송\s?주소|도로명(?:\s?주소)?|지번(?:\s?주소)?|고객\s?주소|수령지|도착지|상세\s?주소)"
    r"\s*[:.]?\s*)(.*)$"
)
_ADDRESS_HEAD = re.compile(r"\W*(?:배달\s?주소|배달지|배송지|배송\s?주소|고객\s?주소|수령지|도착지)\W*")
_HAND = re.compile(r"(서명\s*[:.]?\s*)(\S.*)$")
_MASKED_NAME = re.compile(r"(?<![가-힣])[가-힣]\*{1,2}[가-힣]?(?=\s|님|$)")


@dataclass(frozen=True)
class Redacted:
    """Rows that may be written. `full_cards`: how many whole card numbers stood there, which none ever should."""

    lines: tuple[str, ...]
    full_cards: int


def redact(lines: Sequence[str], *, approvals: Iterable[str] = (), delivery: bool = False) -> Redacted:
    """Rows without card, phone, cash-receipt and approval numbers, validity dates, and labelled names and addresses.

    `delivery` tickets carry a customer's address and wishes, so addresses spread over rows go as well.
    """
    text, full_cards = without_cards("\n".join(line.replace("\n", " ").replace("\x00", "") for line in lines))
    found: list[str] = []
    in_address = False
    for line in text.split("\n"):
        clean = _PARTLY_MASKED.sub(_mask, _without_person(line))
        for number in approvals:
            clean = _without_number(clean, number)
        if delivery and _ADDRESS_HEAD.match(clean):
            in_address = True
        elif in_address and (re.match(r"\s*[-=─*]{4,}|\s*$", clean) or re.search(r"\d,\d{3}", clean)):
            in_address = False
        elif in_address:
            clean = STAR * 4
        found.append(clean)
    return Redacted(tuple(found), full_cards)


def is_kept(fact: str, rows: Sequence[str]) -> bool:
    """Whether a fact copied from the paper still stands in its redacted rows: what was hidden there is no fact."""
    digits = _digits(fact)
    return len(digits) < FACT_DIGITS_MIN or digits in _digits("".join(rows))


def _digits(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isdecimal())


def _without_person(line: str) -> str:
    line = _VALIDITY.sub(r"\1**/**", line)
    line = _LABELLED.sub(lambda found: found[1] + _stars(found[2]), line)
    line = _PHONE.sub(lambda found: _stars(found[0]), line)
    line = _PHONE_TAIL.sub(lambda found: _stars(found[0]), line)
    line = _NAMED.sub(lambda found: found[1] + STAR * 3, line)
    line = _ADDRESS.sub(lambda found: found[1] + (STAR * 4 if found[2].strip() else ""), line)
    line = _MASKED_NAME.sub(STAR * 3, line)
    return _HAND.sub(r"\1", line)


def _without_number(line: str, number: str) -> str:
    """An approval number, also with blanks or hyphens between its letters."""
    if len(number) < 4:
        return line
    pattern = r"[ \-#]?".join(re.escape(letter) for letter in number)
    return re.sub(rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])", STAR * len(number), line, flags=re.I)


def _mask(found: re.Match[str]) -> str:
    return starred(found[0])


def _stars(text: str) -> str:
    return re.sub(r"[\d*xX]", STAR, text)
