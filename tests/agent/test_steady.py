"""A press that comes just after the rows moved was aimed at another row (APR-20)."""

from __future__ import annotations

from agent.steady import REST_MS, Steady
from sync.clock import FakeClock


def test_rows_that_moved_ignore_presses_for_a_moment_and_the_others_do_not() -> None:
    clock = FakeClock()
    rows = Steady(clock)
    rows.placed(["a", "b", "c"])
    clock.advance(10_000)

    rows.placed(["a", "new", "b", "c"])

    assert [rows.at_rest(key) for key in ("a", "new", "b", "c")] == [True, False, False, False]
    clock.advance(REST_MS - 1)
    assert not rows.at_rest("b")
    clock.advance(1)
    assert rows.at_rest("b")


def test_the_first_rows_of_an_empty_list_may_be_pressed_at_once() -> None:
    rows = Steady(FakeClock())

    rows.placed(["a"])

    assert rows.at_rest("a")


def test_a_list_that_is_read_again_without_moving_stays_at_rest() -> None:
    rows = Steady(FakeClock())
    rows.placed(["a", "b"])

    rows.placed(["a", "b"])

    assert rows.at_rest("b")
