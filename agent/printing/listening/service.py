"""Owns what setting up the capture does: checking, saving, waiting until it listens. Its threads are its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.logbook import topic
from agent.printing.listening.keeper import CaptureKeeper
from agent.receipts.types import ReceiptRow
from printers.capture.ends import Address, listen_on
from printers.capture.named import parse_entrance, parse_printer
from printers.capture.settings import CaptureSettings, Unread, read_settings
from printers.capture.status import CaptureStatus, read_status
from printers.document import Document
from sync.clock import Clock

if TYPE_CHECKING:
    from printers.devices.address import PrinterAddress
    from printers.discovery import Found

PORT_FIRST: Final = 9100
PORTS_TRIED: Final = 10
BEGIN_S: Final = 25.0  # the old one ends in order, the new one starts; slow computers take ten seconds for that
LOOK_S: Final = 0.25
log = topic("capture")


class Begun(StrEnum):
    """What became of the wish to listen."""

    LISTENING = "listening"
    PORT_TAKEN = "port_taken"
    OTHER_RUNS = "other_runs"  # started by a command line; it is not ours to end
    NOT_SAVED = "not_saved"
    NEWER = "newer"
    NOT_STARTED = "not_started"  # saved, and tried again by itself


@dataclass(frozen=True)
class FirstRead:
    """The newest document since capture was set up; `total_won` None: its amount could not be read."""

    captured_ms: int
    total_won: int | None


class CaptureSetup:
    """Answers come through the callables, on threads of this service. `own_printer` is where the counter's own slips
    come out; `use_printer` puts another there."""

    def __init__(
        self,
        *,
        settings_file: Path,
        spool: Path,
        clock: Clock,
        keeper: CaptureKeeper,
        find: Callable[[Callable[[list[Found]], None]], None],
        newest: Callable[[], ReceiptRow | None],
        print_card: Callable[[Document], object],
        own_printer: Callable[[], PrinterAddress | None],
        use_printer: Callable[[PrinterAddress], object],
        begin_s: float = BEGIN_S,
    ) -> None:
        self._file, self._spool, self._clock, self._keeper = settings_file, spool, clock, keeper
        self._newest, self._begin_s = newest, begin_s
        self.find, self.print_card = find, print_card
        self.own_printer, self.use_printer = own_printer, use_printer
        self._beginning = threading.Lock()

    def saved(self) -> CaptureSettings | None:
        """What was chosen earlier; None also for a file that says nothing."""
        found = read_settings(self._file)
        return found if isinstance(found, CaptureSettings) else None

    def own_address(self) -> str:
        from printers.discovery import own_address  # here: no start of the agent needs it

        return own_address()

    def free_port(self, host: str) -> int:
        """Where the POS can print to on this computer: the port that it knows already, or the first that is free."""
        saved, running = self.saved(), self._running()
        kept = Address.parse(saved.listen) if saved is not None else None
        if kept is not None and (self._is_ours(running) or _is_free(replace(kept, host=host))):
            return kept.port
        tried = range(PORT_FIRST, PORT_FIRST + PORTS_TRIED)
        return next((port for port in tried if _is_free(Address(host, port))), PORT_FIRST)

    def begin(self, settings: CaptureSettings, done: Callable[[Begun], None]) -> None:
        """Save it and see that it listens."""

        def attempt() -> None:
            with self._beginning:
                begun = self._begin(settings)
            log.event("capture_set_up", outcome=begun.value, listen=settings.listen, printer=settings.printer)
            done(begun)

        threading.Thread(target=attempt, name="begin-capture", daemon=True).start()

    def switch_off(self) -> Begun | None:
        """End it, and leave it off; None when that is saved."""
        saved = self.saved()
        return None if saved is None else self._save(replace(saved, on=False))

    def first_read(self, since_ms: int) -> FirstRead | None:
        """The newest document, if it came since then."""
        newest = self._newest()
        if newest is None or newest.captured_ms < since_ms:
            return None
        return FirstRead(newest.captured_ms, newest.total_won if newest.paid_won is None else newest.paid_won)

    def _begin(self, settings: CaptureSettings) -> Begun:
        running = self._running()
        if running is not None and not self._is_ours(running):
            return Begun.OTHER_RUNS
        entrance = parse_entrance(settings.listen)
        held = Address.parse(running.listen) if running is not None else None
        if isinstance(entrance, Address) and not (held and held.port == entrance.port) and not _is_free(entrance):
            return Begun.PORT_TAKEN
        refused = self._save(settings)
        if refused is not None:
            return refused
        return Begun.LISTENING if self._comes_up(settings) else Begun.NOT_STARTED

    def _save(self, settings: CaptureSettings) -> Begun | None:
        if read_settings(self._file) is Unread.NEWER:
            return Begun.NEWER
        try:
            self._keeper.save(settings)
        except OSError as problem:
            log.warning("capture_settings_not_saved", problem=problem)
            return Begun.NOT_SAVED
        return None

    def _comes_up(self, settings: CaptureSettings) -> bool:
        """The running one takes its change over by itself; where none runs, the keeper starts one."""
        wanted = (settings.listen, str(parse_printer(settings.printer)), settings.till)
        pause = threading.Event()
        self._keeper.start_now()
        for _look in range(int(self._begin_s / LOOK_S)):
            running = self._running()
            if running is not None and (running.listen, running.printer, running.till) == wanted:
                return True
            self._keeper.tick()
            pause.wait(LOOK_S)
        return False

    def _running(self) -> CaptureStatus | None:
        status = read_status(self._spool)
        return status if status is not None and status.is_alive(self._clock.wall_ms()) else None

    def _is_ours(self, running: CaptureStatus | None) -> bool:
        return running is not None and running.settings == str(self._file)


def _is_free(address: Address) -> bool:
    try:
        listen_on(address).close()
    except OSError:
        return False
    return True
