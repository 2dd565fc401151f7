"""Files of other services: which letters, separators and titles they have, what spreadsheets do to numbers, and what a
file may not do to us (MEM-28; reliability cases 66 to 69)."""

from __future__ import annotations

import contextlib
import csv
import io
import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from cloud_api.imports import problems, workbook
from cloud_api.imports.cells import Unread, read_count, read_day, read_name, read_phone
from cloud_api.imports.files import Misread, Person, inspect, open_file
from cloud_api.imports.problems import FileRefused
from cloud_api.imports.workbook import Workbook
from rules.phone import Phone
from tests.cloud_api.sheets import a_workbook, a_zip

TODAY = date(2026, 11, 27)
LIST = "이름,휴대폰,포인트\n김민지,010-1234-5678,1200\n이서준,010-8765-4321,30\n"
EXPECTED = [("김민지", "01012345678", 1200), ("이서준", "01087654321", 30)]


def read(raw: bytes, **named: str) -> list[Person | Misread]:
    return list(open_file(raw, named, TODAY).people)


def told(raw: bytes, **named: str) -> list[tuple[str, str, int]]:
    """Name, number and points of a file without a problem."""
    people = []
    for one in read(raw, **named):
        assert isinstance(one, Person), one
        people.append((one.name, one.phone.national, one.points))
    return people


def refusal(raw: bytes, **named: str) -> str:
    with pytest.raises(FileRefused) as refused:
        read(raw, **named)
    assert refused.value.code in problems.FILE
    return refused.value.code


# -- letters and separators ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("cp949", "csv cp949"), ("utf-8", "csv utf-8"), ("utf-8-sig", "csv utf-8"), ("utf-16", "csv utf-16")],
)
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_list_is_read_whichever_letters_separator_and_line_ends_it_has(
    encoding: str, shown: str, separator: str, ending: str
) -> None:
    """MEM-28, case 67"""
    raw = LIST.replace(",", separator).replace("\n", ending).encode(encoding)

    assert open_file(raw, {}, TODAY).format == shown
    assert told(raw) == EXPECTED


def test_mixed_line_ends_empty_lines_and_short_rows_are_no_problem() -> None:
    """Case 67"""
    raw = b"phone,point,name\r\n01012345678,5\n\r\n ,,\r01087654321\n"

    assert [(one.line, *_what(one)) for one in read(raw)] == [(2, "01012345678", 5), (5, "01087654321", 0)]


def _what(one: Person | Misread) -> tuple[Any, ...]:
    return (one.phone.national, one.points) if isinstance(one, Person) else (one.field, one.code)


def test_a_quoted_name_may_have_separators_quotes_and_line_breaks_and_lines_are_still_counted() -> None:
    raw = '휴대폰,이름\n01012345678,"김\n""민지"", 단골"\n010,x\n'.encode("cp949")

    assert [(one.line, *_what(one)) for one in read(raw)] == [(2, "01012345678", 0), (4, "phone", "phone_too_short")]
    assert told(raw[:-6])[0][0] == '김 "민지", 단골'


def test_letters_that_no_alphabet_explains_are_told_with_their_line() -> None:
    """Case 67"""
    raw = "휴대폰,이름\n01012345678,민지\n01087654321,".encode("cp949") + b"\xff\xfe\n"

    assert [(one.line, *_what(one)) for one in read(raw)] == [(2, "01012345678", 0), (3, "name", "unreadable")]


def test_quotation_marks_that_do_not_match_are_told_and_one_that_never_closes_refuses_the_file() -> None:
    loose = b'phone,name\n01012345678,"a"b\n01087654321,c\n'
    open_ended = b'phone,name\n01012345678,a\n01087654321,"c\n01011112222,d\n'

    assert [(one.line, *_what(one)) for one in read(loose)] == [(2, "", "quotes"), (3, "01087654321", 0)]
    with pytest.raises(FileRefused) as refused:
        read(open_ended)
    assert (refused.value.code, refused.value.line) == ("broken", 3)


