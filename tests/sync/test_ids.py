"""Ids are UUIDv7 and sort as they were made; tokens have the asked length."""

from __future__ import annotations

import threading
import uuid

from sync.clock import FakeClock, SystemClock
from sync.ids import SeededIds, SystemIds, first_uuid7_of


def test_ids_are_uuid7_with_the_clock_s_time() -> None:
    clock = FakeClock(wall_ms=1_790_000_000_123)
    made = uuid.UUID(SystemIds(clock).uuid7())

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 1_790_000_000_123


def test_ids_sort_as_made_also_within_one_millisecond_and_when_the_clock_goes_back() -> None:
    clock = FakeClock()
    ids = SeededIds(7, clock)
    made = []
    for n in range(9_000):  # more than the counter holds in one millisecond
        if n == 5_000:
            clock.jump_wall(-3_600_000)
        made.append(ids.uuid7())

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_the_first_id_of_a_moment_sorts_before_every_id_of_it_and_after_every_earlier_one() -> None:
    clock = FakeClock()
    ids = SeededIds(3, clock)
    for ms in (0, 1, 65_536, 3_600_000):
        earlier = ids.uuid7()
        clock.advance(ms + 1)
        made = [ids.uuid7() for _ in range(50)]
        assert earlier < first_uuid7_of(clock.wall_ms()) <= min(made)
    assert first_uuid7_of(-5) == first_uuid7_of(0) <= min(made)


def test_threads_never_get_the_same_id() -> None:
    ids = SystemIds(SystemClock())
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(ids.uuid7() for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 2_000


def test_a_seed_repeats_and_the_system_does_not() -> None:
    clock = FakeClock()

    assert SeededIds(1, clock).uuid7() == SeededIds(1, clock).uuid7()
    assert SeededIds(1, clock).token(16) == SeededIds(1, clock).token(16)
    assert SystemIds(clock).token(16) != SystemIds(clock).token(16)
    assert len(SystemIds(clock).token(16)) == 32
