"""Clocks say what they promise; the fake one moves only when told."""

from __future__ import annotations

from sync.clock import FakeClock, SystemClock


def test_system_clock_reads_wall_and_monotonic_time_of_one_boot() -> None:
    clock = SystemClock()
    first = clock.mono_ms()

    assert clock.wall_ms() > 1_700_000_000_000
    assert clock.mono_ms() >= first
    assert clock.boot_id == SystemClock().boot_id != ""


def test_setting_the_wall_clock_leaves_measured_time_alone() -> None:
    clock = FakeClock(wall_ms=1_000, mono_ms=10)

    clock.advance(5)
    clock.jump_wall(-3_600_000)

    assert (clock.wall_ms(), clock.mono_ms()) == (1_005 - 3_600_000, 15)


def test_after_a_reboot_stored_deadlines_can_be_told_apart() -> None:
    clock = FakeClock(boot_id="boot-1")
    clock.reboot("boot-2")

    assert (clock.boot_id, clock.mono_ms()) == ("boot-2", 0)
