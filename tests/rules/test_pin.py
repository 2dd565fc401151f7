"""Which PINs are refused, and how long wrong ones close the door (APR-16, APR-17 rest on them)."""

from __future__ import annotations

import pytest

from rules.pin import ARGON_KIB, ARGON_ROUNDS, LOCK_MAX_MS, PinProblem, hash_pin, lock_ms, pin_fits, pin_problem


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５６", "      "])
def test_a_pin_is_six_plain_digits(pin: str) -> None:
    assert pin_problem(pin) is PinProblem.NOT_SIX_DIGITS


@pytest.mark.parametrize("pin", ["000000", "777777", "123456", "654321", "789012", "098765", "121212", "839839"])
def test_runs_and_repetitions_are_too_easy(pin: str) -> None:
    assert pin_problem(pin) is PinProblem.TOO_EASY


@pytest.mark.parametrize("pin", ["900101", "851231", "000229", "040229"])
def test_no_birthday_is_a_pin(pin: str) -> None:
    assert pin_problem(pin) is PinProblem.A_DATE


@pytest.mark.parametrize("pin", ["904731", "851332", "010229", "280650"])
def test_other_pins_are_fine(pin: str) -> None:
    assert pin_problem(pin) is None


def test_the_door_closes_after_five_wrong_ones_and_for_twice_as_long_each_time() -> None:
    assert [lock_ms(failures) // 1_000 for failures in range(12)] == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]
    assert lock_ms(10_000) == LOCK_MAX_MS


@pytest.mark.thorough
def test_a_pin_fits_its_own_hash_and_no_other() -> None:
    """APR-16"""
    known = hash_pin("904731", employee_id="e1", store_key=b"k" * 32, salt=b"s" * 16)

    assert pin_fits("904731", known, employee_id="e1", store_key=b"k" * 32)
    assert not pin_fits("904732", known, employee_id="e1", store_key=b"k" * 32)
    assert not pin_fits("904731", known, employee_id="e2", store_key=b"k" * 32)
    assert not pin_fits("904731", known, employee_id="e1", store_key=b"x" * 32)


def test_each_try_costs_32_mib_and_three_rounds() -> None:
    """APR-16: the kept value was made with that much. Other tests hash with less."""
    known = hash_pin("904731", employee_id="e1", store_key=b"k" * 32, salt=b"s" * 16)

    assert (ARGON_ROUNDS, ARGON_KIB) == (3, 32 * 1024)
    assert known.verifier.hex() == "981097cb8dfaf37cf5ae483fe30855bc0f10c7924460e2979f5b4fca80167e04"
