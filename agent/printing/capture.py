"""The capture beside the POS's printer, known by the status file in its spool folder: whether it listens, and the way
of our own slips through it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.printing.viewmodel import CaptureState
from agent.printing.words import CaptureWord
from printers.capture.device import CaptureDevice, slips_of
from printers.capture.settings import CaptureSettings, read_settings
from printers.capture.status import read_status
from printers.devices.port import SystemQueue, Way
from rules.calendar import day_bounds_ms, local_day
from sync.clock import Clock


def capture_word(spool: Path, settings_file: Path, now_ms: int) -> CaptureWord:
    """Listening, stopped, or not set up, which is also one that the shop has switched off."""
    status = read_status(spool)
    if status is not None and status.is_alive(now_ms):
        return CaptureWord.LISTENING
    settings = read_settings(settings_file)
    if isinstance(settings, CaptureSettings):
        return CaptureWord.STOPPED if settings.on else CaptureWord.NOT_SET_UP
    return CaptureWord.NOT_SET_UP if status is None else CaptureWord.STOPPED


def capture_state(
    spool: Path, settings_file: Path, read_since: Callable[[int], tuple[int, int | None]], clock: Clock
) -> CaptureState:
    """The capture's card on the devices page. ``read_since`` counts documents and names the time of the newest."""
    now_ms = clock.wall_ms()
    start_ms, _end_ms = day_bounds_ms(local_day(now_ms))
    read_today, newest_ms = read_since(start_ms)
    return CaptureState(capture_word(spool, settings_file, now_ms), newest_ms, read_today)


def with_capture(spool: Path, name: str, direct: Way, clock: Clock) -> Way:
    """This printer through the capture that stands before it, or directly while none does. ``name`` is its address as
    settings write it; a queue of this computer has no capture of ours before it."""
    if isinstance(direct, SystemQueue):
        return direct
    return CaptureDevice(slips_of(spool, name, clock.wall_ms), direct)
