"""The capture beside the POS's printer, known by the status file in its spool folder: whether it listens, and the way
of our own slips through it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.printing.viewmodel import CaptureState
from agent.printing.words import CaptureWord
from printers.capture.device import CaptureDevice, slips_of
from printers.capture.status import read_status
from printers.devices.port import SystemQueue, Way
from rules.calendar import day_bounds_ms, local_day
from sync.clock import Clock


def capture_word(spool: Path, now_ms: int) -> CaptureWord:
    """Listening, stopped, or never set up."""
    status = read_status(spool)
    if status is None:
        return CaptureWord.NOT_SET_UP
    return CaptureWord.LISTENING if status.is_alive(now_ms) else CaptureWord.STOPPED


def capture_state(spool: Path, read_since: Callable[[int], tuple[int, int | None]], clock: Clock) -> CaptureState:
    """The capture's card on the devices page. ``read_since`` counts documents and names the time of the newest."""
    now_ms = clock.wall_ms()
    start_ms, _end_ms = day_bounds_ms(local_day(now_ms))
    read_today, newest_ms = read_since(start_ms)
    return CaptureState(capture_word(spool, now_ms), newest_ms, read_today)


def with_capture(spool: Path, name: str, direct: Way, clock: Clock) -> Way:
    """This printer through the capture that stands before it, or directly while none does. ``name`` is its address as
    settings write it; a queue of this computer has no capture of ours before it."""
    if isinstance(direct, SystemQueue):
        return direct
    return CaptureDevice(slips_of(spool, name, clock.wall_ms), direct)
