"""MEM-01, MEM-02: which texts are a member's phone number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.phone import Phone, PhoneProblem, parse_phone


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("01012345678", "+821012345678"),
        ("010-1234-5678", "+821012345678"),
        (" 010 1234 5678 ", "+821012345678"),
        ("+82 10-1234-5678", "+821012345678"),
        ("+82 010-1234-5678", "+821012345678"),
        ("0111234567", "+82111234567"),
        ("016-123-4567", "+82161234567"),
        ("01912345678", "+821912345678"),
    ],
)
def test_a_korean_mobile_number_is_kept_as_e164(text: str, e164: str) -> None:
    """MEM-02"""
    assert parse_phone(text) == Phone(e164)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", PhoneProblem.NOT_DIGITS),
        ("0", PhoneProblem.NOT_MOBILE),
        ("010", PhoneProblem.TOO_SHORT),
        ("0101234567", PhoneProblem.TOO_SHORT),  # 010 numbers have eleven digits
        ("010123456789", PhoneProblem.TOO_LONG),
        ("0212345678", PhoneProblem.NOT_MOBILE),
        ("01212345678", PhoneProblem.NOT_MOBILE),
        ("010-000-1234", PhoneProblem.SELF_ISSUE),
        ("010-0000-1234", PhoneProblem.SELF_ISSUE),
        ("０１０１２３４５６７８", PhoneProblem.NOT_DIGITS),
        ("٠١٠١٢٣٤٥٦٧٨", PhoneProblem.NOT_DIGITS),
        ("010-1234-567a", PhoneProblem.NOT_DIGITS),
        ("'; DROP TABLE member; --", PhoneProblem.NOT_DIGITS),
        ("0" * 200, PhoneProblem.TOO_LONG),
    ],
)
def test_anything_else_says_what_is_wrong(text: str, problem: PhoneProblem) -> None:
    """MEM-02; reliability case 14"""
    assert parse_phone(text) is problem


def test_screens_show_the_masked_number_only() -> None:
    """MEM-02"""
    phone = parse_phone("01012345678")

    assert isinstance(phone, Phone)
    assert phone.masked == "010-****-5678"
    assert phone.national == "01012345678"


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    assert isinstance(parse_phone(text), Phone | PhoneProblem)


@given(st.from_regex(r"010[1-9][0-9]{7}", fullmatch=True))
def test_every_valid_number_survives_its_own_spelling(digits: str) -> None:
    phone = parse_phone(digits)

    assert isinstance(phone, Phone)
    assert parse_phone(phone.e164) == phone
    assert parse_phone(phone.national) == phone
