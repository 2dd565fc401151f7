"""The number line: MEM-02, R10 and case 40 (short numbers, zeros, mashing, paste)."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from agent.tablet.number import REVEAL_MS, TypedNumber
from rules.phone import NATIONAL_DIGITS_MAX, PhoneProblem


def typed(keys: str, now_ms: int = 0) -> TypedNumber:
    number = TypedNumber()
    for key in keys:
        number = number.press(key, now_ms)
    return number


def test_the_prefix_is_there_already_and_eight_more_digits_make_a_number() -> None:
    assert TypedNumber().shown == "010-"
    assert not typed("1234567").can_submit
    assert typed("12345678").can_submit


def test_only_the_last_digit_is_readable_and_only_for_a_second() -> None:
    """R10."""
    number = typed("12345678", now_ms=50)

    assert number.shown == "010-••••-•••8"
    assert number.settle(50 + REVEAL_MS - 1).shown == "010-••••-•••8"
    assert number.settle(50 + REVEAL_MS).shown == "010-••••-••••"


def test_taking_a_digit_back_uncovers_nothing() -> None:
    assert typed("12345678").back().shown == "010-••••-•••"


def test_one_to_nine_digits_never_light_the_button() -> None:
    """Case 40."""
    for count in range(8):
        assert not typed("9" * count).can_submit


def test_an_old_number_is_typed_over_the_prefix() -> None:
    """MEM-02 allows 011, 016, 017, 018 and 019 with ten digits."""
    number = TypedNumber().back()
    for key in "11234567":
        number = number.press(key, 0)

    assert number.digits == "0111234567"
    assert number.can_submit
    assert number.settle(REVEAL_MS).shown == "011-•••-••••"


def test_the_prefix_cannot_be_taken_back_beyond_what_every_mobile_number_has() -> None:
    number = TypedNumber()
    for _ in range(20):
        number = number.back()

    assert number.digits == "01"
    assert number.shown == "01"


def test_who_types_010_although_it_stands_there_is_understood() -> None:
    assert typed("01023456789").digits == "01023456789"
    assert typed("01023456789").can_submit


def test_a_full_line_takes_nothing_more() -> None:
    assert typed("123456789999").digits == "01012345678"


def test_the_cash_receipt_number_is_refused_in_words() -> None:
    """MEM-02: 010-000-1234 issues a receipt to nobody."""
    assert typed("00001234").problem is PhoneProblem.SELF_ISSUE
    assert not typed("00001234").can_submit
    # On the way to a longer number the same digits mean nothing yet.
    assert typed("0001234").problem is None


def test_a_prefix_that_no_phone_has_is_named_once_it_is_long_enough() -> None:
    number = TypedNumber().back()
    for key in "21234567":
        number = number.press(key, 0)

    assert number.problem is PhoneProblem.NOT_MOBILE


def test_paste_takes_a_whole_number_and_nothing_else() -> None:
    """Case 40: paste does no harm."""
    assert TypedNumber().paste("010-2345-6789").digits == "01023456789"
    assert TypedNumber().paste("+82 10 2345 6789").digits == "01023456789"
    for text in ("", "hello", "02-123-4567", "０１０２３４５６７８９", "0" * 5000, "'; DROP TABLE member; --", "010"):
        assert TypedNumber().paste(text) == TypedNumber()


def test_keys_that_are_no_digits_change_nothing() -> None:
    for key in ("", "a", "12", "-", "٣", "５"):
        assert TypedNumber().press(key, 0) == TypedNumber()


@given(st.lists(st.sampled_from([*"0123456789", "back", "clear", "x"]), max_size=60))
def test_mashing_keeps_a_line_of_at_most_eleven_digits_that_shows_at_most_one(keys: list[str]) -> None:
    """Case 40, by any order of keys."""
    number = TypedNumber()
    for key in keys:
        number = number.back() if key == "back" else number.clear() if key == "clear" else number.press(key, 0)

    assert number.digits.startswith("01")
    assert len(number.digits) <= NATIONAL_DIGITS_MAX
    assert number.shown.replace("-", "")[:3] == number.digits[:3]
    assert sum(ch.isdigit() for ch in number.shown) <= 4


def test_a_thousand_random_keys_take_no_noticeable_time() -> None:
    keys = random.Random(7).choices("0123456789", k=1000)
    number = typed("".join(keys))
    assert len(number.digits) == NATIONAL_DIGITS_MAX
