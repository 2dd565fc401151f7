"""The claims of printers.korean: what is printable, how wide it is, which bytes it becomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.korean import NO_BREAK, HangulRom, clean, code_of, width


@pytest.mark.parametrize(
    ("char", "code"),
    [("가", b"\xb0\xa1"), ("똠", b"\x8c\x63"), ("뷁", b"\x94\xee"), ("₩", b"\x5c"), ("A", b"A"), ("·", b"\xa1\xa4")],
)
def test_a_character_has_the_code_of_a_korean_printer(char: str, code: bytes) -> None:
    assert code_of(char) == code


@pytest.mark.parametrize("char", ["☕", "é", "€", "®", "😀"])
def test_what_printers_lack_has_no_code(char: str) -> None:
    assert code_of(char) is None


def test_an_old_rom_lacks_the_extended_syllables_but_not_the_standard_ones() -> None:
    assert code_of("뷁", HangulRom.KSX1001) is None
    assert code_of("가", HangulRom.KSX1001) == b"\xb0\xa1"
    assert code_of("가", HangulRom.NONE) is None
    assert code_of("₩", HangulRom.NONE) == b"\x5c"


def test_hangul_and_ambiguous_marks_are_two_cells_wide() -> None:
    assert width("가") == width("·") == width("□") == width("☕") == 2
    assert width("A") == width("₩") == width("é") == width(NO_BREAK) == 1


def test_decomposed_hangul_is_composed() -> None:
    assert clean("\u1112\u1161\u11ab글") == "한글"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("−4,500원", "-4,500원"),
        ("A—B", "A―B"),
        ("a\\b", "a＼b"),
        ("탭\t줄\x1b@", "탭 줄 @"),
        ("a\u202eb\u200bc", "abc"),
        ("☕\ufe0f", "☕"),
        ("\ud800", "□"),
        ("\u0378", "□"),
    ],
)
def test_what_people_type_becomes_printable(typed: str, printed: str) -> None:
    assert clean(typed) == printed


@given(st.text(max_size=60))
def test_no_text_can_smuggle_a_command_into_the_printer(text: str) -> None:
    """Every character of a cleaned text is printable: no ESC, no DLE, no line feed."""
    cleaned = clean(text)

    assert all(char >= " " and char != "\x7f" for char in cleaned)
    for char in cleaned:
        code = code_of(char)
        assert code is None or min(code) >= 0x20
