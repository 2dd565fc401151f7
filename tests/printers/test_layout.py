"""The claims of printers.layout: nothing is wider than the paper, words stay whole, columns meet the edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.document import BAR, TITLE, Align, Columns, CopyNote, Document, Style, Text
from printers.korean import clean, width
from printers.layout import REPRINT_TITLE, TextRow, as_text, lay_out, squeezed, wrap

PAPERS = [32, 42, 48]


def lines(*blocks: object, columns: int = 42, reprint: int = 0) -> list[str]:
    return as_text(lay_out(Document("시험", blocks, reprint), columns))  # type: ignore[arg-type]


def test_columns_touch_both_edges() -> None:
    (line,) = lines(Columns("고객", "김*수"))

    assert line.startswith("고객")
    assert line.endswith("김*수")
    assert width(line) == 42


@pytest.mark.parametrize("columns", PAPERS)
def test_the_middle_column_keeps_its_place(columns: int) -> None:
    few, many = lines(Columns("적립됨", "4,125P", middle="58건"), Columns("QR", "405P", middle="9건"), columns=columns)

    assert width(few[: few.index("58건")]) + 4 == width(many[: many.index("9건")]) + 3 == columns - 11


def test_a_value_that_does_not_fit_wraps_under_on_narrow_paper() -> None:
    assert lines(Columns("받는 기한과 받는 곳", "12월 4일(금) 매장에서"), columns=32) == [
        "받는 기한과 받는 곳",
        "           12월 4일(금) 매장에서",
    ]


def test_a_long_name_wraps_and_the_amount_stays_on_its_last_line() -> None:
    first, last = lines(Columns("아이스 바닐라 크림 콜드브루 라지 사이즈 샷 추가", "12,500원"))

    assert first == "아이스 바닐라 크림 콜드브루 라지 사이즈 샷"
    assert last == "추가" + " " * 30 + "12,500원"


def test_lines_break_between_words_and_inside_only_when_a_word_is_wider_than_the_paper() -> None:
    assert wrap("결제를 취소하면 적립도 취소됩니다", 16) == ["결제를 취소하면", "적립도", "취소됩니다"]
    assert wrap("가나다라마바사", 6) == ["가나다", "라마바", "사"]


def test_a_no_break_space_keeps_two_words_together() -> None:
    assert lines(Text("오늘 안에 눌러\u00a0주십시오"), columns=21) == ["오늘 안에", "눌러 주십시오"]


def test_later_lines_of_a_bullet_hang_under_its_text() -> None:
    assert lines(Text("· 한 번만 쓸 수 있습니다", hang=3), columns=16) == ["· 한 번만 쓸 수", "   있습니다"]


def test_big_letters_count_double() -> None:
    rows = lay_out(Document("시험", (Text("아메리카노 열한 잔", Align.CENTER, TITLE),)), 32)

    assert [row.text for row in rows if isinstance(row, TextRow)] == ["아메리카노 열한", "잔"]
    assert all(isinstance(row, TextRow) and row.indent + 2 * width(row.text) <= 32 for row in rows)


def test_a_bar_is_as_wide_as_the_paper() -> None:
    (row,) = lay_out(Document("시험", (Text("[ 승인 ]", Align.CENTER, BAR),)), 42)

    assert isinstance(row, TextRow)
    assert width(row.text) == 42


def test_a_reprint_is_marked_at_the_top_and_counted_at_the_foot() -> None:
    printed = lines(Text("쿠폰"), CopyNote("매장 보관용"), reprint=2)

    assert printed[0].strip() == REPRINT_TITLE
    assert printed[-1].strip() == "매장 보관용 · 재출력 2회"
    assert lines(CopyNote("매장 보관용"))[-1].strip() == "매장 보관용 · 재출력 0회"


_WORDS = st.text(st.sampled_from("가나다 똠뷁ABC 12,·☕é\u00a0\n"), max_size=120)


@given(_WORDS, _WORDS, _WORDS, st.sampled_from(PAPERS), st.booleans(), st.booleans(), st.integers(0, 12))
def test_nothing_is_ever_wider_than_the_paper(
    left: str, middle: str, right: str, columns: int, double: bool, inverse: bool, indent: int
) -> None:
    style = Style(double=double, inverse=inverse)
    blocks = (
        Columns(left, right, middle=middle, style=style, indent=indent),
        *(Text(left, align, style, hang=indent) for align in Align),
    )

    for row in lay_out(Document("시험", blocks), columns):
        assert isinstance(row, TextRow)
        assert row.indent + width(row.text) * (2 if double else 1) <= columns


@given(_WORDS, st.sampled_from([8, 16, 42]))
def test_wrapping_loses_nothing_but_spaces(text: str, room: int) -> None:
    cleaned = clean(text.replace("\n", " "))

    assert "".join("".join(wrap(cleaned, room)).split()) == "".join(cleaned.split())


@given(st.text(alphabet="가A1 -,", max_size=80), st.integers(20, 60))
def test_a_squeezed_line_keeps_its_words_and_fits_when_its_gaps_allow(line: str, columns: int) -> None:
    found = squeezed(line, columns)

    if len(set(line.rstrip())) != 1:
        assert found.split() == line.split()
    assert width(found) <= columns or "  " not in found
    if width(line.rstrip()) <= columns:
        assert found == line.rstrip()


def test_a_line_across_a_wider_paper_is_as_wide_as_this_one() -> None:
    assert squeezed("-" * 48, 42) == "-" * 42
    assert squeezed("─" * 24, 42) == "─" * 21
