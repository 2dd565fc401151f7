"""What scanners type (CPN-18)."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import code_of_id, shown, tail_of
from rules.scans import COUPON_QR, as_keys, scanned_code

_ID = "0199c82c-c000-700c-a33e-54d02557f3e3"
# What the Korean input method makes of keys: one letter of a two-set keyboard after the other.
_KOREAN = dict(zip("abcdefghijklmnopqrstuvwxyz", "ㅁㅠㅊㅇㄷㄹㅎㅗㅑㅓㅏㅣㅡㅜㅐㅔㅂㄱㄴㅅㅕㅍㅈㅌㅛㅋ", strict=True))


@pytest.mark.parametrize(
    ("korean", "keys"),
    [
        ("쟈소래ㅡ", "withfom"),
        ("과", "rhk"),
        ("값", "rkqt"),
        ("ㅘ", "hk"),
        ("ㄳ", "rt"),
        ("까", "Rk"),
        ("힣", "glg"),
        ("가-1:", "rk-1:"),
    ],
)
def test_keys_are_told_from_what_the_input_method_made_of_them(korean: str, keys: str) -> None:
    """CPN-18"""
    assert as_keys(korean) == keys


@given(st.uuids())
def test_a_paper_is_read_whatever_the_keyboard_is_set_to(coupon: UUID) -> None:
    """CPN-18: QR code, bar code and typed code of one paper are one code, in Latin and in Korean letters."""
    code, qr = code_of_id(str(coupon)), COUPON_QR + str(coupon)
    korean_qr = "".join(_KOREAN.get(letter, letter) for letter in qr)
    korean_code = "".join(_KOREAN.get(letter, letter) for letter in code.lower())

    for text in (code, shown(code), code.lower(), f" {code}\r", qr, qr.upper(), korean_qr, korean_code):
        assert scanned_code(text) == code


@given(st.uuids())
def test_a_code_says_the_end_of_its_id(coupon: UUID) -> None:
    """CPN-18: by which the cloud finds the coupon."""
    assert tail_of(code_of_id(str(coupon))) == str(coupon)[14:]


@pytest.mark.parametrize("text", ["", "withfom:coupon:", COUPON_QR + "x", "8801234567890", "https://example.com", _ID])
def test_what_else_can_be_scanned_is_no_code(text: str) -> None:
    """CPN-18: a bottle's bar code opens nothing."""
    assert scanned_code(text) is None