# -- columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("titles", "columns"),
    [
        ("회원명,휴대폰 번호,보유 포인트,누적 포인트,회원등급,가입일자", "name phone points - grade joined"),
        ("고객명(필수),전화번호,적립금(원),스탬프,방문수", "name phone points stamps -"),
        ("NAME,Mobile,TEL,Point,Grade", "name phone - points grade"),
        ("사용포인트,소멸예정포인트,잔여포인트,연락처", "- - points phone"),
        ("집전화,휴대전화,도장 수", "- phone stamps"),
        ("매장명,이름,핸드폰,마일리지,최초방문일", "- name phone points joined"),
    ],
)
def test_columns_are_found_by_their_names(titles: str, columns: str) -> None:
    """MEM-28: a balance is what is left, not what was ever earned or spent."""
    raw = f"{titles}\n".encode("cp949")

    places = open_file(raw, {}, TODAY).layout.places

    assert places == {field: place for place, field in enumerate(columns.split()) if field != "-"}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("이름,포인트\n김민지,5\n", "no_phone_column"),
        ("휴대폰,핸드폰\n01012345678,01087654321\n", "ambiguous_columns"),
        ("휴대폰,포인트,마일리지\n01012345678,5,6\n", "ambiguous_columns"),
        ("01012345678,01087654321\n", "ambiguous_columns"),
        ("", "empty"),
        ("\n \n,,\n", "empty"),
    ],
)
def test_a_file_that_leaves_it_open_is_refused_instead_of_guessed(raw: str, code: str) -> None:
    assert refusal(raw.encode("cp949")) == code


def test_the_caller_names_columns_by_title_or_number_or_leaves_them_out() -> None:
    raw = "A,B,C,포인트\n1,01012345678,01099998888,70\n2,01087654321,01099997777,80\n".encode()

    assert told(raw, phone="B", points="-") == [("", "01012345678", 0), ("", "01087654321", 0)]
    assert told(raw, phone="3", points="포 인트") == [("", "01099998888", 70), ("", "01099997777", 80)]
    assert refusal(raw, phone="D") == "column_unknown"
    assert refusal(raw, phone="5") == "column_unknown"
    assert refusal(raw, phone="-") == "no_phone_column"
    assert refusal(raw, phone="B", points="B") == "ambiguous_columns"


def test_a_file_without_titles_is_read_by_its_numbers_and_gives_no_points_that_nobody_named() -> None:
    raw = b"01012345678;500;a\n01087654321;600;b\n"

    assert told(raw) == [("", "01012345678", 0), ("", "01087654321", 0)]
    assert told(raw, points="2", name="3") == [("a", "01012345678", 500), ("b", "01087654321", 600)]


def test_a_first_row_that_may_be_a_member_is_never_taken_for_titles() -> None:
    raw = b"010-12,500\n01087654321,600\n"

    assert [_what(one) for one in read(raw)] == [("phone", "phone_too_short"), ("01087654321", 0)]


def test_titles_may_stand_below_a_heading_or_be_of_an_unknown_name() -> None:
    below = "회원 목록 2026-11-27\n\n번호,휴대폰,포인트\n1,01012345678,5\n".encode("cp949")
    unknown = "손님,포인트\n01012345678,5\n".encode("cp949")

    assert told(below) == [("", "01012345678", 5)]
    assert told(unknown) == [("", "01012345678", 5)]


# -- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "010-1234-5678",
        "01012345678",
        "1012345678",  # the zero that Excel takes away
        "10-1234-5678",
        "1012345678.0",
        "1.012345678E+9",
        "1.012345678e9",
        "+82 10-1234-5678",
        "821012345678",
        "82010-1234-5678",
        '="01012345678"',
        "'01012345678",
        "０１０-１２３４-５６７８",
        " 010.1234.5678 ",
        "(010) 1234 5678",
    ],
)
def test_numbers_are_read_however_a_spreadsheet_left_them(cell: str) -> None:
    """MEM-02, MEM-28"""
    assert read_phone(cell) == Phone("+821012345678")


