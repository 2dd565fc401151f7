"""Why a line or a whole file is left out, in words for people; and the list of them as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reason:
    korean: str
    english: str


class FileRefused(Exception):
    """The file as a whole cannot be imported: ``code`` is one of FILE, ``line`` where it shows."""

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.line = line


FILE: dict[str, Reason] = {
    "format": Reason(
        "CSV나 엑셀(.xlsx) 파일이 아닙니다. 예전 엑셀(.xls)은 .xlsx나 CSV로 다시 저장해 주세요.",
        "This is neither CSV nor Excel (.xlsx). Save an old .xls as .xlsx or CSV.",
    ),
    "encrypted": Reason("암호가 걸린 파일입니다. 암호를 풀고 저장해 주세요.", "The file is protected by a password."),
    "macros": Reason("매크로가 든 엑셀 파일은 받지 않습니다.", "Excel files with macros are not taken."),
    "too_large": Reason("풀었을 때 너무 큰 파일입니다.", "The file is too large when unpacked."),
    "too_many_rows": Reason("행이 너무 많습니다. 나누어 올려 주세요.", "There are too many rows; split the file."),
    "broken": Reason("파일을 이 줄에서 더 읽을 수 없습니다.", "The file cannot be read beyond this line."),
    "empty": Reason("회원이 한 명도 없는 파일입니다.", "There are no members in this file."),
    "no_phone_column": Reason(
        "전화번호 열을 찾지 못했습니다. 열을 지정해 주세요.", "No column of phone numbers was found; name it."
    ),
    "ambiguous_columns": Reason(
        "같은 뜻의 열이 여럿입니다. 쓸 열을 지정해 주세요.", "Several columns mean the same; name the one to use."
    ),
    "column_unknown": Reason("지정한 열이 파일에 없습니다.", "A column that was named is not in the file."),
}

ROW: dict[str, Reason] = {
    "phone_missing": Reason("전화번호가 없습니다.", "There is no phone number."),
    "phone_rounded": Reason(
        "엑셀이 번호를 지수(E+)로 줄여 끝자리를 잃었습니다.",
        "Excel shortened the number (E+) and lost its last digits.",
    ),
    "phone_too_short": Reason("번호의 자릿수가 모자랍니다.", "The number is too short."),
    "phone_too_long": Reason("번호의 자릿수가 너무 많습니다.", "The number is too long."),
    "phone_not_mobile": Reason("휴대폰 번호가 아닙니다.", "This is not a mobile number."),
    "phone_not_digits": Reason("번호에 숫자가 아닌 글자가 있습니다.", "The number has other letters in it."),
    "phone_self_issue": Reason(
        "현금영수증 자진발급 번호는 회원이 될 수 없습니다.", "The self-issue number is nobody's."
    ),
    "count_invalid": Reason("숫자로 읽을 수 없습니다.", "This is not a number."),
    "count_negative": Reason("0보다 작은 수입니다.", "The number is below zero."),
    "count_fraction": Reason("소수점 아래가 있는 수입니다.", "The number has a fraction."),
    "count_too_large": Reason("받을 수 있는 것보다 큰 수입니다.", "The number is larger than what can be taken."),
    "day_invalid": Reason("날짜로 읽을 수 없습니다.", "This is not a date."),
    "day_in_future": Reason("아직 오지 않은 날짜입니다.", "This date is in the future."),
    "unreadable": Reason("읽을 수 없는 글자가 있습니다.", "Some letters cannot be read."),
    "quotes": Reason("따옴표가 맞지 않습니다.", "The quotation marks do not match."),
    "duplicate": Reason("파일의 앞줄에 같은 번호가 있습니다.", "An earlier line has the same number."),
    "withdrawn": Reason("탈퇴한 회원의 번호입니다.", "The member with this number has left."),
}

# A spreadsheet takes a text that begins so for a formula (reliability case 66).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet calculates."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def told(code: str, of: dict[str, Reason]) -> dict[str, str]:
    """A reason in both languages."""
    return {"code": code, "ko": of[code].korean, "en": of[code].english}


def as_csv(rows: Iterable[dict[str, Any]]) -> bytes:
    """The problems for a spreadsheet: UTF-8 with a mark, because Excel takes it for CP949 otherwise."""
    page = io.StringIO(newline="")
    writer = csv.writer(page)
    writer.writerow(["줄 / line", "열 / column", "이유", "reason", "같은 번호의 줄 / same number in line"])
    for row in rows:
        cells = [row["line"], row["column"], row["ko"], row["en"], row["other_line"] or ""]
        writer.writerow([harmless(str(cell)) for cell in cells])
    return page.getvalue().encode("utf-8-sig")
