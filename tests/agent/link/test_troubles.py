"""Troubles of this computer, the worst first, and the line that each gets on the home page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from agent.home.notices import warning_of
from agent.link.troubles import MEMBERS_OLD_MS, TOLD_FOR_MS, Trouble, TroubleWord, troubles
from agent.texts import Texts
from rules.devices import CLOCK_OFF_MS
from sync import outbox, snapshot, tally
from sync.restored import RestoreReport, write_report
from tests.helpers.devices import Bench, enrolled


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = enrolled(tmp_path)
    yield made
    made.store.close()


def words(bench: Bench) -> list[TroubleWord]:
    return [trouble.word for trouble in troubles(bench.store, bench.clock)]


def keep(bench: Bench, key: str, value: str) -> None:
    with bench.store.transaction() as conn:
        bench.store.set_meta(conn, key, value)


def test_a_sound_device_has_none(bench: Bench) -> None:
    assert words(bench) == []


@pytest.mark.parametrize(("reason", "told"), [("forked", True), ("history_gone", True), ("restored", False)])
def test_a_queue_that_waits_for_a_person_is_told_and_one_that_helps_itself_is_not(
    bench: Bench, reason: str, told: bool
) -> None:
    keep(bench, outbox.HALTED, reason)
    assert words(bench) == ([TroubleWord.HALTED] if told else [])


def test_a_restored_file_is_told_with_its_gap_for_two_days(bench: Bench) -> None:
    now_ms = bench.clock.wall_ms()
    with bench.store.transaction() as conn:
        write_report(conn, RestoreReport(now_ms, "damaged", device_id="d", missing=((4, 5),), cloud_has=3))
    assert troubles(bench.store, bench.clock) == (Trouble(TroubleWord.RECORDS_LOST, now_ms, 2),)
    with bench.store.transaction() as conn:
        write_report(conn, RestoreReport(now_ms, "damaged", device_id="d", missing=((4, 5),), cloud_has=5))
    assert words(bench) == [TroubleWord.RESTORED]
    bench.clock.advance(TOLD_FOR_MS)
    assert words(bench) == []


def test_a_difference_is_told_while_it_stands_and_after_it_was_corrected(bench: Bench) -> None:
    now_ms = bench.clock.wall_ms()
    keep(bench, tally.ALARM, json.dumps(asdict(tally.Alarm(now_ms, (1, 0, 0), (0, 0, 0)))))
    assert words(bench) == [TroubleWord.DIFFERS]
    keep(bench, tally.ALARM, json.dumps(asdict(tally.Alarm(now_ms, (1, 0, 0), (0, 0, 0), now_ms))))
    assert words(bench) == [TroubleWord.CORRECTED]


@pytest.mark.parametrize("direction", [1, -1])
def test_a_clock_that_is_off_is_told_with_its_minutes_until_it_is_right(bench: Bench, direction: int) -> None:
    """AGT-07: on both sides of the five minutes, fast or slow."""
    keep(bench, outbox.CLOCK_OFFSET, str(direction * CLOCK_OFF_MS))
    assert words(bench) == []
    keep(bench, outbox.CLOCK_OFFSET, str(direction * (CLOCK_OFF_MS + 60_000)))
    assert troubles(bench.store, bench.clock) == (Trouble(TroubleWord.CLOCK_OFF, None, 6),)
    assert warning_of(Texts("ko"), Trouble(TroubleWord.CLOCK_OFF, None, 6)).sentence == (
        "이 컴퓨터의 시계가 6분 틀려요. 자동으로 맞춰 주세요"
    )
    keep(bench, outbox.CLOCK_OFFSET, "0")
    assert words(bench) == []


def test_old_members_are_told_and_come_after_what_is_worse(bench: Bench) -> None:
    clock = bench.clock
    taken = snapshot.Taken(clock.wall_ms(), clock.wall_ms(), clock.mono_ms(), clock.boot_id, 1, 3)
    keep(bench, snapshot.TAKEN, json.dumps(asdict(taken)))
    assert words(bench) == []
    clock.advance(MEMBERS_OLD_MS + 1)
    keep(bench, outbox.HALTED, "forked")
    assert words(bench) == [TroubleWord.HALTED, TroubleWord.MEMBERS_OLD]


@pytest.mark.parametrize("word", list(TroubleWord))
def test_every_trouble_has_one_line_in_korean_that_says_what_to_do(word: TroubleWord) -> None:
    warning = warning_of(Texts("ko"), Trouble(word, 1_795_152_737_000, 120))

    assert 5 < len(warning.sentence) <= 45
    assert warning.remark
    assert all("가" <= letter <= "힣" or not letter.isalpha() or letter in "MB" for letter in warning.sentence)
    assert (warning.tone == "red") == (
        word in {TroubleWord.HALTED, TroubleWord.DISK_FULL, TroubleWord.DIFFERS, TroubleWord.RECORDS_LOST}
    )
