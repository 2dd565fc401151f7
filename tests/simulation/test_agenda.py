"""Virtual time: one order, nested calls, clocks of a PC."""

from __future__ import annotations

from simulation.agenda import NESTING_MAX, START_MS, Agenda, PcClock


def test_things_happen_in_the_order_of_their_time_then_of_their_planning() -> None:
    agenda, seen = Agenda(), []
    for name, delay_ms in (("late", 20), ("first", 10), ("second", 10)):
        agenda.after(delay_ms, lambda name=name: seen.append((name, agenda.now_ms - START_MS)))

    agenda.run_until(START_MS + 15)

    assert seen == [("first", 10), ("second", 10)]
    assert agenda.now_ms == START_MS + 15


def test_the_world_goes_on_while_a_call_takes_its_time() -> None:
    agenda, seen = Agenda(), []
    agenda.after(10, lambda: (agenda.pass_time(100), seen.append("answer")))
    agenda.after(50, lambda: seen.append("meanwhile"))

    agenda.run_until(START_MS + 10)

    assert seen == ["meanwhile", "answer"]
    assert agenda.now_ms == START_MS + 110


def test_calls_inside_calls_end_somewhere() -> None:
    agenda, depths = Agenda(), []

    def call(depth: int) -> None:
        depths.append(depth)
        if depth < 2 * NESTING_MAX:
            agenda.after(1, lambda: call(depth + 1))
            agenda.pass_time(10)

    call(0)
    agenda.run_until(START_MS + 1_000)

    assert depths == list(range(2 * NESTING_MAX + 1))


def test_setting_the_wall_clock_leaves_the_other_alone() -> None:
    agenda = Agenda()
    clock = PcClock(agenda, mono_start_ms=5_000)

    clock.jump(-3_600_000)
    agenda.run_until(START_MS + 1_000)

    assert clock.wall_ms() == START_MS - 3_600_000 + 1_000
    assert clock.mono_ms() == 6_000


def test_a_reboot_restarts_the_monotonic_clock_under_another_name() -> None:
    clock = PcClock(Agenda(), mono_start_ms=900_000)
    before = clock.boot_id

    clock.reboot(7)

    assert clock.mono_ms() == 7
    assert clock.boot_id != before
