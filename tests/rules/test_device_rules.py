"""How counters tell of orders, who is silent: AGT-01, AGT-02, AGT-07, AGT-14."""

from __future__ import annotations

from datetime import date

import pytest

from rules.alerts import AlertMode, mode_in_force, pops_up, prints_by_itself
from rules.calendar import moment_ms
from rules.devices import CLOCK_OFF_MS, SILENT_MS, clock_is_off, is_silent
from rules.hours import DayHours, StoreHours

MONDAY = date(2025, 10, 13)
DAYTIME = StoreHours(weekly=(DayHours(480, 1320),) * 7)


@pytest.mark.parametrize(
    ("mode", "screen", "paper"),
    [(AlertMode.POPUP_SOUND, True, False), (AlertMode.PRINT, False, True), (AlertMode.BOTH, True, True)],
)
def test_the_three_ways_to_be_told(mode: AlertMode, screen: bool, paper: bool) -> None:
    """AGT-01, AGT-02"""
    assert (pops_up(mode), prints_by_itself(mode)) == (screen, paper)


@pytest.mark.parametrize(
    ("of_counter", "of_store", "mode"),
    [
        ("", "print", "print"),
        ("popup_sound", "print", "popup_sound"),
        ("", "", "both"),
        ("", "lights", "both"),
        ("lights", "print", "both"),
    ],
)
def test_a_counters_own_word_comes_before_the_stores(of_counter: str, of_store: str, mode: str) -> None:
    """AGT-02"""
    assert mode_in_force(of_counter, of_store) == mode


@pytest.mark.parametrize(
    ("hours", "ago_ms", "minute", "silent"),
    [
        (DAYTIME, SILENT_MS, 720, True),
        (DAYTIME, SILENT_MS - 1, 720, False),
        (DAYTIME, SILENT_MS, 1_320, False),
        (DAYTIME, 600 * 60_000, 480 + 34, False),
        (DAYTIME, 600 * 60_000, 480 + 35, True),
        (None, SILENT_MS, 720, False),
    ],
)
def test_who_is_silent_while_the_shop_is_open(hours: StoreHours | None, ago_ms: int, minute: int, silent: bool) -> None:
    """AGT-14"""
    now_ms = moment_ms(MONDAY, minute)
    assert is_silent(hours, now_ms - ago_ms, now_ms) is silent


@pytest.mark.parametrize(
    ("offset_ms", "off"), [(None, False), (0, False), (CLOCK_OFF_MS, False), (-CLOCK_OFF_MS - 1, True)]
)
def test_a_clock_is_off_beyond_five_minutes(offset_ms: int | None, off: bool) -> None:
    """AGT-07"""
    assert clock_is_off(offset_ms) is off
