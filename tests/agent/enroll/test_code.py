"""The eight boxes: R1's alphabet, typing, pasting, the wrong keyboard layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.enroll import code as codes
from agent.enroll.address import AddressProblem, cloud_address
from sync.protocol import ENROLL_ALPHABET, ENROLL_CODE_LENGTH


def test_only_letters_that_codes_are_made_of_arrive() -> None:
    assert codes.typed("", "b") == "B"
    assert codes.typed("B", "A e-1 0c") == "BC"
    assert codes.typed("BCDFGHJK", "L") == "BCDFGHJK"


def test_a_keyboard_in_hangul_types_the_same_keys() -> None:
    assert codes.typed("", "ㅠㅊㅇㄹㅎㅗㅓㅏ") == "BCDFGHJK"


@pytest.mark.parametrize(
    "text",
    [
        "BCDFGHJK",
        "bcdf-ghjk",
        " BCDF GHJK ",
        "매장 코드: BCDF-GHJK (10분 안에 입력)",
        "Your code is BCDF-GHJK. It works once.",
        "B C D F G H J K",
    ],
)
def test_a_code_is_found_in_what_was_pasted(text: str) -> None:
    assert codes.pasted(text) == "BCDFGHJK"


@pytest.mark.parametrize(
    "text", ["", "BCDFGHJ", "BCDFGHJKL", "BCDF-GHJA", "BCDFGHJK or LMNPQRST", "1234-5678", "x" * 9999]
)
def test_what_is_no_single_code_is_not_guessed(text: str) -> None:
    assert codes.pasted(text) is None


@given(st.text(max_size=200))
def test_whatever_is_typed_only_codes_come_out(text: str) -> None:
    typed = codes.typed("", text)
    assert len(typed) <= ENROLL_CODE_LENGTH
    assert set(typed) <= set(ENROLL_ALPHABET)
    assert codes.pasted(text) is None or len(codes.pasted(text) or "") == ENROLL_CODE_LENGTH


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("https://cloud.example.com", "https://cloud.example.com"),
        ("cloud.example.com/", "https://cloud.example.com"),
        (" https://cloud.example.com:8443/base/ ", "https://cloud.example.com:8443/base"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.8.8.8", "http://127.8.8.8"),
    ],
)
def test_an_address_is_https_or_this_machine(typed: str, used: str) -> None:
    assert cloud_address(typed) == used


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", AddressProblem.EMPTY),
        ("   ", AddressProblem.EMPTY),
        ("http://cloud.example.com", AddressProblem.NOT_ENCRYPTED),
        ("http://192.168.0.5:8000", AddressProblem.NOT_ENCRYPTED),
        ("http://localhost.example.com", AddressProblem.NOT_ENCRYPTED),
        ("ftp://cloud.example.com", AddressProblem.NOT_AN_ADDRESS),
        ("https://", AddressProblem.NOT_AN_ADDRESS),
        ("https://user:secret@cloud.example.com", AddressProblem.NOT_AN_ADDRESS),
        ("https://cloud.example.com/?x=1", AddressProblem.NOT_AN_ADDRESS),
        ("https://cloud.example.com:99999", AddressProblem.NOT_AN_ADDRESS),
        ("https://[::1", AddressProblem.NOT_AN_ADDRESS),
        ("https://two words.example", AddressProblem.NOT_AN_ADDRESS),
        ("https://-x.example", AddressProblem.NOT_AN_ADDRESS),
    ],
)
def test_any_other_address_is_named_for_what_it_is(typed: str, problem: AddressProblem) -> None:
    assert cloud_address(typed) is problem


@given(st.text(max_size=80))
def test_no_text_makes_the_address_field_stumble(text: str) -> None:
    found = cloud_address(text)
    assert isinstance(found, AddressProblem) or found.startswith(("https://", "http://"))