@pytest.mark.parametrize(("cell", "digits"), [("111234567", "0111234567"), ("162345678", "0162345678")])
def test_older_numbers_lose_their_zero_too(cell: str, digits: str) -> None:
    found = read_phone(cell)

    assert isinstance(found, Phone)
    assert found.national == digits


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "phone_missing"),
        ("  ", "phone_missing"),
        ("1.0101E+10", "phone_rounded"),
        ("1.01E+09", "phone_rounded"),
        ("1E+10", "phone_rounded"),
        ("02-123-4567", "phone_not_mobile"),
        ("010-1234", "phone_too_short"),
        ("010-1234-56789", "phone_too_long"),
        ("김민지", "phone_not_digits"),
        ("010-1234-5678 / 010-8765-4321", "phone_not_digits"),
        ("010-000-1234", "phone_self_issue"),
        ("#N/A", "phone_not_digits"),
        ("010\N{REPLACEMENT CHARACTER}", "unreadable"),
    ],
)
def test_a_number_that_is_none_is_never_guessed(cell: str, code: str) -> None:
    """MEM-02: what Excel rounded has lost its last digits."""
    found = read_phone(cell)

    assert found == code
    assert code in problems.ROW


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("", 0),
        ("-", 0),
        ("0", 0),
        ("1200", 1200),
        ("1,200", 1200),
        ("1,200 P", 1200),
        ("₩1,200", 1200),
        ("1200원", 1200),
        ("350점", 350),
        ("1200.00", 1200),
        ("1.2E+3", None),
        ("1.200E+3", 1200),
        ("１２", 12),
        ("-5", None),
        ("(5)", None),
        ("1.5", None),
        ("1,5", None),
        ("1,2000", None),
        ("12 or 13", None),
        ("=1+1", None),
        ("1000000001", None),
        ("9" * 40, None),
        ("NaN", None),
        ("1E+99", None),
    ],
)
def test_a_count_is_a_whole_number_or_a_problem(cell: str, count: int | None) -> None:
    found = read_count(cell)

    assert found == count if count is not None else found in problems.ROW


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2024.2.29.", date(2024, 2, 29)),
        ("2024/02/29 13:05:00", date(2024, 2, 29)),
        ("2024-02-29T13:05", date(2024, 2, 29)),
        ("20240229", date(2024, 2, 29)),
        ("2024년 2월 29일", date(2024, 2, 29)),
        ("45351", date(2024, 2, 29)),
        ("45351.5", date(2024, 2, 29)),
        ("2026-11-27", TODAY),
        ("2026-11-28", "day_in_future"),
        ("2023-02-29", "day_invalid"),
        ("24.02.29", "day_invalid"),
        ("어제", "day_invalid"),
        ("", None),
    ],
)
def test_days_are_read_as_services_and_spreadsheets_write_them(cell: str, day: date | str | None) -> None:
    found = read_day(cell, TODAY)

    assert found == day
    assert isinstance(found, Unread) == isinstance(day, str)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("  김 민지 ", "김 민지"),
        ("김\n민지\t", "김 민지"),
        ("a\0b\N{RIGHT-TO-LEFT OVERRIDE}c", "abc"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("Robert'); DROP TABLE member;--", "Robert'); DROP TABLE member;--"[:30]),
        ("가" * 40, "가" * 30),
    ],
)
def test_a_name_is_a_text_and_nothing_else(cell: str, name: str) -> None:
    """Case 66: what comes in as a formula stays a text."""
    assert read_name(cell) == name.strip()


