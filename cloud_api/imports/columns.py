"""Which column of a file is what: by its name, by what stands in it, or as the caller says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud_api.imports.cells import read_phone
from cloud_api.imports.problems import FileRefused
from rules.phone import Phone

LEFT_OUT = "-"
LOOKED_AT = 20  # rows from the top: titles may stand above the names of the columns


@dataclass(frozen=True)
class Names:
    """How a column may be called, and what it is then not. Within a rank any of the words stands for all; a better rank
    wins."""

    ranks: tuple[str, ...]
    never: str = ""


# What was ever earned, spent or lost is no balance; a landline is no mobile number.
FIELDS: dict[str, Names] = {
    "phone": Names(
        ("휴대폰 휴대전화 핸드폰 모바일 mobile cellphone hp 휴대번호", "전화번호 연락처 phone tel 전화"),
        never="집전화 자택 매장 fax 팩스 동의 인증",
    ),
    "points": Names(
        (
            "보유포인트 잔여포인트 현재포인트 가용포인트 사용가능포인트 포인트잔액"
            " 보유적립금 잔여적립금 현재적립금 사용가능적립금 pointbalance",
            "포인트 적립금 마일리지 point mileage",
        ),
        never="누적 총 소멸 사용포인트 사용적립금 사용금액 적립률 적립율 적립일 일자 날짜 예정 유효",
    ),
    "stamps": Names(("보유스탬프 잔여스탬프 현재스탬프", "스탬프 도장 stamp"), never="누적 총 사용 일자 쿠폰"),
    "name": Names(
        ("이름 성명 고객명 회원명 성함 고객이름 회원이름", "닉네임 name 별명 nickname"),
        never="매장 등급 상품 지점 쿠폰",
    ),
    "joined": Names(
        ("가입일 가입일자 등록일 회원가입일 joined joindate signup", "가입 최초방문"), never="채널 매장 경로"
    ),
    "grade": Names(("등급 회원등급 멤버십등급 grade tier",), never="일자 변경"),
}


@dataclass(frozen=True)
class Layout:
    """Where each field stands, what its column is called, and how many rows from the top are no members."""

    places: Mapping[str, int]
    titles: Mapping[str, str]
    skip: int


def plain(name: str) -> str:
    """A column's name without blanks, signs and letter case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def find_layout(rows: Sequence[Sequence[str]], wanted: Mapping[str, str]) -> Layout:
    """From the first rows of a file. ``wanted`` names columns by their title or their number from 1, or ``-`` for one
    that is to be left out. Raises FileRefused ``no_phone_column``, ``ambiguous_columns`` or ``column_unknown``."""
    top = _titles_row(rows, wanted.get("phone", ""))
    titles = () if top is None else rows[top]
    places: dict[str, int] = {}
    for field in FIELDS:
        place = _named(titles, wanted[field], rows) if field in wanted else _guessed(field, titles)
        if place is not None:
            places[field] = place
    if "phone" not in places and "phone" not in wanted:
        places |= _phones(rows)
    if "phone" not in places:
        raise FileRefused("no_phone_column")
    if len(set(places.values())) != len(places):
        raise FileRefused("ambiguous_columns")
    called = {
        field: titles[place].strip() if place < len(titles) else f"{place + 1}" for field, place in places.items()
    }
    return Layout(places, called, 0 if top is None else top + 1)


def _titles_row(rows: Sequence[Sequence[str]], phone: str) -> int | None:
    """Titles stand above the first number: in the row that calls a column a phone number, or else in the row right
    above, when that has no digits in it. A row that may be a member is never taken for titles."""
    first = next((n for n, row in enumerate(rows) if _has_number(row)), len(rows))
    for n, row in enumerate(rows[:first]):
        names = {plain(cell) for cell in row}
        if plain(phone) in names if phone and not phone.isdigit() else _ranked("phone", row):
            return n
    if 0 < first < len(rows) and not any(letter.isdigit() for cell in rows[first - 1] for letter in cell):
        return first - 1
    return None


def _has_number(row: Sequence[str]) -> bool:
    return any(isinstance(read_phone(cell), Phone) for cell in row)


def _named(titles: Sequence[str], name: str, rows: Sequence[Sequence[str]]) -> int | None:
    if name == LEFT_OUT:
        return None
    found = [place for place, title in enumerate(titles) if plain(title) == plain(name)]
    if not found and name.isascii() and name.isdigit() and 0 < int(name) <= max(map(len, rows), default=0):
        return int(name) - 1
    if len(found) != 1:
        raise FileRefused("ambiguous_columns" if found else "column_unknown")
    return found[0]


def _guessed(field: str, titles: Sequence[str]) -> int | None:
    for places in _ranked(field, titles):
        if len(places) > 1:
            raise FileRefused("ambiguous_columns")
        return places[0]
    return None


def _ranked(field: str, titles: Sequence[str]) -> list[list[int]]:
    """Columns that may be this field, the best first: called exactly so comes before having it in the name."""
    names = FIELDS[field]
    usable = {
        place: plain(title)
        for place, title in enumerate(titles)
        if plain(title) and not any(word in plain(title) for word in names.never.split())
    }
    found = []
    for rank in names.ranks:
        words = rank.split()
        exact = [place for place, title in usable.items() if title in words]
        within = [place for place, title in usable.items() if any(word in title for word in words if _tells(word))]
        found += [places for places in (exact, within) if places]
    return found


def _tells(word: str) -> bool:
    """Two Latin letters are in many words."""
    return len(word) > 2 or not word.isascii()


def _phones(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """The column in which numbers stand, of a file that does not say."""
    counts: dict[int, int] = {}
    for row in rows[:LOOKED_AT]:
        for place, cell in enumerate(row):
            counts[place] = counts.get(place, 0) + isinstance(read_phone(cell), Phone)
    best = sorted(counts, key=lambda place: (-counts[place], place))[:2]
    if not best or counts[best[0]] == 0:
        return {}
    if len(best) > 1 and counts[best[1]] == counts[best[0]]:
        raise FileRefused("ambiguous_columns")
    return {"phone": best[0]}
