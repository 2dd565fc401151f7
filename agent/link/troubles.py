"""Owns the troubles of this computer and its line that a person at the counter should know of, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.calendar import MINUTE_MS
from rules.devices import clock_is_off
from sync import outbox, tally
from sync.clock import Clock
from sync.meta import get_meta
from sync.renewal import RESTORED
from sync.snapshot import read_taken
from sync.store import Store

TOLD_FOR_MS = 2 * 86_400_000  # long enough for everybody who works here to have seen it
MEMBERS_OLD_MS = 86_400_000  # as old as offline spending may go by


class TroubleWord(StrEnum):
    HALTED = "halted"  # a person has to act before anything is sent again
    DISK_FULL = "disk_full"
    DIFFERS = "differs"
    RECORDS_LOST = "records_lost"
    DISK_LOW = "disk_low"
    CLOCK_OFF = "clock_off"
    RESTORED = "restored"
    CORRECTED = "corrected"
    MEMBERS_OLD = "members_old"


@dataclass(frozen=True)
class Trouble:
    """``count`` is of records, megabytes or minutes, whichever the word is about."""

    word: TroubleWord
    at_wall_ms: int | None = None
    count: int = 0


def troubles(store: Store, clock: Clock) -> tuple[Trouble, ...]:
    """As of now; a few small reads."""
    now_ms = clock.wall_ms()
    with store.read() as conn:
        halted = get_meta(conn, outbox.HALTED)
        alarm = tally.read_alarm(conn)
        taken = read_taken(conn)
        server_ms = outbox.heard_ms(conn)
        offset_ms = outbox.clock_offset_ms(conn)
    disk, report = store.disk(), store.restored()
    found: list[Trouble] = []
    if halted is not None and halted != RESTORED:
        found.append(Trouble(TroubleWord.HALTED))
    if disk.warn:
        megabytes = (disk.free_bytes or 0) // 1_000_000
        found.append(Trouble(TroubleWord.DISK_FULL if disk.full else TroubleWord.DISK_LOW, None, megabytes))
    if offset_ms is not None and clock_is_off(offset_ms):
        found.append(Trouble(TroubleWord.CLOCK_OFF, None, abs(offset_ms) // MINUTE_MS))
    if alarm is not None and alarm.stands:
        found.append(Trouble(TroubleWord.DIFFERS, alarm.noticed_wall_ms))
    elif alarm is not None and now_ms - (alarm.corrected_wall_ms or 0) < TOLD_FOR_MS:
        found.append(Trouble(TroubleWord.CORRECTED, alarm.corrected_wall_ms))
    if report is not None and now_ms - report.at_wall_ms < TOLD_FOR_MS:
        word = TroubleWord.RECORDS_LOST if report.lost_ops else TroubleWord.RESTORED
        found.append(Trouble(word, report.at_wall_ms, report.lost_ops))
    if taken is not None and taken.age_ms(clock, server_ms) > MEMBERS_OLD_MS:
        found.append(Trouble(TroubleWord.MEMBERS_OLD, taken.wall_ms))
    order = list(TroubleWord)
    return tuple(sorted(found, key=lambda trouble: order.index(trouble.word)))