@pytest.mark.parametrize("title", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1"])
def test_no_cell_of_the_list_of_problems_is_a_formula(title: str) -> None:
    """Case 66"""
    row = {"line": 2, "column": title, "field": "phone", "other_line": None, **problems.told("quotes", problems.ROW)}

    page = problems.as_csv([row]).decode("utf-8-sig")

    cells = list(csv.reader(io.StringIO(page, newline="")))[1]
    assert cells[1] == f"'{title}"


# -- workbooks -------------------------------------------------------------------------------------------------------


ROWS: Sequence[Sequence[Any]] = [
    ["이름", "휴대폰", "포인트", "가입일"],
    ["김민지", 1012345678, 1200, 45351],
    ["이서준", "010-8765-4321", "30P", "2024-02-29"],
]


def test_a_workbook_is_read_as_its_rows() -> None:
    """MEM-28"""
    raw = a_workbook(ROWS)

    found = open_file(raw, {}, TODAY)

    assert found.format == "xlsx"
    assert list(found.people) == [
        Person(2, Phone("+821012345678"), "김민지", 1200, 0, date(2024, 2, 29), ""),
        Person(3, Phone("+821087654321"), "이서준", 30, 0, date(2024, 2, 29), ""),
    ]


def test_numbers_of_a_workbook_are_exact_also_with_an_exponent() -> None:
    """Other than in CSV nothing was rounded: 1.01234E9 is 1012340000."""
    raw = a_workbook([["휴대폰", "포인트"], ["<1.01234E9>", "<1.2E3>"]])

    assert told(raw) == [("", "01012340000", 1200)]


def test_gaps_formulas_prefixes_and_the_other_calendar_are_understood() -> None:
    sheet = (
        '<x:worksheet xmlns:x="urn:any"><x:sheetData><x:row r="3"><x:c r="B3" t="inlineStr"><x:is><x:t>휴대폰</x:t>'
        '</x:is></x:c><x:c r="D3" t="inlineStr"><x:is><x:t>가입일</x:t></x:is></x:c></x:row><x:row/>'
        '<x:row r="9"><x:c r="B9" t="str"><x:f>"010"&amp;A1</x:f><x:v>01012345678</x:v></x:c>'
        '<x:c r="D9"><x:v>43889</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    raw = a_workbook([], sheet=sheet, properties='<workbookPr date1904="1"/>')

    assert read(raw) == [Person(9, Phone("+821012345678"), "", 0, 0, date(2024, 2, 29), "")]


def test_the_first_visible_sheet_counts() -> None:
    raw = a_workbook(ROWS, hidden_first=True)

    assert [name for name, _, _ in told(raw)] == ["김민지", "이서준"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"xl/vbaProject.bin": b"x"}, "macros"),
        ({"EncryptedPackage": b"x"}, "encrypted"),
        ({"xl/workbook.xml": None}, "format"),
        ({"xl/worksheets/sheet1.xml": None}, "format"),
        ({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}, "broken"),
        ({"xl/worksheets/sheet1.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'}, "format"),
        ({"xl/workbook.xml": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><workbook/>'}, "format"),
        ({"xl/_rels/workbook.xml.rels": b"<Relationships/>"}, "format"),
    ],
)
def test_a_workbook_that_is_a_danger_or_none_is_refused(parts: Mapping[str, bytes | None], code: str) -> None:
    """Case 68"""
    assert refusal(a_workbook(ROWS, parts=parts)) == code


def test_a_bomb_is_refused_by_what_it_says_and_by_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 68: a size that is a lie is counted while it is unpacked; never more is held than the limit."""
    row = b'<row><c t="inlineStr"><is><t>01012345678</t></is></c></row>' * 20_000
    raw = a_workbook(ROWS, parts={"xl/worksheets/sheet1.xml": b"<worksheet><sheetData>" + row})
    assert len(raw) < 20_000
    liar = Workbook(raw)
    liar._left = 500_000  # as if the directory had told a size below the limit

    with pytest.raises(FileRefused, match="too_large"):
        list(liar.records())
    monkeypatch.setattr(workbook, "UNPACKED_MAX", 1_000_000)
    with pytest.raises(FileRefused, match="too_large"):
        Workbook(raw)


def test_what_is_no_table_is_refused() -> None:
    """Case 68"""
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == "format"
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert refusal(locked) == "encrypted"
    assert refusal(b"PK\x03\x04 and nothing that follows") == "format"
    assert refusal(a_zip({"readme.txt": b"x"})) == "format"
    assert refusal(b"%PDF-1.7\0\0\0") == "format"
    with pytest.raises(FileRefused, match="empty"):
        inspect(b"")


def test_files_that_are_bent_anywhere_are_read_or_refused_and_never_fail() -> None:
    """Case 67, 68: a thousand bent copies; nothing but a refusal comes out of the reader."""
    rng = random.Random(7)
    sound = [LIST.encode("cp949"), LIST.encode("utf-16"), a_workbook(ROWS), a_workbook(ROWS, packed=False)]
    read_whole = 0
    for turn in range(1_000):
        raw = bytearray(sound[turn % len(sound)])
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(raw))
            if rng.random() < 0.3:
                del raw[place : place + rng.randint(1, 40)]
            else:
                raw[place] = rng.randrange(256)
        with contextlib.suppress(FileRefused):
            read_whole += len(read(bytes(raw))) > 0
    assert read_whole > 100, "files that are always refused prove nothing"
